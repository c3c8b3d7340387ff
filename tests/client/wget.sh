#!/bin/sh
# wget: fetch, resume, and a mirror of linked pages, the second time with the origin stopped.
. "$(dirname "$0")/../lib.sh"
need wget nginx python3
origin=$(free_port)
mkdir -p "$dir/www/sub" "$dir/one" "$dir/two"
head -c 500000 /dev/urandom >"$dir/www/sub/data.bin"
echo '<a href="sub/page.html">page</a> <a href="sub/data.bin">data</a>' >"$dir/www/index.html"
echo '<a href="../index.html">back</a>' >"$dir/www/sub/page.html"
start_nginx "$origin" "$dir/www" 'add_header Cache-Control max-age=600;'
start_weir </dev/null
mirror() { http_proxy=$proxy wget -q -r -nH -e robots=off -P "$1" "http://site.test:$origin/index.html"; }
check "a mirror" mirror "$dir/one"
check "of the same bytes" cmp "$dir/one/sub/data.bin" "$dir/www/sub/data.bin"
committed() { "$WEIRCTL" -s "$control" explain "http://site.test:$origin/$1" | grep -qi fresh; }
for page in index.html sub/page.html sub/data.bin; do check "$page is kept" wait_until 5 committed $page; done
stop_nginx
check "again with the origin stopped" mirror "$dir/two"
check "the same files" diff -r "$dir/one" "$dir/two"
head -c 100000 "$dir/www/sub/data.bin" >"$dir/two/part"
check "resume from the cache" env http_proxy="$proxy" wget -q -c -O "$dir/two/part" "http://site.test:$origin/sub/data.bin"
check "the resumed file is whole" cmp "$dir/two/part" "$dir/www/sub/data.bin"
