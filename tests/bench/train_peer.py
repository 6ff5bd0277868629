"""An epoch of the peer's networks in PyTorch at the sizes of bench_train.
usage: train_peer.py PEER vgae|mpe nb201|darts THREADS

nb201 is the peer as it is. It has no sizes of darts: there its own Vgae, or a network of its estimator's
layers, goes through its training loop on cells of 11 nodes, or on rows of 352 in batches of 64."""
import json
import sys
import time
import types

peer, model, space, threads = sys.argv[1:3] + [sys.argv[3], int(sys.argv[4])]
text = open(peer).read()
sys.path.insert(0, peer.rpartition("/")[0])
theirs = {"__file__": peer, "__name__": "peer"}
exec(text[:text.index("p = argparse.ArgumentParser()")], theirs)  # all but its command line
torch, nn, F = theirs["torch"], theirs["nn"], theirs["F"]
torch.set_num_threads(threads)
GRAPHS, NODES, CLASSES, ROWS, INPUTS, SCORES, BATCH = 14062, 11, 11, 10000, 352, 13, 64


def darts_cells():
    """One-hot operations [GRAPHS][11][11] and upper triangular edges, as in bench_train."""
    torch.manual_seed(0)
    ops = torch.zeros(GRAPHS, NODES, CLASSES)
    edges = torch.zeros(GRAPHS, NODES, NODES)
    ops[:, 0, 0] = ops[:, 1, 1] = ops[:, 10, 10] = 1
    graph = torch.arange(GRAPHS)
    for i in range(2, 10):
        ops[graph, i, torch.randint(2, 10, (GRAPHS,))] = 1
        edges[:, i, 10] = 1
        source = torch.randint(0, i // 2 + 1, (GRAPHS,))
        for s in range(i // 2 + 1):
            for j in ([s] if s < 2 else [2 * s - 2, 2 * s - 1]):
                edges[source == s, j, i] = 1
    return ops, edges


def vgae_darts():
    ops, edges = darts_cells()
    both = edges + edges.transpose(1, 2)
    v = theirs["Vgae"](torch.zeros(NODES, NODES), CLASSES)
    opt = torch.optim.Adam(v.parameters(), 1e-3)
    order = torch.randperm(GRAPHS)
    start = time.perf_counter()
    for b in order.split(32):
        v.A = both[b]  # the layers multiply with it: one matrix a graph is a batched product
        x, n = ops[b], NODES * len(b)
        o, ad, mu, ls = v(x)
        loss = (F.binary_cross_entropy(o, x) + F.binary_cross_entropy(ad.triu(1), edges[b])
                - 0.5 / n * (1 + 2 * ls - mu**2 - torch.exp(2 * ls)).sum(2).mean())
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(v.parameters(), 5)
        opt.step()
    return time.perf_counter() - start


def mpe_darts():
    torch.manual_seed(0)
    x, y = torch.randn(ROWS, INPUTS), torch.randn(ROWS, SCORES)
    net = nn.Sequential(nn.Linear(INPUTS, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 256),
                        nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, SCORES))
    opt = torch.optim.Adam(net.parameters(), 5e-4)
    start = time.perf_counter()
    for b in torch.randperm(ROWS).split(BATCH):
        loss = ((net(x[b]) - y[b])**2).sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    return time.perf_counter() - start


if space == "darts":
    print(json.dumps({"seconds_per_epoch": {"vgae": vgae_darts, "mpe": mpe_darts}[model]()}))
else:
    theirs[model](types.SimpleNamespace(epochs=1, threads=threads))
