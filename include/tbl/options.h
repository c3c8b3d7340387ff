/* options.h - every section and option of weir's ini file, each written once.
 *
 * SECTION(id, name, named, text)
 *   named: there may be several, each with a name of its own.
 * OPTION(section, name, type, field, standard, range, text)
 *   type: of conf_value.c, conf_list.c, conf_acl.c. field: of the section's struct (conf_option.c). standard: as the owner would write it; "" = none or
 *   not given; NULL = must be given. range: "low..high" with units, "low..", words "a|b", or "" for the type's own. text: for the
 *   manual; plain sentences.
 * Parser, defaults, checks, --print-config and weir.ini(5) are made from it (conf/conf_option.c).        */
#ifndef SECTION
#define SECTION(id, name, named, text)
#endif
#ifndef OPTION
#define OPTION(section, name, type, field, standard, range, text)
#endif

SECTION(WEIR, "weir", false, "What holds for the whole of weir.")
OPTION(WEIR, workers, value_workers, workers, "auto", "1..256",
	"Processes that serve clients. auto is one for each core that weir may use.")
OPTION(WEIR, user, value_text, user, "", "",
	"The user that workers become when weir is started as root. Not given: weir if there is such a user, else nobody.")
OPTION(WEIR, control, value_path, control, "", "",
	"Unix socket for weirctl. Not given: weir.sock in the folder of the cache; without a cache there is none.")
OPTION(WEIR, pid_file, value_path, pid_file, "", "", "File for the process id of the master. Not given: none.")
OPTION(WEIR, via, value_token, via, "weir", "",
	"The name of this proxy in Via, Cache-Status and Proxy-Status. Proxies that ask each other need different ones: "
	"a request that comes back with this name is refused as a loop.")
OPTION(WEIR, resolvers, list_resolvers, resolvers, "", "",
	"Addresses of DNS servers, each with a port if it is not 53. Not given: those of the resolv.conf of the system.")
OPTION(WEIR, hosts_file, value_path, hosts_file, "/etc/hosts", "", "Names that are looked up here before DNS is asked.")
OPTION(WEIR, pipeline, value_number, pipeline, "8", "1..32",
	"How many safe requests of one client connection are under way at once; answers go out in order.")
OPTION(WEIR, max_request_body, value_size, max_request_body, "0", "",
	"Larger request bodies are answered with 413. 0 is no limit.")
OPTION(WEIR, max_request_line, value_size, limits.line, "16K", "8000..64K", "Longer request lines are answered with 414.")
OPTION(WEIR, max_method, value_size, limits.method, "32", "16..256", "Longer methods are answered with 501.")
OPTION(WEIR, max_head, value_size, limits.head, "64K", "8K..256K", "Longer request heads are answered with 431.")
OPTION(WEIR, max_fields, value_number, limits.fields, "128", "32..1000",
	"Requests with more header fields are answered with 431.")
OPTION(WEIR, max_empty_lines, value_number, limits.empty_lines, "4", "0..16",
	"So many empty lines before a request are passed over; one more is answered with 400.")
OPTION(WEIR, max_status_line, value_size, response_limits.line, "16K", "8000..64K",
	"Responses whose first line is longer become 502.")
OPTION(WEIR, max_response_head, value_size, response_limits.head, "128K", "8K..512K",
	"Responses with a longer head become 502.")
OPTION(WEIR, max_response_fields, value_number, response_limits.fields, "256", "32..2000",
	"Responses with more header fields become 502.")
OPTION(WEIR, request_memory, value_size, request_memory, "256K", "128K..64M",
	"Ceiling of the memory of one request, without its body. A request that needs more is answered with 503.")
OPTION(WEIR, fill_rest, value_size, fill_rest, "16M", "",
	"When all clients of a fetch have left, it goes on while less than this is missing, and the answer is kept.")
OPTION(WEIR, pool_idle, value_number, pool_idle, "256", "0..65536", "Idle connections to origins that each worker keeps.")
OPTION(WEIR, pool_per_origin, value_number, pool_per_origin, "32", "0..65536", "How many of them may lead to one origin.")
OPTION(WEIR, head_timeout, value_millis, timeouts.head, "20s", "1s..10m",
	"A request head must be complete after this time, else 408.")
OPTION(WEIR, idle_timeout, value_millis, timeouts.idle, "60s", "1s..1h",
	"A client connection without a request is closed after this time.")
OPTION(WEIR, body_window, value_millis, timeouts.body_window, "30s", "1s..10m",
	"Over this time min_rate is measured, for bodies in both directions.")
OPTION(WEIR, min_rate, value_number_of_bytes, timeouts.min_rate, "1K", "0..1G",
	"Bytes per second that a body must move at least; a slower connection is closed. 0 is no limit.")
