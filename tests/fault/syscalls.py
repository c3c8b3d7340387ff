#!/usr/bin/env python3
"""One call of one process of the running weir fails, again and again, below a load of which every byte is checked.

syscalls.py PLAN PROXY ORIGIN MASTER WEIRCTL SOCKET LOG CACHE SIZE SECONDS [--seed N] [--only KIND.CALL.ERROR]
    PLAN is the file that fail.so reads, LOG what weir says, CACHE its folder, SIZE what that may take. Demanded: no wrong
    byte, no hang, no death by a signal (but of a child that could not allocate at its start), the store open again within
    seconds, index, segments and disk adding up each time that the load rests.
"""
import argparse, asyncio, errno, mmap, os, random, re, signal, struct, subprocess, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import storm

KINDS = ["none", "master", "worker", "keeper", "logger"]
SHORT = -1
E = errno
# name -> errors; the order is that of enum call in fail.c
CALLS = {
    "none": [],
    "open": [E.ENOSPC, E.EMFILE, E.ENFILE, E.ENOMEM, E.EIO, E.EINTR, E.EACCES],
    "pread": [E.EIO, E.EINTR, E.ENOMEM],
    "pwrite": [E.ENOSPC, E.EIO, E.EDQUOT, E.EINTR, SHORT],
    "write": [E.ENOSPC, E.EIO, E.EINTR, E.EAGAIN],
    "sync": [E.EIO, E.ENOSPC, E.EDQUOT, E.EINTR],
    "mmap": [E.ENOMEM, E.ENFILE, E.EAGAIN],
    "fallocate": [E.ENOSPC, E.EIO, E.EDQUOT, E.EINTR, E.ENOMEM],
    "ftruncate": [E.EIO, E.EINTR, E.ENOSPC],
    "accept4": [E.EMFILE, E.ENFILE, E.ENOMEM, E.ENOBUFS, E.EINTR, E.ECONNABORTED, E.EPROTO],
    "socket": [E.EMFILE, E.ENFILE, E.ENOMEM, E.ENOBUFS],
    "connect": [E.EADDRNOTAVAIL, E.ENETUNREACH, E.EINTR, E.ECONNREFUSED, E.ENOMEM, E.ETIMEDOUT],
    "epoll_ctl": [E.ENOMEM, E.ENOSPC],
    "epoll_wait": [E.EINTR],
    "eventfd": [E.EMFILE, E.ENFILE, E.ENOMEM],
    "send": [E.EINTR, E.ENOMEM, E.ENOBUFS, E.EPIPE, E.ECONNRESET],
    "recv": [E.EINTR, E.ECONNRESET, E.ENOMEM],
    "read": [E.EINTR, E.EIO, E.ENOMEM],
    "splice": [E.EINTR, E.ENOMEM],
    "pipe2": [E.EMFILE, E.ENFILE],
    "fork": [E.EAGAIN, E.ENOMEM],
    "heap": [E.ENOMEM],
    "fcntl": [E.ENOLCK, E.EINTR, E.EIO],
    "thread": [E.EAGAIN],
    "folder": [E.EIO, E.ENOSPC, E.EDQUOT, E.EACCES],
    "flock": [E.EINTR, E.ENOLCK, E.EIO],
    "sockopt": [E.ENOMEM, E.ENOBUFS],
    "mincore": [E.EAGAIN, E.ENOMEM],
    "stat": [E.EIO, E.ENOMEM],
}
NAMES = list(CALLS)
# What a kind calls often enough to be met; the others only while it starts.
OF_KIND = {
    "worker": "open pread pwrite write mmap accept4 socket connect epoll_ctl epoll_wait eventfd send recv read splice pipe2 heap fcntl thread "
              "flock sockopt mincore stat",
    "keeper": "open pread pwrite write sync mmap fallocate ftruncate read heap fcntl thread folder flock stat",
    "logger": "open write heap read",
    "master": "fork open write read stat",
}
HEAD = struct.Struct("<IIIiiiIIq")
WHERE = HEAD.size + 5 * 8 * len(NAMES)
SIZE = WHERE + 160


