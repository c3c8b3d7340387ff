#!/usr/bin/env python3
"""Load whose every byte can be recomputed from the URL, and random kills below it.

storm.py origin PORT             an origin: /SIZE/KIND/ID, KIND c (chunked), l (length), s (slow), v (Vary), n (no-store)
storm.py load PROXY ORIGIN SECONDS [--kill MASTER] [--every MS] [--clients N] [--seed N]
                                 clients through the proxy; with --kill, children of that master are killed or stopped at
                                 random. Prints counts; exit 1 if one received byte was wrong, a short body looked complete,
                                 or nothing was answered.
Bodies are the keystream of SHA-256(URL path, block number), so a byte of another object, of another place or of
another time is seen.
"""
import argparse, asyncio, functools, hashlib, os, random, signal, sys, time

BLOCK = 32 * 1024


@functools.lru_cache(2048)
def block(path, n):
    return hashlib.shake_128(b"%s#%d" % (path.encode(), n)).digest(BLOCK)


def body(path, size):
    out = bytearray()
    n = 0
    while len(out) < size:
        out += block(path, n)
        n += 1
    return bytes(out[:size])


# ---- origin ----
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            if path.startswith("http://"):  # straight to the origin: the load's own test
                path = "/" + path.split("/", 3)[3]
            _, size, kind, _ = path.split("/", 3)
            size = int(size)
            fields = "Cache-Control: %s\r\nETag: \"%s\"\r\n" % ("no-store" if kind == "n" else "max-age=%d" % (1 if kind == "s" else 3600), hashlib.md5(path.encode()).hexdigest())
            if ("if-none-match: " in head.decode("latin1").lower()) and kind != "n":
                writer.write(("HTTP/1.1 304 Not Modified\r\n%s\r\n" % fields).encode())
                await writer.drain()
                continue
            if kind == "v":
                fields += "Vary: X-Test\r\n"
            chunked = kind == "c"
            fields += "Transfer-Encoding: chunked\r\n" if chunked else "Content-Length: %d\r\n" % size
            writer.write(("HTTP/1.1 200 OK\r\n%s\r\n" % fields).encode())
            n, sent = 0, 0
            while sent < size:
                piece = block(path, n)[: size - sent]
                n += 1
                sent += len(piece)
                if chunked:
                    piece = b"%x\r\n%s\r\n" % (len(piece), piece)
                writer.write(piece)
                await writer.drain()
                if kind == "s":
                    await asyncio.sleep(0.002)
            if chunked:
                writer.write(b"0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        pass
    finally:
        writer.close()


async def origin(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 17, backlog=1024)
    async with server:
        await server.serve_forever()


# ---- load ----
class Wrong(Exception):
    pass


async def read_body(reader, head, path, size):
    lower = head.lower()
    n, got, have = 0, 0, b""

    def compare(piece):
        nonlocal n, got, have
        have += piece
        while len(have) >= BLOCK or (got + len(have) == size and have):
            want = block(path, n)[: size - got]
            cut, have = have[: len(want)], have[len(want):]
            if cut != want:
                at = next(i for i in range(len(want)) if i >= len(cut) or cut[i] != want[i])
                raise Wrong("wrong byte at %d of %s" % (got + at, path))
            got += len(cut)
            n += 1

    if b"transfer-encoding: chunked" in lower:
        while True:
            line = await reader.readuntil(b"\r\n")
            left = int(line.split(b";")[0], 16)
            if left == 0:
                await reader.readuntil(b"\r\n")
                break
            compare(await reader.readexactly(left))
            await reader.readexactly(2)
    else:
        at = lower.find(b"content-length:")
        if at < 0:
            raise Wrong("no framing for %s: %r" % (path, head))
        left = int(lower[at + 15:].split(b"\r\n", 1)[0])
        if left != size:
            raise Wrong("length %d instead of %d for %s" % (left, size, path))
        while left:
            piece = await reader.read(min(left, 1 << 16))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            compare(piece)
    if got != size:
        raise Wrong("complete but %d of %d bytes of %s" % (got, size, path))


class Load:
    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.good = self.broken = self.refused = self.errors = self.hits = 0
        self.wrong = []
        self.end = time.monotonic() + args.seconds
        self.patience = getattr(args, "patience", 40)
        self.busy = 0  # clients that wait for an answer
        self.running = None  # an asyncio.Event: clients rest while it is not set

    def path(self):
        r = self.random
        size = r.choice([0, 1, 700, 2000, 2001, 9000, 16320, 16321, 60000, 200000, 262144, 262145, 700000, 3000000])
        return "/%d/%s/%d" % (size, r.choice("llllccsvn"), int(r.paretovariate(0.8)) % 400), size

    async def client(self):
        reader = writer = None
        while time.monotonic() < self.end and not self.wrong:
            path, size = self.path()
            if self.running:
                await self.running.wait()
            self.busy += 1
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.args.proxy, limit=1 << 17)
                writer.write(("GET http://127.0.0.1:%d%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Test: %d\r\n\r\n" % (self.args.origin, path, self.args.origin, self.random.randrange(3))).encode())
                await writer.drain()
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.patience)
                status = int(head.split(b" ", 2)[1])
                if status == 200:
                    await asyncio.wait_for(read_body(reader, head, path, size), self.patience * 1.5)
                    self.good += 1
                    self.hits += b"weir; hit" in head
                elif status in (502, 503, 504):
                    self.errors += 1
                    writer.close()
                    writer = None
                else:
                    raise Wrong("status %d for %s" % (status, path))
                if head.lower().find(b"connection: close") > 0 and writer:
                    writer.close()
                    writer = None
            except Wrong as e:
                self.wrong.append(str(e))
            except ConnectionRefusedError:
                self.refused += 1
                await asyncio.sleep(0.05)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.broken += 1
                if writer:
                    writer.close()
                writer = None
            except asyncio.TimeoutError:
                self.wrong.append("nothing came for %d s: %s" % (self.patience, path))
            finally:
                self.busy -= 1

    def children(self):
        out = []
        try:
            with open("/proc/%d/task/%d/children" % (self.args.kill, self.args.kill)) as f:
                out = [int(p) for p in f.read().split()]
        except OSError:
            pass
        return out

    async def killer(self):
        self.kills = {}
        while time.monotonic() < self.end - 2 and not self.wrong:
            await asyncio.sleep(self.random.uniform(0.2, 1.8) * self.args.every / 1000)
            victims = self.children()
            if not victims:
                continue
            pid = self.random.choice(victims)
            try:
                name = open("/proc/%d/cmdline" % pid).read().replace("\0", " ").strip()
                os.kill(pid, signal.SIGKILL)
                kind = next((k for k in ("keeper", "logger", "worker") if k in name), "other")
                self.kills[kind] = self.kills.get(kind, 0) + 1
            except (OSError, ProcessLookupError):
                pass

    async def run(self):
        tasks = [self.client() for _ in range(self.args.clients)]
        if self.args.kill:
            tasks.append(self.killer())
        await asyncio.gather(*tasks)
        print("answered %d (hits %d), broken %d, errors %d, refused %d%s" % (self.good, self.hits, self.broken, self.errors, self.refused,
              ", killed %s" % self.kills if self.args.kill else ""))
        for w in self.wrong[:5]:
            print("WRONG:", w)
        return 1 if self.wrong or not self.good or self.refused > 200 else 0


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "origin":
        asyncio.run(origin(int(sys.argv[2])))
        return 0
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["load"])
    p.add_argument("proxy", type=int)
    p.add_argument("origin", type=int)
    p.add_argument("seconds", type=float)
    p.add_argument("--kill", type=int, default=0)
    p.add_argument("--every", type=float, default=50)
    p.add_argument("--clients", type=int, default=24)
    p.add_argument("--seed", type=int, default=int(time.time()))
    args = p.parse_args()
    print("seed", args.seed)
    return asyncio.run(Load(args).run())


if __name__ == "__main__":
    sys.exit(main())