OPTION(WEIR, connect_timeout, value_millis, timeouts.connect, "10s", "100ms..5m",
	"A connection to an origin must stand after this time.")
OPTION(WEIR, first_byte_timeout, value_millis, timeouts.first_byte, "60s", "1s..1h",
	"An origin must begin its answer after this time, else 504.")
OPTION(WEIR, origin_idle_timeout, value_millis, timeouts.origin_idle, "30s", "0..1h",
	"An idle connection to an origin is closed after this time.")
OPTION(WEIR, tunnel_idle_timeout, value_millis, timeouts.tunnel_idle, "10m", "1s..24h",
	"A tunnel in which nothing moves is closed after this time.")
OPTION(WEIR, drain_timeout, value_millis, timeouts.drain, "10m", "0..24h",
	"After a reload, old workers finish their requests within this time.")
OPTION(WEIR, fill_wait_timeout, value_millis, timeouts.fill_wait, "60s", "1s..10m",
	"A client waits at most so long for the head of an answer that another client asked for first.")
OPTION(WEIR, dns_timeout, value_millis, timeouts.dns, "2s", "100ms..60s", "A try to look up a name ends after this time.")

SECTION(LISTEN, "listen", true,
	"Where clients come in. At least one such section is needed. Its name stands in logs and in acls.")
OPTION(LISTEN, address, list_addresses, addresses, NULL, "",
	"Numeric address and port, as 127.0.0.1:3128 or [::1]:3128. 0.0.0.0 and [::] stand for all addresses of the host. "
	"Port 0 is any that is free; the log says which.")
OPTION(LISTEN, kind, value_choice, kind, "forward", "forward|reverse|admin",
	"forward is a proxy that clients are set up with. reverse stands in front of the servers of a pool. admin answers "
	"questions about weir itself.")
OPTION(LISTEN, pool, value_pool, pool, "", "", "Name of the [pool] that is asked. Needed for reverse, else not allowed.")
OPTION(LISTEN, sites, list_sites, sites, "", "",
	"reverse: the names that are served here, each with all names below it. Requests for others are answered with 421. "
	"Not given: all names.")
OPTION(LISTEN, targeted, list_targets, targeted, "CDN-Cache-Control", "",
	"reverse: fields of answers that are meant for this cache (RFC 9213). The first of them that is there and valid decides "
	"instead of Cache-Control and Expires; all are passed on. Those of other caches are not looked at. none is no field.")
OPTION(LISTEN, connect_ports, list_ports, connect_ports, "443", "1..65535", "forward: ports that CONNECT may go to, as 443 or 1024-65535.")
OPTION(LISTEN, private_destinations, value_private, private_destinations, "deny", "allow|deny|loopback",
	"Whether clients reach private and special addresses (10.0.0.0/8, 127.0.0.0/8, fd00::/8 and so on) through this listener. "
	"loopback allows it to clients on this host. Addresses of metadata services need to be named in private_networks. "
	"The servers of a pool are always reached.")
OPTION(LISTEN, private_networks, list_networks, private_networks, "", "",
	"Private networks or addresses that all clients of this listener may reach.")
OPTION(LISTEN, upgrade, value_switch, upgrade, "yes", "yes|no", "Whether Upgrade is passed on (WebSocket and others).")
OPTION(LISTEN, max_clients, value_number, max_clients, "50000", "1..1000000",
	"Connections of each worker on this listener; one more is accepted and closed.")
OPTION(LISTEN, max_clients_per_address, value_number, max_clients_per_address, "20000", "1..1000000",
	"The same for one client address.")

SECTION(POOL, "pool", true, "Servers that stand for each other, for reverse listeners.")
OPTION(POOL, server, list_servers, servers, NULL, "", "Name or address, with a port if it is not 80. At least one, at most 64.")
OPTION(POOL, balance, value_choice, balance, "round_robin", "round_robin", "How the next server is chosen.")
OPTION(POOL, fail_timeout, value_millis, fail_timeout_ms, "10s", "0..1h",
	"A server that refused a connection or broke it is passed over for this time.")

SECTION(CACHE, "cache", false, "What is kept. Without this section nothing is.")
OPTION(CACHE, path, value_folder, store.path, NULL, "", "Folder of the cache. Only one weir may use it.")
OPTION(CACHE, size, value_size, store.size, "1G", "16M..",
	"What the cache takes on the disk, index and all. It is allocated ahead and never passed.")
OPTION(CACHE, max_object, value_size, store.max_object, "0", "",
	"Larger bodies are not kept. 0 is an eighth of the part for large bodies.")
OPTION(CACHE, min_object, value_size, store.min_object, "0", "0..1G", "Smaller bodies are not kept.")
OPTION(CACHE, index_size, value_size, store.index_size, "0", "0..1T",
	"Part of size that the index may take. 0 is chosen from size for bodies of 64 KB on average; give more for smaller ones.")
