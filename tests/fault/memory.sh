#!/bin/sh
# Memory and descriptors stay flat: 20,000 requests of all kinds, then 2 GB through a fill for one client and 2 GB through one that
# is stored, with a slow reader beside. Looked at: anonymous memory (what is mapped of the store is page cache) and open files of
# each worker, the keeper and the logger. N=20000 GB=2; longer by hand.
. "$(dirname "$0")/../lib.sh"
need python3 curl pgrep nginx truncate
here=$(cd "$(dirname "$0")" && pwd)
load() { python3 "$here/memory_load.py" "$@"; }
N=${N:-20000} GB=${GB:-2}
GROWTH=1024 # KiB: the 5 MB that are allowed through 100,000 requests, in proportion

# ---- origins ----
www=$dir/www
mkdir -p "$www/f"
chmod 755 "$www" "$www/f"
for i in $(seq 0 49); do head -c 10240 /dev/urandom >"$www/f/$i.bin"; done
head -c 1000000 /dev/urandom >"$www/f/large.bin"
{ echo "<html>"; seq 1 4000; } >"$www/f/page.html"
truncate -s "${GB}G" "$www/f/stream.bin"
well=$(free_port)
start_nginx "$well" "$www" '
	keepalive_requests 100000;
	location /f/ { add_header Cache-Control max-age=1000; }
	location /private/ { alias '"$www/f/"'; add_header Cache-Control no-store; }
	location /new/ { add_header Cache-Control max-age=1000; return 200 "new"; }
	location /post { client_max_body_size 1m; return 204; }'
bad=$(free_port)
python3 "$here/memory_load.py" origin "$bad" 2>"$dir/origin.log" &
started="$started $!"
wait_until 10 listens "$bad" || fatal "the origin does not listen"

# A body may take a quarter of the part for large ones.
room=$(df -Pk "$dir" | awk 'NR == 2 { print int($4 / 1048576) }')
if [ "$room" -gt $((GB * 5 + 1)) ]; then
	cache_size=$((GB * 5))G
	cache_lines="max_object = $((GB * 1024 + 1))M"
fi
weir_lines='origin_idle_timeout = 1s'
start_weir </dev/null

# ---- measuring ----
pids() { pgrep -P "$weir_pid" -x 'weir-(worker|keeper|logger).*'; }
name_of() { tr -d '\n' <"/proc/$1/comm"; }
memory_of() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; } # KiB
# Not the files of the store, which are bounded by its size and opened as they are used, nor the few pipes that are kept for tunnels.
files_of() { find "/proc/$1/fd" -type l -printf '%l\n' | grep -vcE "^($dir/cache/|pipe:)"; }
pipes_of() { find "/proc/$1/fd" -type l -lname 'pipe:*' | wc -l; }
kinds_of() { find "/proc/$1/fd" -type l -printf '%l\n' | grep -v "^$dir/cache/" | sed 's/[0-9][0-9]*/N/' | sort | uniq -c; }
all_files() { for p in $(pids); do files_of "$p"; done | tr '\n' ' '; }
has_files() { [ "$(files_of "$1")" -le "$2" ]; } # process, at most
# Connections end a little later: until two counts are the same.
settle() {
	sleep 1.2 # idle connections to origins
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		files=$(all_files)
		sleep 0.4
		[ "$files" != "$(all_files)" ] || return 0
	done
}
before() {
	for p in $(pids); do echo "$p $(name_of "$p") $(memory_of "$p") $(files_of "$p")"; done >"$dir/before"
	[ -z "${FIGURES:-}" ] || for p in $(pids); do name_of "$p"; kinds_of "$p"; done
}
flat() { # what
	while read -r p name memory files; do
		now=$(memory_of "$p")
		echo "$1: $name memory $memory -> $now KiB, files $files -> $(files_of "$p")" >>"$dir/figures"
		[ -n "$now" ] || { echo "$name has died"; cat "$dir/figures"; return 1; }
		[ $((now - memory)) -le $GROWTH ] || { echo "$name grew from $memory to $now KiB"; return 1; }
		[ "$(pipes_of "$p")" -le 34 ] || { echo "$name: $(pipes_of "$p") ends of pipes"; return 1; }
		[ "$1" = streaming ] || wait_until 5 has_files "$p" "$files" ||
			{ echo "$name had $files files and has $(files_of "$p")"; kinds_of "$p"; return 1; }
	done <"$dir/before"
}
mixed() { # requests, seed
	load mix "$proxy_port" "$well" "$bad" $(($1 / 2)) "$2" >"$dir/mix.1" &
	one=$!
	load mix "$proxy_port" "$well" "$bad" $(($1 / 2)) "$(($2 + 1))" >"$dir/mix.2" && wait $one
}

# ---- the checks ----
check "a first round of all kinds is answered" mixed $((N / 5)) 1
settle
before
check "$N mixed requests are answered" mixed "$N" 3
settle
check "memory and files are flat through $N requests" flat requests

stream=http://127.0.0.1:$well
check "$GB GB pass to one client" load read "$proxy_port" "$stream/private/stream.bin"
check "memory is flat through $GB GB that are not stored" flat streaming
python3 "$here/memory_load.py" read "$proxy_port" "$stream/f/stream.bin" 4000000 >"$dir/slow.out" 2>&1 &
slow=$!
started="$started $slow"
sleep 0.3
check "$GB GB pass and are stored, beside a slow reader" load read "$proxy_port" "$stream/f/stream.bin"
check "the slow reader is still served" kill -0 "$slow"
check "memory is flat while it reads on" flat streaming
kill "$slow"
settle
check "memory and files are flat through $GB GB that are stored" flat stored
is_kept() { "$WEIRCTL" -s "$control" explain "$stream/f/stream.bin" | grep -q '^fresh'; }
if [ -n "${cache_size:-}" ]; then check "the $GB GB are kept" wait_until 10 is_kept; else echo "SKIP memory: no disk to keep $GB GB"; fi
[ -z "${FIGURES:-}" ] || cat "$dir/figures"
