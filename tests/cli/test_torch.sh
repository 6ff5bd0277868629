#!/usr/bin/env bash
# The PyTorch module of the best cell imports nothing but torch and runs a forward pass.
. "$(dirname "$0")/lib.sh"
"$python" -c 'import torch' 2>/dev/null || skip "python3-torch is not installed"

up run tiny.yaml --json
module=$(find results -name '*.py' | sort | head -n 1)
[ -n "$module" ] || fail "no module among the files"
"$python" - "$module" <<'P'
import importlib.util, sys, ast, json, torch
tree = ast.parse(open(sys.argv[1]).read())
names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
names |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
assert names == {"torch"}, names
spec = importlib.util.spec_from_file_location("cell", sys.argv[1])
m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m)
nets = [v for v in vars(m).values() if isinstance(v, type) and issubclass(v, torch.nn.Module) and v.__module__ == "cell"]
net = (getattr(m, "Network", None) or nets[-1])()
y = net(torch.randn(2, 3, 32, 32))
y = y[-1] if isinstance(y, tuple) else y
assert y.shape == (2, 10), y.shape
assert torch.isfinite(y).all()
best = json.loads(open("out").read().splitlines()[-1])["best"][0]
count = sum(p.numel() for p in net.parameters()) / 1e6
assert abs(count - best["params"]) < 1e-6, (count, best)
P
