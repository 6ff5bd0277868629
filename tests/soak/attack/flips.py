"""Driven by flips.sh: flips single bits of store/data.mdb, in a copy for each worker.

A copy is restored byte for byte with its time of change, so that its seal holds. A failure is a
command that ends by a signal or not at all, a store that is not sound after a run, or a record
that is gone though the flipped bit lies in another one or in none."""
import os, random, shutil, struct, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

upnas, lister, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = int(os.environ.get("FLIPS_SEED", "1"))
LIMIT, OLD = 60, 1600000000 * 10**9
COMMANDS = {
    "verify": ["verify"],
    "run": ["run", "tiny.yaml", "--no-out"],
    "gc": ["gc", "--grace", "0"],
}
whole = open("store/data.mdb", "rb").read()


def extents(data):
    """Where records lie, sound or stale: start, end, kind and name."""
    at = data.find(b"\x93UPR")
    while at >= 0:
        if at + 40 <= len(data):
            name, doc, stored = struct.unpack_from("<III", data, at + 24)
            if name <= 511 and doc + stored < 1 << 28:
                yield at, at + 56 + name + doc + stored, chr(data[at + 5]), data[at + 40:at + 40 + name].hex()
        at = data.find(b"\x93UPR", at + 4)


records = list(extents(whole))


def call(folder, words):
    try:
        p = subprocess.run([*words, "--store", folder], capture_output=True, timeout=LIMIT, text=True)
    except subprocess.TimeoutExpired:
        return "hang", ""
    return p.returncode, p.stdout + p.stderr


def listing(folder):
    p = subprocess.run([lister, folder], capture_output=True, timeout=LIMIT, text=True)
    return (set(p.stdout.split("\n")) - {""}) if p.returncode == 0 else None


class Copy:
    def __init__(self, number):
        self.folder, self.seal, self.inode = "copy%d" % number, None, 0

    def restore(self, sealed):
        path = self.folder + "/data.mdb"
        if not os.path.exists(path) or os.stat(path).st_ino != self.inode:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.mkdir(self.folder)
            self.inode = 0
            self.write(whole)
            self.inode = os.stat(path).st_ino
            call(self.folder, [upnas, "status"])
            with open(self.folder + "/seal", "rb") as f:
                self.seal = f.read()
        for name in os.listdir(self.folder):
            if name.startswith("damaged-") or name == "seal":
                os.unlink(os.path.join(self.folder, name))
        if sealed:
            with open(self.folder + "/seal", "wb") as f:
                f.write(self.seal)

    def write(self, data):
        with open(self.folder + "/data.mdb", "r+b" if self.inode else "wb") as f:
            f.write(data)
            f.truncate()
        os.utime(self.folder + "/data.mdb", ns=(OLD, OLD))


def place(r):
    """Half of the flips in the heads of pages and the first of their nodes."""
    page = r.randrange(len(whole) // 4096)
    return page * 4096 + (r.randrange(64) if r.random() < 0.5 else r.randrange(4096)), r.randrange(8)


def lost_wrongly(at, lost):
    hit = {(kind, name) for start, end, kind, name in records if start <= at < end}
    if not lost or any(kind == "N" for kind, _ in hit):
        return set()  # without its run's record gc removes what the run made
    names = {name[:32] for _, name in hit}
    return {x for x in lost if x.split()[1][:32] not in names}


def trial(copy, i):
    r = random.Random(seed * 1000003 + i)
    at, bit = place(r)
    copy.restore(i % 2 == 0)
    data = bytearray(whole)
    data[at] ^= 1 << bit
    copy.write(data)
    order = [*COMMANDS] * 2
    order = order[i // 2 % 3:][:3]
    where = "flip %d (page %d, byte %d, bit %d, %s)" % (
        i, at // 4096, at % 4096, bit, "sealed" if i % 2 == 0 else "not sealed")
    said = 0
    for name in order:
        rc, text = call(copy.folder, [upnas, *COMMANDS[name]])
        if rc == "hang" or rc < 0 or rc > 100:
            return said, "%s: %s ended with %s\n%s" % (where, name, rc, text)
        if rc and "upnas: " not in text and name != "verify":
            return said, "%s: %s ended with %s without a sentence" % (where, name, rc)
        said |= rc != 0 or "damaged" in text
    for name, words in (("run", COMMANDS["run"]), ("verify", COMMANDS["verify"])):
        rc, text = call(copy.folder, [upnas, *words])
        if rc:
            return said, "%s: the %s after %s ended with %s\n%s" % (where, name, order, rc, text)
    there = listing(copy.folder)
    lost = None if there is None else lost_wrongly(at, needed - there)
    if lost is None or lost:
        return said, "%s: after %s lost %s" % (where, order, sorted(lost)[:5] if lost else "all")
    return said, None


workers = [Copy(i) for i in range(max(1, min(8, os.cpu_count() or 1)))]
workers[0].restore(False)
call(workers[0].folder, [upnas, *COMMANDS["gc"]])
needed = listing(workers[0].folder)
assert needed and len(needed) > 20, "the store that is flipped holds too little"


def share(number):
    return [trial(workers[number], i) for i in range(number, count, len(workers))]


with ThreadPoolExecutor(len(workers)) as pool:
    results = [x for part in pool.map(share, range(len(workers))) for x in part]
failures = [why for _, why in results if why]
for why in failures[:20]:
    print(why, file=sys.stderr)
print("%d flipped bits: noticed by a command %d, failures %d" %
      (count, sum(1 for said, _ in results if said), len(failures)))
sys.exit(1 if failures else 0)
