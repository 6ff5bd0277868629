#!/usr/bin/env python3
"""Read an artifact of a upnas store with msgpack, lmdb and zstandard alone.

usage: read_artifact.py STORE [DIGEST]     without a digest: list the objects
"""
import array, struct, sys
import lmdb, msgpack, zstandard

def record(raw):  # the layout is described in store/record.h
    magic, version, kind, codec, width, _, size, name, doc, stored, _ = struct.unpack_from("<4sBcBBQQIIII", raw)
    assert magic == b"\x93UPR" and version == 1
    doc_at = 40 + name
    value = bytes(raw[doc_at + doc : doc_at + doc + stored])
    if codec == 1:
        value = zstandard.ZstdDecompressor().decompress(value, max_output_size=size)
    if width:  # byte k of every element stands together: put them back
        planes, m, value = value, size // width, bytearray(value)
        for k in range(width):
            value[k : m * width : width] = planes[k * m : (k + 1) * m]
    return kind, bytes(raw[doc_at : doc_at + doc]), bytes(value)

def read_object(txn, dbs, digest):
    kind, sha256, value = record(txn.get(digest, db=dbs["objects"]))
    if kind == b"L":  # a manifest: the bytes are in chunks
        size, chunk = struct.unpack("<QQ", value)
        keys = (digest + struct.pack(">I", i) for i in range((size + chunk - 1) // chunk))
        value = b"".join(record(txn.get(key, db=dbs["chunks"]))[2] for key in keys)
    return value

def numbers(code, data):  # an array, as {"dims": [...], "values": array}
    ndim, pad = data[0], data[1]
    dims = struct.unpack_from(f"<{ndim}Q", data, 2 + pad)
    return {"dims": list(dims), "values": array.array(" BiqfdIQ"[code], data[2 + pad + 8 * ndim :])}

def main(store, digest=None):
    with lmdb.open(store, max_dbs=8, readonly=True, lock=False) as env:
        dbs = {name: env.open_db(name.encode(), create=False) for name in ("objects", "chunks")}
        with env.begin() as txn:
            if digest is None:
                for key, raw in txn.cursor(dbs["objects"]):
                    print(key.hex())
            else:
                print(msgpack.unpackb(read_object(txn, dbs, bytes.fromhex(digest)), ext_hook=numbers))

if __name__ == "__main__":
    main(*sys.argv[1:])
