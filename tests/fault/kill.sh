#!/bin/sh
# Kills workers, keeper and logger at random below a load of which every byte is checked; then everything at once; then starts
# again.   usage: kill.sh [SECONDS]
. "$(dirname "$0")/../lib.sh"
need python3
seconds=${1:-15}
here=$(cd "$(dirname "$0")" && pwd)
origin=$(free_port)
python3 "$here/storm.py" origin "$origin" 2>"$dir/origin.log" &
started="$started $!"
wait_until 10 listens "$origin" || fatal "the origin does not listen"
workers=4 cache_size=64M start_weir </dev/null
storm() { python3 "$here/storm.py" load "$proxy_port" "$origin" "$@"; }
status_sane() { "$WEIRCTL" -s "$control" status >/dev/null; }
used() { du -sB1 "$dir/cache" | cut -f1; }
check "load without kills" storm 4
check "load with a kill each 60 ms" storm "$seconds" --kill "$weir_pid" --every 60
cat "$dir/check.out"
check "load with a kill each 600 ms" storm "$seconds" --kill "$weir_pid" --every 600
cat "$dir/check.out"
check "it answers afterwards" wait_until 10 status_sane
check "and the store is open" wait_until 10 store_open
check "disk use is within size" [ "$(used)" -le 67108864 ]
check "load without kills again" storm 4
children=$(pgrep -P "$weir_pid")
# shellcheck disable=SC2086
kill -KILL "$weir_pid" $children
wait "$weir_pid" 2>/dev/null
for pid in $children; do wait_until 10 gone "$pid"; done
launch_weir
check "load after everything was killed" storm 4
grep -E 'asserti|damaged|AddressSan|runtime error' "$dir/weir.log" | head -5
check "no assertion failed" sh -c "! grep -E 'asserti|AddressSan|runtime error' $dir/weir.log"
