#!/bin/bash
# Anonymous memory of all processes, and their open files, before and after REQUESTS requests (Zipf over URLS of them, through the
# cache), then before and after one body of STREAM bytes; "grown" is the difference in KiB.
# usage: memory.sh PEER...   REQUESTS=100000 STREAM=10000000000 ROUNDS=1     alone: WEIR=build/weir bench/memory.sh weir
. "$(dirname "$0")/lib.sh"; l=$(tool load); counting; n=${REQUESTS:-100000} size=${STREAM:-10000000000}
anon()  { for p in $(pids $1); do cat /proc/$p/status 2>/dev/null; done | awk '/^RssAnon/{s+=$2}END{print s+0}'; } # KiB
files() { for p in $(pids $1); do find /proc/$p/fd -type l -printf '%l\n' 2>/dev/null; done | grep -vc "^$RUN/"; } # without those of the cache, which its size bounds
run() { # PEER CASE load's arguments
  local p=$1 k=$2 o m0=$(anon $1) f0=$(files $1); shift 2; o=($(onload $l $(port $p) "$@" 2>/dev/null)); sleep ${REST:-2}
  local m1=$(anon $p); emit $p $k anon_kb $m1; emit $p $k grown_kb $((m1-m0)); emit $p $k files $(files $p); emit $p $k files_grown $(($(files $p)-f0))
  emit $p $k mb_per_s $(calc "${o[15]:-0}/1e6/${o[1]:-1}"); [ "${o[19]:-1}" = 0 ] || emit $p $k bad ${o[19]:-1}; }
for r in $(seq ${ROUNDS:-1}); do for p in "$@"; do up $p || continue
  onload $l $(port $p) -c 64 -n 20000 -z ${URLS:-20000}:0.9:8000:1.5:1000000:1 >/dev/null 2>&1; sleep ${REST:-2} # what is kept for reuse has been made
  run $p requests -c 64 -n $n -z ${URLS:-20000}:0.9:8000:1.5:1000000:2; run $p stream -c 1 -n 1 -t 300 -u /z/$size/1; down $p; done; done
