/* conf_list.h - the types of values that are lists: addresses, ports, networks, names, servers. */
#ifndef CONF_CONF_LIST_H
#define CONF_CONF_LIST_H

#include "conf/conf_option.h"

extern const struct conf_type conf_list_addresses;   /* of a listener */
extern const struct conf_type conf_list_ports;       /* struct acl_ports of a listener */
extern const struct conf_type conf_list_networks;    /* struct acl_networks of a listener */
extern const struct conf_type conf_list_sites;       /* struct acl_names of a listener */
extern const struct conf_type conf_list_servers;     /* of a pool */
extern const struct conf_type conf_list_targets;     /* names of fields, of a reverse listener */
extern const struct conf_type conf_list_media_types; /* of struct conf_gzip */
extern const struct conf_type conf_list_resolvers;   /* struct str: "address:port, address" */
extern const struct conf_type conf_list_ignored;     /* rules of the cache's keys */

/* Adds the option and value to lines[0, *count), for conf_print. */
void conf_list_keep(struct conf_load *l, struct conf_line **lines, unsigned *count,
                    const struct conf_option *o, struct str value);
/* Writes the value of the at-th of these lines that is of option o; false when there is none. */
bool conf_list_write(FILE *out, const struct conf_option *o, const struct conf_line *lines,
                     unsigned count, unsigned at);

#endif
