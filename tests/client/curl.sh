#!/bin/sh
# curl: plain fetches, the second one from the cache; ranges and resume; HEAD; upload; CONNECT to a TLS origin; error pages.
. "$(dirname "$0")/../lib.sh"
need curl nginx openssl python3
origin=$(free_port) tls=$(free_port)
mkdir -p "$dir/www"
head -c 3000000 /dev/urandom >"$dir/www/big.bin"
echo "a small page" >"$dir/www/small.txt"
yes 'a line of ordinary text that compresses well' | head -c 200000 >"$dir/www/text.html"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 2 -subj /CN=site.test \
	-addext subjectAltName=DNS:site.test 2>/dev/null
start_nginx "$origin" "$dir/www" 'add_header Cache-Control max-age=600;' \
	"server { listen 127.0.0.1:$tls ssl; ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem; root $dir/www; }"
start_weir </dev/null
url=http://site.test:$origin
get() { curl -sS -x "$proxy" "$@"; }
sum() { sha256sum | cut -d' ' -f1; }
want=$(sum <"$dir/www/big.bin")

check "a first fetch is whole" equals "$(get "$url/big.bin" | sum)" "$want"
check "it was a miss" logged 'GET http://site.test:[0-9]+/big.bin.* MISS '
stored() { get -I "$url/big.bin" | grep -qi '^cache-status:.*hit'; }
check "it is kept" wait_until 5 stored
check "a second fetch is whole" equals "$(get "$url/big.bin" | sum)" "$want"
check "it was a hit" logged '"GET http://site.test:[0-9]+/big.bin.* HIT '
check "one fetch at the origin" equals "$(grep -c 'GET /big.bin' "$dir/nginx/$origin.log")" 1
check "a range from the cache" equals "$(get -r 1000000-1999999 "$url/big.bin" | sum)" \
	"$(tail -c +1000001 "$dir/www/big.bin" | head -c 1000000 | sum)"
check "a suffix range" equals "$(get -r -5000 "$url/big.bin" | sum)" "$(tail -c 5000 "$dir/www/big.bin" | sum)"
check "several ranges" sh -c "curl -sS -x $proxy -r 0-9,100-109 -D - -o /dev/null $url/big.bin | grep -qi 'content-type: multipart/byteranges'"
head -c 1234567 "$dir/www/big.bin" >"$dir/part"
check "resume" get -C - -o "$dir/part" "$url/big.bin"
check "the resumed file is whole" equals "$(sum <"$dir/part")" "$want"
check "416 beyond the end" equals "$(get -r 9000000- -o /dev/null -w '%{http_code}' "$url/big.bin")" 416
check "304 for the same date" equals "$(get -z "$dir/www/big.bin" -o /dev/null -w '%{http_code}' "$url/big.bin")" 304
check "404 passes" equals "$(get -o /dev/null -w '%{http_code}' "$url/none")" 404
check "HTTP/1.0" equals "$(get -0 "$url/small.txt")" "a small page"
check "POST reaches the origin" equals "$(get -o /dev/null -w '%{http_code}' -d x=1 "$url/small.txt")" 405

check "text arrives compressed" sh -c "curl -sS -x $proxy --compressed -D $dir/head $url/text.html | cmp - $dir/www/text.html"
check "and says so" grep -qi '^content-encoding: gzip' "$dir/head"
compressed_kept() { get --compressed -I "$url/text.html" | grep -qi '^cache-status:.*hit'; }
check "it is kept compressed" wait_until 5 compressed_kept
check "plain for who does not ask" sh -c "curl -sS -x $proxy -D $dir/head $url/text.html | cmp - $dir/www/text.html"
check "without a coding" sh -c "! grep -qi '^content-encoding' $dir/head"
check "from the cache" grep -qi '^cache-status:.*hit' "$dir/head"
check "a range of the plain one" equals "$(get -r 1000-1999 "$url/text.html" | sum)" "$(tail -c +1001 "$dir/www/text.html" | head -c 1000 | sum)"

check "CONNECT to a TLS origin" equals "$(get --cacert "$dir/cert.pem" "https://site.test:$tls/small.txt")" "a small page"
check "a tunnel in the log" logged '"CONNECT site.test:[0-9]+ HTTP/1.1" 200 .* TUNNEL '
check "a tunnel of 3 MB" equals "$(get --cacert "$dir/cert.pem" "https://site.test:$tls/big.bin" | sum)" "$want"

closed=$(free_port)
check "502 when nobody listens" equals "$(get -o "$dir/page" -w '%{http_code}' "http://site.test:$closed/")" 502
check "with the reason" sh -c "curl -sS -x $proxy -D - -o /dev/null http://site.test:$closed/ | grep -qi 'proxy-status: weir; error=connection_refused'"
check "502 for a name that is not there" equals "$(get -o "$dir/page" -w '%{http_code}' http://nobody.invalid/)" 502
check "an HTML page for browsers" sh -c "curl -sS -x $proxy -H 'Accept: text/html' http://site.test:$closed/ | grep -q '<h1>502 Bad Gateway</h1>'"
check "JSON for who asks for it" sh -c "curl -sS -x $proxy -H 'Accept: application/json' http://site.test:$closed/ | python3 -c 'import json,sys; assert json.load(sys.stdin)[\"status\"] == 502'"
check "weirctl explain" sh -c "$WEIRCTL -s $control explain $url/big.bin | grep -qi fresh"
check "weirctl purge" "$WEIRCTL" -s "$control" purge "$url/big.bin"
check "after it a miss" sh -c "curl -sS -x $proxy -D - -o /dev/null $url/big.bin | grep -qi 'cache-status:.*fwd=uri-miss'"
