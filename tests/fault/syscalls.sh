#!/bin/sh
# Single calls of worker, keeper, logger and master fail below a load of which every byte is checked (fail.c, syscalls.py).
# usage: syscalls.sh [SECONDS [further words for syscalls.py]]
. "$(dirname "$0")/../lib.sh"
need python3 "${CC:-cc}"
seconds=${1:-20}
[ $# = 0 ] || shift
[ "$seconds" -ge 20 ] || seconds=20 # a turn of rests between them is 8
here=$(cd "$(dirname "$0")" && pwd)
${CC:-cc} -std=gnu11 -O1 -g -shared -fPIC -o "$dir/fail.so" "$here/fail.c" -ldl || { echo "SKIP $test_name: fail.c does not compile here"; exit 0; }
origin=$(free_port)
python3 "$here/storm.py" origin "$origin" 2>"$dir/origin.log" &
started="$started $!"
wait_until 10 listens "$origin" || fatal "the origin does not listen"
head -c 65536 /dev/zero >"$dir/plan"
chmod 644 "$dir/fail.so"
# The library is for weir alone: the rest of this test is not to load it.
cat >"$dir/weir" <<SH
#!/bin/sh
FAIL_PLAN=$dir/plan LD_PRELOAD=$dir/fail.so exec $WEIR "\$@"
SH
chmod 755 "$dir/weir"
WEIR=$dir/weir
workers=2 cache_size=32M start_weir </dev/null
storm() {
	python3 "$here/syscalls.py" "$dir/plan" "$proxy_port" "$origin" "$weir_pid" "$WEIRCTL" "$control" "$dir/weir.log" "$dir/cache" 33554432 "$@" 2>"$dir/shots"
}
check "$seconds s of calls that fail" storm "$seconds" "$@"
cat "$dir/check.out"
check "no assertion failed" sh -c "! grep -E 'asserti|AddressSan|runtime error' $dir/weir.log"
