"""The origin behind each proxy of tests/fuzz/differential: records exactly the bytes of each connection and the requests that a
strict reader of RFC 9112 finds in them, and answers each of those. Shares no code with weir."""

import re
import socket
import threading

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])\Z")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*\Z")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})((?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?)\Z")
LIMIT = 1 << 20


class Bad(Exception):
    """Not a request."""


class More(Exception):
    """Not yet a whole one."""


def line_at(data, at):
    end = data.find(b"\n", at)
    if end < 0:
        if len(data) - at > LIMIT:
            raise Bad("line without end")
        raise More
    if end == at or data[end - 1 : end] != b"\r":
        raise Bad("bare LF")
    line = data[at : end - 1]
    if b"\r" in line or b"\0" in line:
        raise Bad("bare CR or NUL")
    return line, end + 1


def fields_at(data, at):
    fields = []
    while True:
        line, at = line_at(data, at)
        if not line:
            return fields, at
        m = FIELD.match(line)
        if not m:
            raise Bad("field line")
        fields.append((m.group(1).lower(), m.group(2)))


def chunked_at(data, at):
    body = b""
    while True:
        line, at = line_at(data, at)
        m = CHUNK.match(line)
        if not m:
            raise Bad("chunk line")
        size = int(m.group(1), 16)
        if size == 0:
            return body, fields_at(data, at)[1]
        if len(data) < at + size + 2:
            raise More
        if data[at + size : at + size + 2] != b"\r\n":
            raise Bad("chunk without CRLF")
        body += data[at : at + size]
        at += size + 2


def body_at(data, at, fields, minor):
    codings = [v for n, v in fields if n == b"transfer-encoding"]
    lengths = [v for n, v in fields if n == b"content-length"]
    if codings:
        if lengths or minor == 0 or [c.lower() for c in codings] != [b"chunked"]:
            raise Bad("Transfer-Encoding")
        return chunked_at(data, at)
    if not lengths:
        return b"", at
    if len(lengths) > 1 or not re.match(rb"0*[0-9]{1,18}\Z", lengths[0]):
        raise Bad("Content-Length")
    size = int(lengths[0])
    if len(data) < at + size:
        raise More
    return data[at : at + size], at + size


class Request:
    """One request as it reached an origin."""

    def __init__(self, method, target, minor, fields):
        self.method, self.target, self.minor, self.fields = method, target, minor, fields
        self.body = b""
        hosts = [v for n, v in fields if n == b"host"]
        if len(hosts) > 1 or (minor and not hosts):
            raise Bad("Host")
        self.host = hosts[0] if hosts else b""
        m = re.match(rb"[Hh][Tt][Tt][Pp]://([^/?]*)(.*)\Z", target)
        if m:  # the target wins over Host (RFC 9112 3.2.2)
            self.host, self.target = m.group(1), m.group(2) or b"/"
            if self.target.startswith(b"?"):
                self.target = b"/" + self.target

    def key(self):
        """What must be the same to everybody: RFC 9110 4.2.3 says which hosts are."""
        host = self.host.lower()
        host = host[:-3] if host.endswith(b":80") else host
        told = tuple(sorted((n, v) for n, v in self.fields if n.startswith(b"x-t-") or n == b"authorization"))
        return (self.method, self.target, host, self.body, told)

    def __str__(self):
        body = "" if not self.body else " body %d %s" % (len(self.body), show(self.body[:24]))
        told = "".join(" %s=%s" % (show(n), show(v[:24])) for _, _, _, _, t in [self.key()] for n, v in t)
        return "%s %s host %s%s%s" % (show(self.method), show(self.target[:60]), show(self.host[:40]) or "-", body, told)


def show(b):
    return "".join(chr(c) if 0x21 <= c < 0x7F and c != 0x5C else "\\x%02x" % c for c in b)


def request_at(data, at):
    start = at
    while data[at : at + 2] == b"\r\n":
        at += 2
    line, at = line_at(data, at)
    m = REQUEST_LINE.match(line)
    if not m:
        raise Bad("request line")
    fields, at = fields_at(data, at)
    request = Request(m.group(1), m.group(2), int(m.group(3)), fields)
    head = at
    try:
        request.body, at = body_at(data, at, fields, request.minor)
    except More:
        request.wants_continue = any(n == b"expect" for n, _ in fields) and len(data) == head
        return request, None
    assert at > start
    return request, at


class Connection:
    def __init__(self, sock):
        self.sock, self.raw, self.requests, self.bad, self.at = sock, b"", [], None, 0
        self.continued = -1

    def step(self):
        """Answers what is whole. False: the connection is over."""
        try:
            while self.at < len(self.raw):
                request, end = request_at(self.raw, self.at)
                if end is None:
                    if request.wants_continue and self.continued != self.at:
                        self.continued = self.at
                        self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    return True
                self.at = end
                self.requests.append(request)
                self.sock.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n")
        except More:
            pass
        except Bad as e:
            self.bad = str(e)
            self.sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return False
        return True

    def serve(self):
        try:
            while True:
                got = self.sock.recv(65536)
                if not got:
                    break
                self.raw += got
                if not self.step():
                    break
        except OSError:
            pass
        self.sock.close()


class Origin:
    """Listens; collect() gives the connections since the last call, and closes them."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.connections, self.lock = [], threading.Lock()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            c = Connection(sock)
            with self.lock:
                self.connections.append(c)
            threading.Thread(target=c.serve, daemon=True).start()

    def collect(self):
        with self.lock:
            got, self.connections = self.connections, []
        for c in got:
            try:
                c.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        return got
