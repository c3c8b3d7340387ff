"""Feeds the same bytes to weir and to other proxies, and compares what reached their origins. Called by tests/fuzz/differential,
which says how it is used."""

import concurrent.futures
import fnmatch
import os
import re
import select
import shutil
import socket
import sys
import time
from collections import Counter

import differential_origin
import differential_peers

HERE = os.path.dirname(os.path.abspath(__file__))
QUIET = 0.35  # seconds without a byte: nothing more comes
SLOW = 1.5  # the same, when a difference is looked at once more
SETTLE = 0.02  # seconds for bytes between a proxy and its origin
BOUND = 3.0  # seconds for one stream at one proxy


class Outcome:
    """What became of one stream at one proxy."""

    def __init__(self, statuses, connections):
        self.statuses = statuses
        self.requests = [r for c in connections for r in c.requests]
        self.bad = [c.bad for c in connections if c.bad]
        self.raw = [c.raw[: c.at] for c in connections if c.requests]

    def counter(self):
        return Counter(r.key() for r in self.requests)

    def __str__(self):
        return str(len(self.requests)) + ("+bad" if self.bad else "") + " [" + ",".join(self.statuses) + "]"


def read_quiet(s, got, quiet, until):
    """Reads until the end, or nothing comes for a while. True: the end."""
    while time.monotonic() < until:
        if not select.select([s], [], [], quiet)[0]:
            return False
        more = s.recv(65536)
        if not more:
            return True
        got += more
    return True


def talk(port, data, quiet):
    """What comes back."""
    got = bytearray()
    until = time.monotonic() + BOUND
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as s:
            s.settimeout(2)
            s.sendall(data)
            if not read_quiet(s, got, quiet, until):
                s.shutdown(socket.SHUT_WR)
                read_quiet(s, got, quiet / 2, until)
    except OSError:
        pass
    return bytes(got)


def try_stream(proxy, data, quiet=QUIET):
    proxy.origin.collect()
    got = talk(proxy.port, data, quiet)
    time.sleep(SETTLE)
    statuses = [m.decode() for m in re.findall(rb"(?:\A|(?<=\n))HTTP/1\.[01] (\d{3})", got)]
    return Outcome(statuses, proxy.origin.collect())


def all_streams(proxy, streams):
    outcomes = {}
    for name, data in streams:
        outcomes[name] = try_stream(proxy, data)
        if proxy.process.poll() is not None:
            raise RuntimeError("%s ended at case %s" % (proxy.name, name))
    return outcomes


def try_all(proxies, streams):
    with concurrent.futures.ThreadPoolExecutor(len(proxies)) as pool:
        jobs = {p.name: pool.submit(all_streams, p, streams) for p in proxies}
        return {name: job.result() for name, job in jobs.items()}


# ---- comparing ----


def difference(ours, theirs):
    """How another reads what weir forwards: "", fewer, more, other."""
    a, b = ours.counter(), theirs.counter()
    if a == b:
        return ""
    if not b - a:
        return "fewer"
    return "more" if not a - b else "other"


