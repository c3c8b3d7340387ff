#!/bin/sh
# Master, workers, keeper and logger: deaths, hangs, reloads, upgrades, ends. Each check waits for the event itself; the two
# places where time has to pass say so.
. "$(dirname "$0")/../lib.sh"
need python3 curl pgrep prlimit
here=$(cd "$(dirname "$0")" && pwd)
origin=$(free_port)
python3 "$here/storm.py" origin "$origin" 2>"$dir/origin.log" &
origin_pid=$!
started="$started $origin_pid"
wait_until 10 listens "$origin" || fatal "the origin does not listen"

# A copy of the program, so that an upgrade can replace it. A worker counts as hung after 500 ms, the keeper after 6 s.
top_weir=$WEIR
cp "$WEIR" "$dir/weir" && WEIR=$dir/weir
export WEIR_TEST_HEARTBEAT_MS=500
launch() { start_weir </dev/null; }
now_ms() { date +%s%3N; }
status() { "$WEIRCTL" -s "$control" status; }
pids_of() { pgrep -P "$weir_pid" -x "weir-$1(-[0-9]+)?"; }
pid_of() { pids_of "$1" | head -n 1; }
how_many() { pids_of "$1" | wc -l; }
is_count() { [ "$(how_many "$1")" -eq "$2" ]; }
has_another() { p=$(pid_of "$1"); [ -n "$p" ] && [ "$p" != "$2" ]; }
said() { grep -q "$1" "$dir/weir.log"; }
times_said() { grep -c "$1" "$dir/weir.log"; }
said_more() { [ "$(times_said "$1")" -gt "$2" ]; }
fetch() { curl -sS -f -m 30 -o /dev/null -x "$proxy" "$@"; }
object() { echo "http://127.0.0.1:$origin/$1"; }
settled() { is_count worker 2 && is_count keeper 1 && is_count logger 1 && store_open; }
fds() { find "/proc/$weir_pid/fd" -type l 2>/dev/null | wc -l; }
listener() { find "/proc/$weir_pid/fd" -lname 'socket:*' -printf '%l\n' | sort -u; }

launch
check "it serves" fetch "$(object 9000/l/1)"
check "all children are there" wait_until 10 settled

# ---- deaths ----
replaced() { # kind
	old=$(pid_of "$1")
	others=$(pgrep -P "$weir_pid" | grep -vx "$old")
	begin=$(now_ms)
	kill -KILL "$old"
	until [ "$(pgrep -P "$weir_pid" -x "weir-$1(-[0-9]+)?" | grep -cvx "$old")" -ge "$2" ]; do
		[ $(($(now_ms) - begin)) -lt 2000 ] || { echo "no replacement"; return 1; }
	done
	took=$(($(now_ms) - begin))
	for p in $others; do kill -0 "$p" || { echo "$p went as well"; return 1; }; done
	[ "$took" -le 200 ] || { echo "took $took ms"; return 1; }
}
sockets_before=$(listener)
check "a killed worker is replaced within 200 ms" replaced worker 2
check "a killed keeper is replaced within 200 ms" replaced keeper 1
check "a killed logger is replaced within 200 ms" replaced logger 1
check "no listening socket was closed or made" equals "$(listener)" "$sockets_before"
check "it serves afterwards" fetch "$(object 9000/l/2)"
check "the new logger writes" logged '/9000/l/2'
check "the store is open again" wait_until 10 settled

# The other workers' transfers: of eight slow ones, at least as many end well as were not with the killed worker.
transfers_go_on() {
	for i in 1 2 3 4 5 6 7 8; do
		fetch "$(object 20000000/s/$i)" 2>/dev/null &
		eval "transfer_$i=$!"
	done
	wait_until 10 eight_clients || { echo "the transfers do not start"; return 1; }
	victim=$(pid_of worker)
	lost=$(status | awk -v p="$victim" '/ pid /{for(i=1;i<NF;i++)if($i=="pid"&&$(i+1)==p)ok=1;if(ok)for(i=1;i<NF;i++)if($i=="clients"){print $(i+1);exit}}')
	kill -KILL "$victim"
	well=0
	for i in 1 2 3 4 5 6 7 8; do
		eval "wait \$transfer_$i" && well=$((well + 1))
	done
	[ "$well" -ge $((8 - lost)) ] || { echo "$well ended well, $lost were with the victim"; return 1; }
}
eight_clients() { [ "$(status | sed -n 's/.* clients \([0-9]*\) .*/\1/p' | awk '{s+=$1}END{print s}')" -ge 8 ]; }
check "transfers of other workers go on" transfers_go_on
check "all children are there again" wait_until 10 settled