class Plan:
    def __init__(self, path):
        self.file = open(path, "r+b")
        self.file.truncate(SIZE)
        self.map = mmap.mmap(self.file.fileno(), SIZE)

    def word(self, n):
        return struct.unpack_from("<i", self.map, 4 * n)[0]

    def set(self, n, value):
        struct.pack_into("<i", self.map, 4 * n, value)

    def disarm(self):
        self.set(0, 0)

    def arm(self, kind, call, error, after, times):
        self.set(0, 0)
        for n, v in enumerate((KINDS.index(kind), NAMES.index(call), error, after, times)):
            self.set(1 + n, v)
        self.set(0, 1)

    fired = property(lambda self: self.word(6))

    def clock(self, seconds):
        struct.pack_into("<q", self.map, 32, int(seconds * 1e9))

    def where(self):
        return self.map[WHERE:WHERE + 160].split(b"\0")[0].decode()

    def seen(self):
        out = {}
        for k, kind in enumerate(KINDS):
            for c, call in enumerate(NAMES):
                n = struct.unpack_from("<Q", self.map, HEAD.size + 8 * (k * len(NAMES) + c))[0]
                if n:
                    out["%s.%s" % (kind, call)] = n
        return out


class Faults(storm.Load):
    """The load, and beside it the one that makes calls fail."""

    def __init__(self, args):
        super().__init__(args)
        self.plan = Plan(args.plan)
        self.shots = []
        self.met = {}
        self.log_at = os.path.getsize(args.log)
        self.missed = 0
        self.all = [(kind, call, error) for kind, calls in OF_KIND.items() for call in calls.split()
                    for error in CALLS[call] * (6 if call == "heap" else 1)]
        self.seen, self.rates, self.rates_at = {}, {}, 0

    def say(self, text):
        self.wrong.append("%s; last: %s" % (text, "  ".join(self.shots[-4:])))

    # ---- what weir says ----
    async def ctl(self, *words):
        p = await asyncio.create_subprocess_exec(self.args.weirctl, "-s", self.args.socket, *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            out, _ = await asyncio.wait_for(p.communicate(), 20)
        except asyncio.TimeoutError:
            p.kill()
            return 99, "weirctl %s waits for ever" % " ".join(words)
        return p.returncode, out.decode()

    async def is_open(self, within):
        end = time.monotonic() + within
        text = ""
        while time.monotonic() < end:
            rc, text = await self.ctl("status")
            if rc == 0 and "store_state: open\n" in text:
                return True
            await asyncio.sleep(0.05)
        self.say("the store is not open within %d s: %s" % (within, re.findall("store_state.*", text) or text[:200]))
        return False

    def read_log(self):
        with open(self.args.log) as f:
            f.seek(self.log_at)
            text = f.read()
            self.log_at = f.tell()
        frames = ""
        for line in text.splitlines():
            if re.search(r"\[0x[0-9a-f]+\]$", line):
                frames += line + "\n"
                continue
            # libseccomp falls when it gets no memory: a child that starts, and is started again.
            fell = re.search(r"assertion failed|signal (?!9\b)\d+|Sanitizer|runtime error", line)
            if fell and "libseccomp" not in frames:
                self.say("weir: %s\n%s" % (line, frames))
            if re.search(r"has not moved for", line):
                self.say("a hang: %s" % line)
            if fell:
                frames = ""

    # ---- shots ----
    def choose(self):
        """What was not met yet goes first; calls that only a starting process makes are met by restarting it."""
        r = self.random
        if self.args.only:
            kind, call, error = self.args.only.split(".")
            error = SHORT if error == "SHORT" else getattr(errno, error)
        else:
            kind, call, error = min((r.choice(self.all) for _ in range(4)), key=lambda one: self.met.get(one, 0))
        times = r.choice([1, 1, 1, 1, 2, 5, 40]) if error != E.EINTR else r.choice([1, 2])
        return kind, call, error, times

    def rate(self, kind, call):
        """Such calls in a quarter of a second, as seen lately."""
        now = time.monotonic()
        if now - self.rates_at > 1:
            seen = self.plan.seen()
            self.rates = {k: (n - self.seen.get(k, 0)) / (now - self.rates_at) / 4 for k, n in seen.items()}
            self.seen, self.rates_at = seen, now
        return self.rates.get("%s.%s" % (kind, call), 0)

    def child(self, kind):
        for pid in self.children():
            try:
                if open("/proc/%d/comm" % pid).read().startswith("weir-" + kind):
                    return pid
            except OSError:
                pass
        return None

    async def shoot(self):
        kind, call, error, times = self.choose()
        rate = self.rate(kind, call)
        restart = self.random.random() < (0.7 if rate < 1 else 0.15)
        after = self.random.choice([0, 0, 1, 2, 3, 5, 8]) if restart else int(self.random.random() * rate)
        before = self.plan.fired
        self.shots.append("%s.%s.%s after %d, %d times%s" % (kind, call, "SHORT" if error == SHORT else errno.errorcode[error], after, times,
                          ", at its start" if restart else ""))
        self.plan.arm(kind, call, error, after, times)
        if restart:
            pid = self.child(kind if kind != "master" else self.random.choice(["worker", "keeper"]))
            if pid:
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 0.25
        while time.monotonic() < end and self.plan.word(0):
            await asyncio.sleep(0.002)
        self.plan.disarm()
        if self.plan.fired == before:
            self.missed += 1
            self.shots.pop()
            return
        self.shots[-1] += " at " + self.plan.where()
        if os.environ.get("VERBOSE"):
            print(time.strftime("%H:%M:%S", time.gmtime()), self.shots[-1], file=sys.stderr, flush=True)
        self.met[kind, call, error] = self.met.get((kind, call, error), 0) + 1
        await asyncio.sleep(0.01)
        self.read_log()

    # ---- rests ----
    async def rest(self):
        self.plan.disarm()
        self.running.clear()
        end = time.monotonic() + self.args.patience + 5
        while self.busy and time.monotonic() < end:
            await asyncio.sleep(0.02)
        if self.wrong:
            return
        if await self.is_open(15):
            await asyncio.sleep(0.2)
            end = time.monotonic() + 3
            while True: # a child that is started just now is no finding
                rc, text = await self.ctl("store", "check")
                if rc == 0:
                    break
                if time.monotonic() > end:
                    self.say("store check: %s" % text.strip())
                    break
                await asyncio.sleep(0.3)
        used = int(subprocess.run(["du", "-sB1", self.args.cache], stdout=subprocess.PIPE).stdout.split()[0])
        if used > self.args.size:
            self.say("%d bytes on disk, size is %d" % (used, self.args.size))
        self.read_log()
        self.running.set()

    async def shooter(self):
        rests = time.monotonic() + 8
        while time.monotonic() < self.end and not self.wrong:
            await self.shoot()
            if time.monotonic() > rests:
                await self.rest()
                rests = time.monotonic() + 8
        if not self.wrong:
            await self.rest()
        self.end = 0
        self.running.set()

    async def run(self):
        self.running = asyncio.Event()
        self.running.set()
        shooter = asyncio.create_task(self.shooter())
        end, self.end_of_load = self.end, None
        self.end = end
        await asyncio.gather(shooter, *[self.client() for _ in range(self.args.clients)])
        if os.environ.get("VERBOSE"):
            print("not met:", " ".join(sorted("%s.%s.%s" % (k, c, errno.errorcode.get(e, "SHORT")) for k, c, e in self.all if (k, c, e) not in self.met)))
        print("answered %d (hits %d), broken %d, errors %d; %d calls failed, %d of %d ways to, %d shots met none" % (self.good, self.hits, self.broken,
              self.errors, self.plan.fired, len(self.met), len(self.all), self.missed))
        for w in self.wrong[:5]:
            print("WRONG:", w)
        return 1 if self.wrong or not self.good else 0


def main():
    p = argparse.ArgumentParser()
    for name, kind in (("plan", str), ("proxy", int), ("origin", int), ("kill", int), ("weirctl", str), ("socket", str), ("log", str), ("cache", str),
                       ("size", int), ("seconds", float)):
        p.add_argument(name, type=kind)
    p.add_argument("--clients", type=int, default=12)
    p.add_argument("--patience", type=float, default=20)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--only")
    args = p.parse_args()
    print("seed", args.seed)
    return asyncio.run(Faults(args).run())


if __name__ == "__main__":
    sys.exit(main())
