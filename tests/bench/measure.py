"""What the measurements of this folder compute beside upnas: samples, taus, medians. Prints JSON lines.

  measure.py environment RUN.json NAME [KEY=VALUE...]   where and with what; RUN.json is of `upnas show last --json`
  measure.py sample TABLE COUNT                         architectures of a CSV or NASLib JSON, one a line; the first n of
                                                        a longer sample are a shorter one's
  measure.py spread [KEY=VALUE...] < numbers            median, min and max
  measure.py agree ONE OTHER                            tau-b of every column two tables of `show --csv` have
  measure.py published CEILINGS THEIRS OURS...          of each of our tables with theirs, and of every two of ours
  measure.py accuracy TABLE COLUMN SCORES...            tau-b of every column with an accuracy, mean over the tables
"""
import csv
import ctypes
import itertools
import json
import math
import os
import random
import statistics
import sys


def say(**fields):
    print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in fields.items()}), flush=True)


def number(text):
    """A score, or None where it is none."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and value != -1e8 else None


def pairs(words):
    fields = dict(w.split("=", 1) for w in words)
    return {k: int(v) if v.isdigit() else v if number(v) is None else number(v) for k, v in fields.items()}


def rows(path):
    """{architecture: {column: text}}, in the file's order, of a CSV whose column arch names the architecture."""
    with open(path, newline="") as f:
        return {row["arch"]: row for row in csv.DictReader(f)}


def tau_b(x, y):
    """Kendall's tau-b, and of how many pairs; those without a value on one side are left out."""
    from scipy.stats import kendalltau
    both = [(a, b) for a, b in zip(x, y) if a is not None and b is not None]
    if len(both) < 2:
        return None, len(both)
    tau = float(kendalltau(*zip(*both)).statistic)
    return (tau if math.isfinite(tau) else None), len(both)


def openblas():
    for name in ("libopenblas.so.0", "libopenblas.so"):
        try:
            config = ctypes.CDLL(name).openblas_get_config
        except (OSError, AttributeError):
            continue
        config.restype = ctypes.c_char_p
        return config().decode().strip()
    return None


def model():
    """Family, model and stepping, where the processor's name says little."""
    words = {}
    for line in open("/proc/cpuinfo"):
        key, _, value = line.partition(":")
        words.setdefault(key.strip(), value.strip())
    return "/".join(words.get(k, "?") for k in ("cpu family", "model", "stepping"))


def environment(run, bench, *words):
    by = json.load(open(run))["provenance"]
    say(bench=bench, cpu=by.get("cpu"), cpu_model=model(), cores=len(os.sched_getaffinity(0)), compiler=by.get("compiler"),
        openblas=openblas(), kernels=by.get("blas"), os=by.get("os"), upnas=by.get("upnas"), load=os.getloadavg()[0],
        **pairs(words))


def sample(table, count):
    if table.endswith(".json"):
        sets = json.load(open(table))
        archs = list(sets.get("cifar10", next(iter(sets.values()))))
    else:
        with open(table, newline="") as f:
            archs = [row.get("net_str") or row["arch"] for row in csv.DictReader(f)]
    random.Random(1).shuffle(archs)
    print("\n".join(archs[:int(count)]))


def spread(*words):
    v = [float(line) for line in sys.stdin if line.strip()]
    say(**pairs(words), median=statistics.median(v), min=min(v), max=max(v), times=len(v))


def columns(tables):
    """Names that all tables have, in the order of the first."""
    names = [k for k in next(iter(tables[0].values())) if k != "arch"]
    return [k for k in names if all(k in next(iter(t.values())) for t in tables)]


def tau_of(name, a, b):
    common = [arch for arch in b if arch in a]
    return tau_b([number(a[k][name]) for k in common], [number(b[k][name]) for k in common])


def agree(one, other):
    a, b = rows(one), rows(other)
    for name in columns([b, a]):
        tau, n = tau_of(name, a, b)
        say(proxy=name, n=n, tau=tau)


def mean(taus):
    known = [t for t, _ in taus if t is not None]
    return statistics.mean(known) if known else None


def published(ceilings, theirs, *ours):
    with open(ceilings) as f:
        known = json.load(f)
    b, tables = rows(theirs), [rows(o) for o in ours]
    for name in columns([b, *tables]):
        taus = [tau_of(name, a, b) for a in tables]
        own = [tau_of(name, *two) for two in itertools.combinations(tables, 2)]
        others = dict(zip(("published_with_torch", "torch_with_torch"), known.get(name, [])))
        say(proxy=name, n=taus[0][1], tau=mean(taus), of_each_seed=[t and round(t, 4) for t, _ in taus],
            ours_with_ours=mean(own), **others)


def accuracy(table, column, *scores):
    truth, tables = rows(table), [rows(s) for s in scores]
    for name in columns(tables):
        taus = [tau_b([number(t[k][name]) for k in t], [number(truth[k][column]) for k in t]) for t in tables]
        say(proxy=name, n=taus[-1][1], accuracy=column, tau=mean(taus))


if __name__ == "__main__":
    verbs = {f.__name__: f for f in (environment, sample, spread, agree, published, accuracy)}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])