# Clients that wait in the queue of the listener while every worker dies.
queue_served() {
	stopped=$(pids_of worker)
	# shellcheck disable=SC2086
	kill -STOP $stopped
	for i in 1 2 3 4 5 6; do
		fetch "$(object 700/l/$i)" &
		eval "queued_$i=$!"
	done
	wait_until 10 queue_is 6 || { echo "they do not queue"; }
	# shellcheck disable=SC2086
	kill -KILL $stopped
	for i in 1 2 3 4 5 6; do
		eval "wait \$queued_$i" || { echo "client $i got no answer"; return 1; }
	done
}
queue_is() { [ "$(ss -Hlnt "sport = :$proxy_port" | awk '{print $2}')" -ge "$1" ]; }
if command -v ss >/dev/null; then check "queued clients are served" queue_served; fi
check "all children are there after that" wait_until 10 settled

# What the keeper had committed is a hit after its death, with the origin gone.
committed() { [ "$(status | awk '$1=="keeper_objects:"{print $2}')" -ge 1 ]; }
fetch "$(object 9000/l/77)"
check "objects are committed" wait_until 10 committed
old_keeper=$(pid_of keeper)
kill -KILL "$old_keeper"
check "a new keeper opens the store" wait_until 10 has_another keeper "$old_keeper"
check "and workers use it" wait_until 10 settled
kill -STOP "$origin_pid"
check "its objects are still served" fetch "$(object 9000/l/77)"
kill -CONT "$origin_pid"

# ---- hangs ----
for kind in worker logger keeper; do
	hung=$(pid_of $kind)
	kill -STOP "$hung"
	check "a $kind that hangs is killed and replaced" wait_until 15 gone "$hung"
done
check "and said" said 'has not moved for'
check "all children are there after hangs" wait_until 10 settled
before=$(pgrep -P "$weir_pid" | sort)
kill -STOP "$weir_pid"
sleep 1.2 # time has to pass: more than a child may be silent
kill -CONT "$weir_pid"
sleep 0.3 # and some ticks after it
check "a master that was stopped itself kills nobody" equals "$(pgrep -P "$weir_pid" | sort)" "$before"

# ---- a crash loop: without file descriptors no worker can start ----
prlimit --pid "$weir_pid" --nofile=8:
kill -KILL "$(pid_of worker)"
check "a crash loop backs off and says so" wait_until 20 said 'next start in [48]00 ms'
check "the other worker serves meanwhile" fetch "$(object 9000/l/3)"
prlimit --pid "$weir_pid" --nofile=4096:
check "it recovers" wait_until 15 settled

# ---- reloads ----
refused_reload() {
	before=$(pgrep -P "$weir_pid" | sort)
	said_before=$(times_said 'nothing has changed')
	kill -HUP "$weir_pid"
	wait_until 10 said_more 'nothing has changed' "$said_before" || { echo "nothing said"; return 1; }
	equals "$(pgrep -P "$weir_pid" | sort)" "$before"
}
cp "$dir/weir.ini" "$dir/good.ini"
echo 'nonsense = 1' >>"$dir/weir.ini"
check "HUP with a bad file changes nothing" refused_reload
line=$(wc -l <"$dir/weir.ini")
check "and says file, line, option and why" said "weir.ini:$line: nonsense: "
check "weirctl reload tells it too" sh -c "! '$WEIRCTL' -s '$control' reload 2>'$dir/said' && grep -q nonsense '$dir/said'"
cp "$dir/good.ini" "$dir/weir.ini"
printf '[listen more]\naddress = 127.0.0.1:%s\n' "$origin" >>"$dir/weir.ini"
config_before=$(status | sed -n 's/^ *worker.* config \([0-9]*\) .*/\1/p' | head -n 1)
check "a port that is taken changes nothing" sh -c "! '$WEIRCTL' -s '$control' reload 2>'$dir/said'"
check "and weirctl says so" grep -q 'address already in use' "$dir/said"
check "and the log" said 'address already in use'
check "the workers are the old ones" equals "$(status | sed -n 's/^ *worker.* live .* config \([0-9]*\) .*/\1/p' | sort -u)" "$config_before"
cp "$dir/good.ini" "$dir/weir.ini"