def read_explained():
    rows = []
    with open(os.path.join(HERE, "differential.explained"), encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            cells = [c.strip() for c in line.split("|")]
            if len(cells) != 5:
                raise SystemExit("FAIL differential: differential.explained:%d: not five cells" % number)
            rows.append(cells)
    return rows


def explain(rows, used, case, peer, kind):
    for i, (cases, peers, kinds, section, why) in enumerate(rows):
        if fnmatch.fnmatch(case, cases) and (peers == "*" or peer in peers.split()) and kind in kinds.split():
            used.add(i)
            return "%s (%s)" % (why, section)
    return None


def look_again(proxies, streams, outcomes, rows):
    """On a busy machine an answer may come late: what would fail is tried once more, slowly and alone."""
    for case, data in streams:
        for p in proxies[1:]:
            ours, theirs = outcomes["weir"][case], outcomes[p.name][case]
            kind = difference(ours, theirs)
            if ours.bad or (ours.requests and kind and not explain(rows, set(), case, p.name, kind)):
                outcomes["weir"][case] = try_stream(proxies[0], data, SLOW)
                outcomes[p.name][case] = try_stream(p, data, SLOW)


class Report:
    def __init__(self, names):
        self.lines, self.failures, self.counts, self.names = [], [], Counter(), names
        self.rows, self.used = read_explained(), set()

    def say(self, line):
        self.lines.append(line)
        print(line, flush=True)

    def fail(self, line):
        self.failures.append(line)
        print("FAIL differential: " + line, flush=True)

    def case(self, case, ours, peers):
        if ours.bad:
            self.fail("%s: weir sent its origin what is no request: %s" % (case, ours.bad))
        if not ours.requests:
            self.counts["refused"] += 1
            for name, o in peers.items():
                self.counts["refused, forwarded by " + name] += bool(o.requests)
            return
        self.counts["forwarded"] += 1
        for name, o in peers.items():
            self.judge(case, name, ours, o)

    def judge(self, case, name, ours, theirs):
        kind = difference(ours, theirs)
        self.counts["%s: %s" % (name, kind or "the same")] += 1
        if not kind:
            return
        why = explain(self.rows, self.used, case, name, kind)
        self.say("%s | %s | %s | weir %s, %s %s" % (case, name, kind, ours, name, theirs))
        for label, o in (("weir", ours), (name, theirs)):
            for r in o.requests if kind != "fewer" else ():
                self.say("    %s: %s" % (label, r))
        if why is None:
            self.fail("%s: %s reads differently what weir forwards (%s), and no row explains it" % (case, name, kind))
        else:
            self.say("    " + why)

    def onward(self, name, peer, expected, theirs):
        kind = difference(expected, theirs)
        self.counts["%s onward: %s" % (peer, kind or "the same")] += 1
        if kind in ("", "fewer") and not theirs.bad:
            return
        why = not theirs.bad and explain(self.rows, self.used, name.split()[0], peer, "onward")
        self.say("%s | %s | %s | %s" % (name, peer, kind or "bad", theirs))
        for label, o in (("weir sent", expected), (peer, theirs)):
            for r in o.requests:
                self.say("    %s: %s" % (label, r))
        if why:
            self.say("    " + why)
        else:
            self.fail("%s: %s reads differently what weir sent to its origin, and no row explains it" % (name, peer))


def table(report, outcomes, streams):
    report.say("# requests at the origin [statuses for the client]; bad: bytes that are no request as well")
    report.say(" | ".join(["case"] + report.names))
    for case, _ in streams:
        report.say(" | ".join([case] + [str(outcomes[n][case]) for n in report.names]))


def onward(report, proxies, ours, streams):
    """What weir sent to its origin, given to the others: they must find the same requests."""
    again, want = [], set()
    for case, _ in streams:
        for raw in ours[case].raw:
            if raw not in want and len(raw) < 65536:
                want.add(raw)
                again.append(("%s #%d" % (case, sum(n.split()[0] == case for n, _ in again)), raw))
    outcomes = try_all(proxies, again)
    report.say("")
    report.say("# where another reads differently what weir sent to its origin (refusing is no difference)")
    for name, raw in again:
        for p in proxies:
            theirs = outcomes[p.name][name]
            if difference(strict(raw), theirs) or theirs.bad:
                theirs = try_stream(p, raw, SLOW)
            report.onward(name, p.name, strict(raw), theirs)


def strict(raw):
    """The requests of our own reader."""
    c = differential_origin.Connection(None)
    at, requests = 0, []
    while at < len(raw):
        request, at = differential_origin.request_at(raw, at)
        requests.append(request)
    c.raw, c.at, c.requests = raw, len(raw), requests
    return Outcome([], [c])


# ---- running ----


def start(scratch):
    proxies = []
    for make in (differential_peers.weir,) + differential_peers.PEERS:
        if make.__name__ != "weir" and not shutil.which(make.__name__):
            print("SKIP differential: %s is not installed" % make.__name__)
            continue
        proxies.append(differential_peers.Proxy(make, scratch, differential_origin.Origin()))
    until = time.monotonic() + 20
    for p in list(proxies):
        if not p.wait(until):
            with open(os.path.join(p.dir, "output"), encoding="latin1") as f:
                print("    " + f.read()[-600:].replace("\n", "\n    "))
            print("%s differential: %s does not start" % ("FAIL" if p.name == "weir" else "SKIP", p.name))
            p.stop()
            proxies.remove(p)
            if p.name == "weir":
                return proxies, False
    return proxies, True


def read_streams(names):
    folder = os.path.join(HERE, "corpus", "differential")
    streams = []
    for name in sorted(os.listdir(folder)):
        if not names or name in names:
            with open(os.path.join(folder, name), "rb") as f:
                streams.append((name, f.read()))
    return streams


def compare(proxies, streams, whole):
    outcomes = try_all(proxies, streams)
    look_again(proxies, streams, outcomes, read_explained())
    report = Report([p.name for p in proxies])
    table(report, outcomes, streams)
    report.say("")
    report.say("# where another reads differently what weir forwards")
    for case, _ in streams:
        report.case(case, outcomes["weir"][case], {p.name: outcomes[p.name][case] for p in proxies[1:]})
    if len(proxies) > 1:
        onward(report, proxies[1:], outcomes["weir"], streams)
    report.say("")
    report.say("# counts of %d cases" % len(streams))
    for what, n in sorted(report.counts.items()):
        report.say("%4d %s" % (n, what))
    for i, row in enumerate(report.rows):
        if whole and i not in report.used and all(p in report.names for p in row[1].split() if p != "*"):
            print("note: this row explains nothing here: " + " | ".join(row[:3]))
    return report


def main():
    scratch, names = sys.argv[1], [a for a in sys.argv[2:] if not a.startswith("-")]
    streams = read_streams(names)
    began = time.monotonic()
    proxies, ok = start(scratch)
    try:
        if not ok or not streams:
            return 1
        report = compare(proxies, streams, not names)
    finally:
        for p in proxies:
            p.stop()
    if "--write" in sys.argv:
        with open(os.path.join(HERE, "differential.expected"), "w", encoding="ascii") as f:
            f.write("\n".join(report.lines) + "\n")
    if report.failures:
        print("FAIL differential: %d unexplained" % len(report.failures))
        return 1
    print("PASS differential: %d cases, %d proxies, %.0f s" % (len(streams), len(proxies), time.monotonic() - began))
    return 0


sys.exit(main())
