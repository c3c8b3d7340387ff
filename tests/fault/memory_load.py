#!/usr/bin/env python3
"""The origin and the clients of memory.sh.
usage: memory_load.py origin PORT             an origin that breaks off (/cut), answers rubbish (/bad), closes (/none)
       memory_load.py mix PROXY WELL BAD N SEED   N requests of all kinds by one client; WELL, BAD: ports of the origins
       memory_load.py read PROXY URL [RATE]   reads a body whole, or RATE bytes a second until it is killed; prints bytes
A client prints a line "KIND COUNT" for each kind; what is answered wrongly ends it with a message."""
import random
import socket
import struct
import sys
import threading
import time


PAGES = 20


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), 20)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


# ---- the origin that fails ----

def serve(c):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = c.recv(4096)
        if not piece:
            return
        head += piece
    path = head.split(b" ", 2)[1]
    if path.startswith(b"/cut"):
        c.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 50000)
    elif path.startswith(b"/page"):  # compressed on the way, and cut there
        c.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Type: text/html\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\nc350\r\n" + b"x" * 50000 + b"\r\n")
    elif path.startswith(b"/bad"):
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")


def origin(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=512)

    def handle(c):
        try:
            serve(c)
        except OSError:
            pass
        c.close()

    while True:
        c, _ = listener.accept()
        threading.Thread(target=handle, args=(c,), daemon=True).start()


# ---- the client ----

