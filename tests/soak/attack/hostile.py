"""Hostile bundles and hostile folders, made from honest ones. What is changed has digests that fit, so that
nothing but a signature or a reader can tell. Layouts: store/file/record.h, dag/exchange/bundle.h, store/remote/voucher.h.

    hostile.py bundle KIND SEED IN OUT      a bundle (upnas export) in which something is not true
    hostile.py folder KIND SEED ROOT        a folder remote, changed in place
    hostile.py signers ROOT                 names of all keys that have signed something in a folder remote
"""
import copy
import ctypes
import hashlib
import os
import random
import struct
import sys

import msgpack
import zstandard

xxh = ctypes.CDLL('libxxhash.so.0')


class Hash128(ctypes.Structure):
    _fields_ = [('low', ctypes.c_uint64), ('high', ctypes.c_uint64)]


xxh.XXH3_128bits.restype = Hash128
xxh.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def digest(b):
    h = xxh.XXH3_128bits(b, len(b))
    return h.high.to_bytes(8, 'big') + h.low.to_bytes(8, 'big')


def sha(b):
    return hashlib.sha256(b).digest()


def pack(v):
    """MessagePack as upnas writes it: keys ascending. Arrays are ext values, which msgpack keeps."""
    def order(x):
        if isinstance(x, dict):
            return {k: order(x[k]) for k in sorted(x, key=lambda k: k.encode())}
        return [order(i) for i in x] if isinstance(x, list) else x
    return msgpack.packb(order(v), use_bin_type=True)


def unpack(b):
    return msgpack.unpackb(b, raw=False, strict_map_key=False)


# ---- bundles ----

HEAD = b'\x93UPB\x01\0\0\0'


def read_bundle(b):
    out, at = [], len(HEAD)
    while at < len(b):
        _, _, kind, codec, width, _, raw, n, doc, stored, _ = struct.unpack_from('<4sBcBBQQIIII', b, at)
        p = at + 40
        value = b[p + n + doc:p + n + doc + stored]
        if codec == 1:
            value = zstandard.ZstdDecompressor().decompress(value, max_output_size=raw)
        if width:
            m, plain = raw // width, bytearray(value)
            for k in range(width):
                plain[k:m * width:width] = value[k * m:(k + 1) * m]
            value = bytes(plain)
        out.append([kind, b[p:p + n], b[p + n:p + n + doc], value])
        at = p + n + doc + stored + 16
    return out


def write_bundle(records):
    out = HEAD
    for kind, name, doc, value in records:
        b = struct.pack('<4sBcBBQQIIII', b'\x93UPR', 1, kind, 0, 0, 0, len(value), len(name), len(doc),
                        len(value), 0) + name + doc + value
        out += b + digest(b)
    return out


def replace(records, old, value):
    """The artifact `old` is `value` from here on, wherever a result or the run names it."""
    new, new_sha = digest(value), sha(value)
    for r in records:
        if r[0] == b'O' and r[1] == old:
            old_sha, r[1], r[2], r[3] = r[2], new, new_sha, value
    for r in records:
        if r[0] in (b'R', b'N'):
            v = unpack(r[3])
            if r[0] == b'R' and v['digest'] == old:
                v['digest'], v['sha256'], v['size'] = new, new_sha, len(value)
            for node in v.get('nodes', []):
                if node['digest'] == old:
                    node['digest'] = new
            r[3] = pack(v)


def forge(doc, rng):
    """Other numbers in one array of doubles, of the same shape."""
    places = []

    def look(v):
        for k, x in v.items() if isinstance(v, dict) else []:
            if isinstance(x, msgpack.ExtType) and len(x.data) > 24:
                places.append((v, k))
            look(x)
    look(doc)
    if not places:
        return False
    v, k = rng.choice(places)
    data = bytearray(v[k].data)
    for _ in range(8):
        data[-1 - rng.randrange(min(64, len(data) - 20))] = rng.randrange(256)
    v[k] = msgpack.ExtType(v[k].code, bytes(data))
    return True


def break_field(doc, rng):
    """One field of another type, shape or value, or gone."""
    keys = [k for k in doc if k != 'schema'] or list(doc)
    k = rng.choice(keys)
    x = doc[k]
    if isinstance(x, msgpack.ExtType) and rng.random() < 0.5:
        data = bytearray(x.data)
        data[rng.randrange(min(len(data), 24))] ^= 1 << rng.randrange(8)
        doc[k] = msgpack.ExtType(rng.choice([x.code, x.code, 1, 2, 9]), bytes(data))
    elif rng.random() < 0.3:
        del doc[k]
    else:
        doc[k] = rng.choice([None, True, -1, 2**63, 0.5, float('nan'), '', 'x' * 1000, [], {}, b'\xff' * 9,
                             ['a', 'a'], [1, None], msgpack.ExtType(7, b'\x01\xff\xff\xff')])
    return doc


