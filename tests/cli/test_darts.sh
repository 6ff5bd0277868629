#!/usr/bin/env bash
# The quick configuration of DARTS, made small, from nothing to files that people take away.
. "$(dirname "$0")/lib.sh"

cp "$source_dir/configs/darts-quick.yaml" .
small=(--set space.pool=24 --set scores.channels=4 --set scores.depth=3 --set data.batch=4 --set vgae.samples=3000
    --set vgae.epochs=2 --set mpe.epochs=2 --set search.starts=16 --set search.steps=5 --set search.top=3)
up run darts-quick.yaml "${small[@]}" --set decode.modules=2 --set search.limits.imagenet_flops=620 --json
[ "$(number executed)" -gt 0 ] || fail "nothing executed"
for f in cell-1.svg cell-3.dot net-1.py net-1-imagenet.py net-2-imagenet.py results.csv result.json; do
    [ -s "results/$f" ] || fail "no file $f among $(ls results)"
done
for title in 'normal cell' 'reduction cell' 'c_{k-2}' 'c_{k-1}' 'c_{k}'; do
    grep -qF ">$title<" results/cell-1.svg || fail "the picture shows no $title"
done
up run darts-quick.yaml "${small[@]}" --set decode.modules=2 --set search.limits.imagenet_flops=620 --json
[ "$(number executed)" = 0 ] || fail "a rerun executed: $(executed)"

# The estimator learns without noise where any point decodes.
up show mpe recipe/noise --json
[ "$(number value)" = 0 ] || fail "noise: $(cat out)"

# Limits on the network that is not scored hold; every spelling reads back as the same.
"$python" - results <<'P'
import csv, json, re, sys
rows = list(csv.DictReader(open(sys.argv[1] + "/results.csv")))
found = json.load(open(sys.argv[1] + "/result.json"))["architectures"]
assert len(rows) == len(found) == 3
for r, a in zip(rows, found):
    assert r["arch"] == a["arch"] and a["arch"].startswith("Genotype(normal=[('")
    assert float(r["imagenet_flops"]) == a["imagenet"]["flops"] <= 620, r
    assert float(r["imagenet_params"]) == a["imagenet"]["params"]
    cells = eval(a["naslib"])
    assert eval(a["naslib_tuples"]) == tuple(tuple(c) for c in cells)
    config = json.loads(a["nasbench301"])
    assert len(config) == 22, config
    operations = sorted(v for k, v in config.items() if ":edge_" in k)
    assert operations == sorted(re.findall(r"'(\w+)'", a["arch"]))
open("archs.csv", "w").write("arch\n" + "".join('"%s"\n' % s.replace('"', '""') for a in found
    for s in (a["arch"], a["naslib"], a["naslib_tuples"], a["nasbench301"])))
P
printf 'space: {name: darts, list: archs.csv}\n' >list.yaml
up run list.yaml space
grep -q '3 architectures of darts, of 12 listed' out ||
    fail "the spellings are not those of the same architectures: $(cat out)"

refuse 2 'column [0-9]+: unknown operation .sep_conv_3x4., did you mean sep_conv_3x3' score --space darts \
    --arch "Genotype(normal=[('sep_conv_3x4', 0)])"
refuse 2 'darts has no limit imagnet_flops; there is imagenet_flops' run darts-quick.yaml --set search.limits.imagnet_flops=1
refuse 2 'imagenet_params must be above 0' run darts-quick.yaml --set search.limits.imagenet_params=-1

# The modules call nothing that they do not define: torch is not needed to see that.
"$python" - results/net-*.py <<'P' || fail "a module calls what it does not define"
import ast, builtins, sys
for path in sys.argv[1:]:
    tree = ast.parse(open(path).read())
    known = set(dir(builtins))
    for n in ast.walk(tree):
        if isinstance(n, (ast.FunctionDef, ast.ClassDef)):
            known.add(n.name)
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            known |= {(a.asname or a.name).split(".")[0] for a in n.names}
        elif isinstance(n, ast.arg):
            known.add(n.arg)
        elif isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
            known.add(n.id)
    unknown = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - known
    if unknown:
        sys.exit(f"{path}: {', '.join(sorted(unknown))}")
P

"$python" -c 'import torch' 2>/dev/null || skip "all but the modules: python3-torch is not installed"
"$python" - results <<'P'
# Both networks of two architectures: they run, and count what the closed forms say.
import ast, json, runpy, sys, torch
from torch import nn
found = json.load(open(sys.argv[1] + "/result.json"))["architectures"]
def count(path, side, classes):
    tree = ast.parse(open(path).read())
    names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names == {"torch"}, names
    net, total = runpy.run_path(path)["Network"]().eval(), [0]
    def hook(m, i, o):
        n, x = o[0].numel(), i[0]
        if isinstance(m, nn.Conv2d): n *= m.in_channels // m.groups * m.kernel_size[0] * m.kernel_size[1]
        elif isinstance(m, nn.Linear): n = m.in_features * m.out_features
        elif isinstance(m, nn.BatchNorm2d): n *= 2 if m.affine else 1
        elif isinstance(m, nn.ReLU): n = x.numel()
        elif isinstance(m, (nn.AvgPool2d, nn.MaxPool2d)): n *= 9
        elif isinstance(m, nn.AdaptiveAvgPool2d): n = x.shape[1] * (x.shape[2] + 1) * (x.shape[3] + 1)
        else: n = 0
        total[0] += n
    for m in net.modules():
        if not list(m.children()): m.register_forward_hook(hook)
    with torch.no_grad(): y = net(torch.randn(1, 3, side, side))
    assert y.shape == (1, classes) and torch.isfinite(y).all()
    return total[0] / 1e6, sum(p.numel() for p in net.parameters()) / 1e6, net
for rank, a in enumerate(found[:2], 1):
    flops, params, net = count(f"{sys.argv[1]}/net-{rank}.py", 32, 10)
    assert (flops, params) == (a["flops"], a["params"]), (flops, params, a)
    if rank == 1:
        import numpy
        numpy.savez("weights.npz", **{k: v.numpy() for k, v in net.state_dict().items()
                                      if k.split(".")[-1] in ("weight", "bias")})
    flops, params, net = count(f"{sys.argv[1]}/net-{rank}-imagenet.py", 224, 1000)
    assert (flops, params) == (a["imagenet"]["flops"], a["imagenet"]["params"]), (flops, params, a)
P
# The scored network's parameters have the names that `score` reads.
arch=$("$python" -c 'import json; print(json.load(open("results/result.json"))["architectures"][0]["arch"])')
up score --space darts --arch "$arch" --weights weights.npz --batch 2 --json
result_from proxies | grep -q '"synflow": [0-9]' || fail "no scores with the module's weights"