under_load() { # command: runs while requests go on, none of which may fail
	mkfifo "$dir/load.stdin"
	python3 "$here/reload_load.py" "$proxy_port" "$(object 9000/l/5)" 8 <"$dir/load.stdin" >"$dir/load.out" 2>&1 &
	load_pid=$!
	exec 9>"$dir/load.stdin"
	rm "$dir/load.stdin"
	"$@" 9>&-
	done_well=$?
	exec 9>&-
	wait "$load_pid" || { cat "$dir/load.out"; return 1; }
	return $done_well
}
reload_times() {
	for _ in $(seq "$1"); do "$WEIRCTL" -s "$control" reload || return 1; done
}
fetch "$(object 9000/l/5)"
reload_times 1 >/dev/null
check "a reload replaces the workers" wait_until 10 settled
fds_before=$(fds)
check "20 reloads under load, no request fails" under_load reload_times 20
check "old workers have gone" wait_until 20 settled
check "no descriptor leaks" equals "$(fds)" "$fds_before"
sed -i 's/^size = .*/size = 96M/' "$dir/weir.ini"
check "a cache of another size under load" under_load reload_times 1
check "the new store opens" wait_until 20 settled
check "no descriptor leaks by that" equals "$(fds)" "$fds_before"

# ---- another binary ----
upgrade() { "$WEIRCTL" -s "$control" upgrade; }
cp /bin/false "$dir/weir.new" && mv "$dir/weir.new" "$dir/weir"
check "a binary that fails its check is refused" sh -c "! '$WEIRCTL' -s '$control' upgrade"
check "and the old one serves" fetch "$(object 9000/l/6)"
cp "$top_weir" "$dir/weir.new" && mv "$dir/weir.new" "$dir/weir"
check "USR2 under load, no request fails" under_load upgrade
check "all children are there after it" wait_until 20 settled
check "the master runs the new file" equals "$(readlink "/proc/$weir_pid/exe")" "$dir/weir"

# ---- one store, one master ----
second() {
	sed "s/^address = .*/address = 127.0.0.1:$(free_port)/; s/^control = .*/control = $(echo "$dir" | sed 's|/|\\/|g')\/second.sock/" \
		"$dir/weir.ini" >"$dir/second.ini"
	"$WEIR" -c "$dir/second.ini" >"$dir/second.log" 2>&1
	[ $? -eq 1 ] && grep -q "another weir (pid $weir_pid)" "$dir/second.log"
}
check "a second weir on the same cache does not start" second
check "and leaves no socket" [ ! -e "$dir/second.sock" ]
orphans=$(pgrep -P "$weir_pid")
kill -KILL "$weir_pid"
wait "$weir_pid" 2>/dev/null
all_gone() { for p in $orphans; do gone "$p" || return 1; done; }
check "children go after the master's death" wait_until 13 all_gone
launch_weir
check "a new weir uses the cache" wait_until 10 settled
check "and serves" fetch "$(object 9000/l/5)"

# ---- ends ----
nothing_left() { all_gone && [ ! -e "$control" ]; }
fetch "$(object 6000000/s/9)" &
slow=$!
one_client() { [ "$(status | sed -n 's/.* clients \([0-9]*\) .*/\1/p' | awk '{s+=$1}END{print s}')" -ge 2 ]; }
wait_until 10 one_client || true
orphans=$(pgrep -P "$weir_pid")
check "QUIT ends with 0" stop_weir QUIT
check "a transfer under way was finished" wait "$slow"
check "and nothing is left behind" nothing_left
launch_weir
orphans=$(pgrep -P "$weir_pid")
begin=$(now_ms)
check "TERM ends with 0" stop_weir TERM
check "at once" [ $(($(now_ms) - begin)) -lt 3000 ]
check "nothing is left behind by TERM" nothing_left
check "no assertion failed" sh -c "! grep -E 'asserti|Sanitizer|runtime error' '$dir/weir.log'"
