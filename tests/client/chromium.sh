#!/bin/sh
# Chromium: a page with a style sheet and pictures through the proxy; the second time with the origin stopped.
. "$(dirname "$0")/../lib.sh"
need chromium nginx python3
export HOME=$dir # Chromium writes there as well
origin=$(free_port)
mkdir -p "$dir/www"
python3 - "$dir/www" <<'PY'
import struct, sys, zlib
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for i in range(8):
    rows = b"".join(b"\0" + bytes((i * 30, y * 2 % 256, 99)) * 100 for y in range(100))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    open(f"{sys.argv[1]}/{i}.png", "wb").write(png)
PY
{
	echo '<!DOCTYPE html><html><head><link rel="stylesheet" href="s.css"></head><body><h1>weir</h1>'
	for i in 0 1 2 3 4 5 6 7; do echo "<img src=\"$i.png\">"; done
	echo '<p id="r">wait</p><script>onload=()=>{document.getElementById("r").textContent="loaded "+[...document.images].filter(i=>i.naturalWidth==100).length+" "+getComputedStyle(document.body).color}</script></body></html>'
} >"$dir/www/index.html"
echo 'body { color: rgb(1, 2, 3) }' >"$dir/www/s.css"
start_nginx "$origin" "$dir/www" 'add_header Cache-Control max-age=600;'
start_weir </dev/null
load() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --user-data-dir="$dir/profile$1" --proxy-server="$proxy" \
		--proxy-bypass-list='<-loopback>' --virtual-time-budget=10000 --dump-dom "http://site.test:$origin/index.html" 2>"$dir/chromium.log"
}
whole='loaded 8 rgb(1, 2, 3)'
check "the page with 8 pictures and its style" sh -c 'echo "$1" | grep -q "$2"' - "$(load 1)" "$whole"
check "a picture in the access log" logged 'GET http://site.test:[0-9]+/7.png HTTP/1.1" 200 .* MISS '
kept() { for f in index.html s.css 0.png 7.png; do "$WEIRCTL" -s "$control" explain "http://site.test:$origin/$f" | grep -qi fresh || return 1; done; }
check "all of it is kept" wait_until 5 kept
stop_nginx
check "the page with the origin stopped" sh -c 'echo "$1" | grep -q "$2"' - "$(load 2)" "$whole"
check "a picture from the cache" logged 'GET http://site.test:[0-9]+/7.png HTTP/1.1" 200 .* HIT '