OPTION(CACHE, heuristic_percent, value_number, cache.heuristic_percent, "10", "0..100",
	"An answer that does not say for how long it is fresh is taken as fresh for so many percent of its age when it was fetched "
	"(RFC 9111 4.2.2). 0 is never.")
OPTION(CACHE, heuristic_max, value_seconds, cache.heuristic_max, "1d", "0..365d", "And never for longer than this.")
OPTION(CACHE, lifetime_max, value_seconds, cache.lifetime_max, "0", "0..3650d",
	"No answer is taken as fresh for longer, whatever it says. 0 is no limit.")
OPTION(CACHE, stale_if_error, value_seconds, cache.stale_if_error, "0", "0..365d",
	"So long after it went stale an answer is still used when its origin fails, unless it says otherwise itself.")
OPTION(CACHE, hit_for_miss, value_seconds, cache.hit_for_miss, "2m", "0..1h",
	"So long weir remembers that the answers of a URL are not for all, so that clients do not wait for each other.")
OPTION(CACHE, ignore_query, list_ignored, key_rules, "", "",
	"Parameters of the query that do not tell answers apart: name, or name* for all that begin so, separated by commas; "
	"with host: before them for that host and all names below it only, as in mirror.example: countme, utm_*. Origins get them, "
	"keys of the cache do not. weirctl explain shows the key. Upper and lower case differ.")
OPTION(CACHE, store_set_cookie, value_switch, cache.store_set_cookie, "no", "yes|no",
	"Whether answers with Set-Cookie that say how long they are fresh are kept even if they are not marked public.")

SECTION(GZIP, "gzip", false, "What weir compresses when it is kept.")
OPTION(GZIP, on, value_switch, gzip.on, "yes", "yes|no", "Whether weir compresses at all.")
OPTION(GZIP, min_size, value_size, gzip.min_size, "1K", "0..1G", "Smaller bodies are left as they are.")
OPTION(GZIP, level, value_number, gzip.level, "6", "1..9", "1 is fast, 9 is small.")
OPTION(GZIP, types, list_media_types, gzip,
	"text/*, application/json, application/javascript, application/xml, application/xhtml+xml, application/rss+xml, "
	"application/atom+xml, application/wasm, image/svg+xml", "",
	"Media types that are compressed; text/* is all of text.")
OPTION(GZIP, max_running, value_number, gzip.max_running, "32", "0..1000",
	"Compressions of each worker at once, 268 KB of memory each; one more is kept uncompressed.")

SECTION(LOG, "log", false, "Where the logs go.")
OPTION(LOG, access, value_log_file, log.access_path, "", "", "File with a line for each request; - is the standard output. Not given: none.")
OPTION(LOG, format, value_choice, log.access_format, "combined", "combined|squid|json", "What those lines look like.")
OPTION(LOG, error, value_log_file, log.error_path, "", "", "File for errors. Not given: the standard error.")
OPTION(LOG, level, value_choice, log.level, "info", "error|warn|info|debug", "How much goes there.")

SECTION(ACL, "acl", true,
	"A named condition. All options that it gives must hold; the values of one option are alternatives.")
OPTION(ACL, client, acl_client, lines, "", "", "Addresses of clients: address, address/prefix or address-address.")
OPTION(ACL, client_file, acl_client_file, lines, "", "", "A file with one of them per line.")
OPTION(ACL, domain, acl_domain, lines, "", "", "Host of the request: a name stands for itself and for all names below it.")
OPTION(ACL, host, acl_domain, lines, "", "", "Another word for domain.")
OPTION(ACL, domain_file, acl_domain_file, lines, "", "",
	"A file with a name per line, also as in a hosts file, or as ||name^. # and ! begin comments. It is read when weir loads its configuration.")
OPTION(ACL, port, acl_port, lines, "", "", "Port of the request: 443 or 1024-65535.")
OPTION(ACL, method, acl_method, lines, "", "", "Method of the request. PURGE is allowed only by a rule that names it so.")
OPTION(ACL, listener, acl_listener, lines, "", "", "Name of the [listen] section that the client came in by.")
OPTION(ACL, scheme, acl_scheme, lines, "", "", "Scheme of the request: http or https.")

SECTION(ACCESS, "access", false,
	"The rules, in order. The first one whose acls all hold decides; at the end everything is denied. A value is one or more "
	"names of acls, which must all hold; !name must not hold; all always holds. The rules are for all listeners. Without this section "
	"reverse listeners are open to everybody, and all others to clients on this host (loopback) only.")
OPTION(ACCESS, allow, acl_rule_allow, rules, "", "", "Requests for which these acls hold are served.")
OPTION(ACCESS, deny, acl_rule_deny, rules, "", "", "Requests for which these acls hold are refused with 403.")

#undef SECTION
#undef OPTION
