# lib.sh - for the shell tests of tests/client and tests/fault: source it. Starts weir and real origins in a scratch folder on
# ephemeral ports of 127.0.0.1, ends exactly what it started, and prints PASS, FAIL and SKIP lines.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
WEIR=${WEIR:-$top/build/weir} WEIRCTL=${WEIRCTL:-$top/build/weirctl}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy ALL_PROXY all_proxy
test_name=$(basename "$0" .sh)
dir=$(mktemp -d "${TMPDIR:-/tmp}/weir-$test_name.XXXXXX")
chmod 755 "$dir"
started= failures=0
weir_pid=

ended() {
	status=$?
	for pid in $started; do kill -TERM "$pid" 2>/dev/null; done
	for pid in $started; do wait_until 10 gone "$pid" || kill -KILL "$pid" 2>/dev/null; done
	if [ "$failures" != 0 ] && [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
	[ "$failures" = 0 ] || exit 1
	exit $status
}
trap ended EXIT
trap 'exit 130' INT TERM

gone() { ! kill -0 "$1" 2>/dev/null; }
# wait_until SECONDS COMMAND...: true as soon as the command is, looked at each 20 ms
wait_until() {
	end=$(($(date +%s) + $1)); shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$end" ] || return 1
		sleep 0.02
	done
}
free_port() { python3 -c 'import socket;s=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1])'; }
listens() { python3 -c 'import socket,sys;socket.create_connection(("127.0.0.1",int(sys.argv[1])),1)' "$1"; }
need() { for c in "$@"; do command -v "$c" >/dev/null || { echo "SKIP $test_name: no $c"; exit 0; }; done; }
need_root() { [ "$(id -u)" = 0 ] || { echo "SKIP $test_name: needs root"; exit 0; }; }

# check "what must be so" COMMAND...
check() {
	what=$1; shift
	if "$@" >"$dir/check.out" 2>&1; then echo "PASS $test_name: $what"; else
		failures=$((failures + 1))
		echo "FAIL $test_name: $what ($*)"
		tail -n 8 "$dir/check.out" | sed 's/^/    /'
	fi
}
equals() { [ "$1" = "$2" ] || { echo "got:  $1"; echo "want: $2"; return 1; }; }
fatal() { failures=$((failures + 1)); echo "FAIL $test_name: $*"; [ ! -f "$dir/weir.log" ] || tail -n 15 "$dir/weir.log" | sed 's/^/    /'; exit 1; }

# start_weir [further lines of the file on standard input]: forward proxy on $proxy_port, everything below $dir
start_weir() {
	proxy_port=${proxy_port:-$(free_port)}
	proxy=http://127.0.0.1:$proxy_port
	control=$dir/weir.sock
	mkdir -p "$dir/cache" "$dir/log"
	if [ "$(id -u)" = 0 ]; then chown nobody "$dir/cache" "$dir/log"; chmod 755 "$dir"; fi
	[ -f "$dir/hosts" ] || echo "127.0.0.1 site.test mirror.test" >"$dir/hosts"
	cat >"$dir/weir.ini" <<INI
[weir]
workers = ${workers:-2}
control = $control
hosts_file = $dir/hosts
${weir_lines:-}
[listen test]
address = 127.0.0.1:$proxy_port
kind = forward
connect_ports = 1-65535
private_destinations = allow
[cache]
path = $dir/cache
size = ${cache_size:-128M}
${cache_lines:-}
[log]
access = $dir/log/access.log
INI
	cat >>"$dir/weir.ini"
	launch_weir
}
launch_weir() {
	"$WEIR" -c "$dir/weir.ini" 2>>"$dir/weir.log" >>"$dir/weir.out" &
	weir_pid=$!
	started="$started $weir_pid"
	wait_until 10 listens "$proxy_port" || fatal "weir does not listen"
	wait_until 10 store_open || fatal "the store does not open"
}
store_open() { "$WEIRCTL" -s "$control" status | grep -qx 'store_state: open'; }
stop_weir() { # signal
	kill -"$1" "$weir_pid"
	wait "$weir_pid"
}
access_log() { cat "$dir/log/access.log"; }
# logged PATTERN: a line of the access log matches; the logger writes within 50 ms
logged() { wait_until 3 grep -qE "$1" "$dir/log/access.log"; }

# start_nginx PORT ROOT [lines inside server {}]
start_nginx() {
	mkdir -p "$dir/nginx"
	cat >"$dir/nginx/$1.conf" <<NGINX
pid $dir/nginx/$1.pid;
error_log $dir/nginx/error.log;
worker_processes 1;
events { worker_connections 1024; }
http {
	types { text/html html; text/css css; image/png png; text/plain txt; application/octet-stream bin deb; }
	default_type application/octet-stream;
	access_log $dir/nginx/$1.log;
	client_body_temp_path $dir/nginx/body; proxy_temp_path $dir/nginx/proxy; fastcgi_temp_path $dir/nginx/fcgi;
	uwsgi_temp_path $dir/nginx/uwsgi; scgi_temp_path $dir/nginx/scgi;
	server { listen 127.0.0.1:$1; root $2; ${3:-} }
	${4:-}
}
NGINX
	nginx -g 'daemon off;' -c "$dir/nginx/$1.conf" 2>>"$dir/nginx/start.log" &
	nginx_pid=$!
	started="$started $nginx_pid"
	wait_until 10 listens "$1" || fatal "nginx does not listen"
}
stop_nginx() { kill -TERM "$nginx_pid"; wait "$nginx_pid"; }