class Client:
    def __init__(self, proxy, well, bad, seed):
        self.proxy, self.well, self.bad = proxy, well, bad
        self.random = random.Random(seed)
        self.seed, self.n, self.s, self.rest = seed, 0, None, b""

    def close(self):
        if self.s:
            self.s.close()
        self.s, self.rest = None, b""

    def more(self):
        piece = self.s.recv(262144)
        if not piece:
            raise ConnectionError
        self.rest += piece

    def head(self):
        while (end := self.rest.find(b"\r\n\r\n")) < 0:
            self.more()
        head, self.rest = self.rest[:end].decode("latin-1").lower(), self.rest[end + 4:]
        return head

    def take(self, n):
        while len(self.rest) < n:
            self.more()
        data, self.rest = self.rest[:n], self.rest[n:]
        return data

    def chunks(self):
        body = b""
        while True:
            while b"\r\n" not in self.rest:
                self.more()
            line, self.rest = self.rest.split(b"\r\n", 1)
            data = self.take(int(line, 16) + 2)
            if len(data) == 2:
                return body
            body += data[:-2]

    def send(self, text):
        if self.s is None:
            self.s = connect(self.proxy)
        self.s.sendall(text)

    def answer(self, method="GET"):
        head = self.head()
        status = int(head[9:12])
        body = b""
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        if method != "HEAD" and status not in (204, 304):
            body = self.chunks() if "transfer-encoding" in fields else self.take(int(fields["content-length"]))
        if fields.get("connection") == "close":
            self.close()
        return status, body

    def ask(self, path, fields="", want=(200,), method="GET", port=None, body=b""):
        self.send(f"{method} http://127.0.0.1:{port or self.well}{path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode() + body)
        status, body = self.answer(method)
        assert status in want, (path, fields, status)
        return body

    def number(self):
        self.n += 1
        return f"{self.seed}-{self.n}"

    # one function for each kind of request
    def hit(self):
        assert len(self.ask(f"/f/{self.random.randrange(50)}.bin")) == 10240

    def miss(self):
        assert self.ask(f"/new/{self.number()}").startswith(b"new")

    def large_miss(self):
        self.ask(f"/f/large.bin?{self.number()}")

    def gzip(self):
        assert self.ask(f"/f/page.html?{self.random.randrange(PAGES)}", "Accept-Encoding: gzip\r\n")[:2] == b"\x1f\x8b"

    def new_gzip(self):
        self.ask(f"/f/page.html?{self.number()}", "Accept-Encoding: gzip\r\n")

    def inflated(self):
        assert self.ask(f"/f/page.html?{self.random.randrange(PAGES)}")[:6] == b"<html>"

    def range(self):
        at = self.random.randrange(10000)
        assert len(self.ask(f"/f/{self.random.randrange(50)}.bin", f"Range: bytes={at}-{at + 99}\r\n", (206,))) == 100
        self.ask("/f/1.bin", "Range: bytes=0-9,100-109,-5\r\n", (206,))

    def revalidated(self):
        self.ask(f"/f/{self.random.randrange(50)}.bin", "Cache-Control: no-cache\r\n")

    def pipeline(self):
        text = "".join(f"GET http://127.0.0.1:{self.well}/f/{i}.bin HTTP/1.1\r\nHost: a\r\n\r\n" for i in range(8))
        self.send(text.encode())
        for _ in range(8):
            assert self.answer()[0] == 200

    def post(self):
        self.ask("/post", "Content-Length: 20000\r\n", (204,), "POST", body=b"x" * 20000)
        self.ask("/post", "Transfer-Encoding: chunked\r\n", (204,), "POST", body=b"5\r\nhello\r\n0\r\n\r\n")

    def error(self):
        self.ask(f"/missing/{self.number()}", want=(404,))
        self.ask(f"/bad/{self.number()}", want=(502,), port=self.bad)
        self.ask(f"/none/{self.number()}", want=(502,), port=self.bad)
        self.ask("/", want=(502,), port=1)

    def malformed(self):
        self.close()
        self.send(b"GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert self.answer()[0] == 400
        self.close()

    def cut(self):
        for path, fields in (("/cut", ""), ("/page", "Accept-Encoding: gzip\r\n")):
            try:
                self.ask(f"{path}/{self.number()}", fields, port=self.bad)
                raise AssertionError("a cut body came as a whole one")
            except (ConnectionError, ValueError):
                self.close()

    def abort(self):
        """In the middle of a body: a stored one, one that is fetched for all, a private one; and before the head."""
        for path in (f"/private/large.bin?{self.number()}", f"/f/large.bin?{self.number()}", "/f/large.bin"):
            self.close()
            self.send(f"GET http://127.0.0.1:{self.well}{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            if self.n % 5:
                self.take(20000)
            reset(self.s)
            self.s, self.rest = None, b""

    def abort_upload(self):
        self.close()
        self.send(f"POST http://127.0.0.1:{self.well}/post HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n".encode() + b"x" * 5000)
        reset(self.s)
        self.s = None

    def tunnel(self):
        self.close()
        self.send(f"CONNECT 127.0.0.1:{self.well} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert self.head()[9:12] == "200"
        self.send(b"GET /f/large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        if self.n % 3:
            assert self.answer()[0] == 200
            self.close()
        else:  # with bytes in the pipe
            self.n += 1
            reset(self.s)
            self.s, self.rest = None, b""
        self.number()

    def no_tunnel(self):
        self.close()
        self.send(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert self.answer()[0] == 502
        self.close()


# kind, how often, requests that one call makes
KINDS = (("hit", 400, 1), ("miss", 100, 1), ("large_miss", 4, 1), ("gzip", 60, 1), ("new_gzip", 10, 1), ("inflated", 30, 1),
         ("range", 30, 2), ("revalidated", 20, 1), ("pipeline", 10, 8), ("post", 10, 2), ("error", 10, 4), ("malformed", 10, 1),
         ("cut", 10, 2), ("abort", 10, 3), ("abort_upload", 10, 1), ("tunnel", 25, 2), ("no_tunnel", 5, 1))


def mix(proxy, well, bad, n, seed):
    client, counts, made = Client(proxy, well, bad, seed), {}, 0
    for i in range(PAGES):  # whoever asks first says whether they are compressed
        client.ask(f"/f/page.html?{i}", "Accept-Encoding: gzip\r\n")
    while made < n:
        kind, _, weight = client.random.choices(KINDS, [k[1] for k in KINDS])[0]
        try:
            getattr(client, kind)()
        except (OSError, ValueError, KeyError) as e:
            sys.exit(f"{kind}: {type(e).__name__} {e}")
        counts[kind] = counts.get(kind, 0) + weight
        made += weight
    client.close()
    for kind, count in sorted(counts.items()):
        print(kind, count)


def read(proxy, url, rate):
    s = connect(proxy)
    s.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    buffer, got, want, head = bytearray(1 << 20), 0, None, b""
    while b"\r\n\r\n" not in head:
        head += s.recv(4096)
    head, rest = head.split(b"\r\n\r\n", 1)
    want = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    got = len(rest)
    while got < want:
        n = s.recv_into(buffer, 0 if not rate else max(rate // 20, 1))
        if n == 0:
            sys.exit(f"broken after {got} of {want}")
        got += n
        if rate:
            time.sleep(0.05)
    print(got)


if __name__ == "__main__":
    what, arguments = sys.argv[1], sys.argv[2:]
    if what == "origin":
        origin(int(arguments[0]))
    elif what == "mix":
        mix(*map(int, arguments))
    else:
        read(int(arguments[0]), arguments[1], int(arguments[2]) if len(arguments) > 2 else 0)