def change(value, kind, rng, others):
    if kind == 'swap':
        return rng.choice([o for o in others if o != value])
    doc = unpack(value)
    if kind == 'forge':
        return pack(doc) if forge(doc, rng) else pack({**doc, 'more': 1})
    return pack(break_field(doc, rng))


def claim(records, rng, kind):
    """Fields "from" that say what suits a forger."""
    lies = [{'kind': 'here', 'signatures': {}}, {'kind': 'here'}, {'remote': 'team', 'signatures': {}},
            {'kind': 'file', 'name': 'x', 'signatures': {}, 'trust': ['any']},
            {'kind': 'store', 'name': 'x', 'trust': ['any', 'mallory-1'], 'signatures': {}}]
    signed = [{'signatures': {'alice-1': os.urandom(64)}}, {'signatures': {'victim-1': bytes(64)}},
              {'signatures': {'alice-1': b'short'}}, {'signatures': {'': b'x' * 64}}, {'signatures': 7},
              {'kind': 'here', 'signatures': {'alice-1': bytes(64), 'victim-1': os.urandom(64)}}]
    for r in records:
        if r[0] in (b'R', b'N'):
            r[3] = pack({**unpack(r[3]), 'from': copy.deepcopy(rng.choice(signed if kind == 'signed' else lies))})


def bundle(kind, seed, source, target):
    rng = random.Random(f'{kind} {seed}')
    raw = open(source, 'rb').read()
    if kind in ('flip', 'cut'):
        b = bytearray(raw)
        if kind == 'cut':
            del b[rng.randrange(len(b)):]
        else:
            b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
        open(target, 'wb').write(b)
        return
    records = read_bundle(raw)
    small = [r for r in records if r[0] == b'O']
    of = {unpack(r[3])['digest']: r for r in records if r[0] == b'R'}
    last = [r for r in small if unpack(of[r[1]][3])['stage'] == 'scores']  # nothing in the run reads it
    victim = rng.choice(last)
    how = kind if kind in ('forge', 'swap', 'break') else 'forge'
    replace(records, victim[1], change(victim[3], how, rng, [r[3] for r in small]))
    if how == 'swap':  # two of one digest: once is enough
        seen = set()
        records = [r for r in records if r[0] != b'O' or not (r[1] in seen or seen.add(r[1]))]
    if kind in ('claim', 'signed'):
        claim(records, rng, kind)
    if kind == 'record':
        r = rng.choice([r for r in records if r[0] in (b'R', b'N')])
        r[3] = pack(break_field(unpack(r[3]), rng))
    open(target, 'wb').write(write_bundle(records))


# ---- folders ----

def fields(b):
    """(number, wire type, bytes) of a protocol buffer."""
    at = 0

    def varint():
        nonlocal at
        v = shift = 0
        while True:
            c = b[at]
            at += 1
            v |= (c & 127) << shift
            shift += 7
            if c < 128:
                return v
    while at < len(b):
        tag = varint()
        if tag & 7 == 2:
            n = varint()
            yield tag >> 3, b[at:at + n]
            at += n
        else:
            varint()


def voucher(path):
    return unpack([v for n, v in fields(open(path, 'rb').read()) if n == 5][-1])


def put_voucher(path, doc):
    b = pack(doc)
    n, size = len(b), b''
    while True:
        size += bytes([n & 127 | (128 if n > 127 else 0)])
        n >>= 7
        if not n:
            break
    open(path, 'wb').write(bytes([5 << 3 | 2]) + size + b)


def folder(kind, seed, root):
    rng = random.Random(f'{kind} {seed}')
    ac, cas = f'{root}/ac', f'{root}/cas'
    entries = {p: voucher(f'{ac}/{p}') for p in sorted(os.listdir(ac))}
    results = [p for p in entries if entries[p]['outputs']]
    bytes_of = {p: open(f"{cas}/{entries[p]['outputs'][0][1].hex()}", 'rb').read() for p in results}
    for p in rng.sample(results, rng.randrange(1, 4)):
        value = change(bytes_of[p], kind, rng, list(bytes_of.values()))
        doc = entries[p]
        record = unpack(doc['value'])
        record['digest'], record['sha256'], record['size'] = digest(value), sha(value), len(value)
        doc['value'] = pack(record)
        doc['outputs'] = [[digest(value), sha(value), len(value)]]
        put_voucher(f'{ac}/{p}', doc)
        open(f'{cas}/{sha(value).hex()}', 'wb').write(value)


def signers(root):
    names = set()
    for p in os.listdir(f'{root}/ac') if os.path.isdir(f'{root}/ac') else []:
        names |= set(voucher(f'{root}/ac/{p}')['signatures'])
    print(' '.join(sorted(names)))


if __name__ == '__main__':
    {'bundle': bundle, 'folder': folder, 'signers': signers}[sys.argv[1]](*sys.argv[2:])
