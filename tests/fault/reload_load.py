#!/usr/bin/env python3
"""Requests without pause through the proxy until standard input ends; not one may fail.

reload_load.py PROXY_PORT URL CLIENTS    prints "good N bad M WHY"; exit 1 if M > 0.
Half of the clients use a new connection for each request, half keep theirs. A kept connection may be closed by
the proxy between two requests (RFC 9112 9.3.1): the client then repeats the request once on a new connection.
"""
import socket, sys, threading

port, url, clients = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
stop = threading.Event()
lock = threading.Lock()
good, bad, why = 0, 0, ""
request = ("GET %s HTTP/1.1\r\nHost: %s\r\n%%s\r\n" % (url, url.split("/")[2])).encode()


class Closed(Exception):
    """Not one byte of an answer came."""


def answer(s):
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            if not data:
                raise Closed()
            raise OSError("head cut: %r" % data)
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    lower = head.lower()
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(head.split(b"\r\n")[0].decode())
    left = int(lower.split(b"content-length:")[1].split(b"\r\n")[0]) - len(body)
    while left > 0:
        piece = s.recv(65536)
        if not piece:
            raise OSError("body cut")
        left -= len(piece)
    return b"connection: close" in lower


def connect():
    s = socket.create_connection(("127.0.0.1", port), 10)
    s.settimeout(20)
    return s


def client(keep):
    global good, bad, why
    s = None
    while not stop.is_set():
        try:
            fresh = s is None
            s = s or connect()
            try:
                s.sendall(request % (b"" if keep else b"Connection: close\r\n"))
                ends = answer(s)
            except (Closed, BrokenPipeError, ConnectionResetError) as e:
                if fresh:
                    raise OSError("closed without an answer") from e
                s = connect()
                s.sendall(request % b"")
                ends = answer(s)
            if ends or not keep:
                s.close()
                s = None
            with lock:
                good += 1
        except (OSError, Closed) as e:
            s = None
            with lock:
                bad += 1
                why = why or repr(e)


threads = [threading.Thread(target=client, args=(i % 2 == 0,)) for i in range(clients)]
for t in threads:
    t.start()
sys.stdin.read()
stop.set()
for t in threads:
    t.join()
print("good", good, "bad", bad, why)
sys.exit(1 if bad or not good else 0)
