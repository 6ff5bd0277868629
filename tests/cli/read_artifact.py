"""Read an artifact of a upnas store with msgpack, lmdb and zstandard alone.

usage: read_artifact.py STORE [DIGEST]     without a digest: list the objects
"""
import array, struct, sys
import lmdb, msgpack, zstandard

def record(raw):  # the layout is described in store/file/record.h
    magic, version, kind, codec, width, _, size, name, doc, stored, _ = struct.unpack_from("<4sBcBBQQIIII", raw)
    assert magic == b"\x93UPR" and version == 1
    value = bytes(raw[40 + name + doc :][:stored])
    if codec == 1:
        value = zstandard.ZstdDecompressor().decompress(value, max_output_size=size)
    if width:  # byte k of every element stands together: put them back
        planes, m, value = value, size // width, bytearray(value)
        for k in range(width):
            value[k : m * width : width] = planes[k * m : (k + 1) * m]
    return kind, bytes(value)

def read_object(txn, dbs, digest):
    kind, value = record(txn.get(digest, db=dbs["objects"]))
    if kind == b"L":  # a manifest: the bytes are in chunks
        size, chunk = struct.unpack("<QQ", value)
        keys = (digest + struct.pack(">I", i) for i in range((size + chunk - 1) // chunk))
        value = b"".join(record(txn.get(key, db=dbs["chunks"]))[1] for key in keys)
    return value

def numbers(code, data):  # an array, as {"dims": [...], "values": array}
    at = 2 + data[1] + 8 * data[0]
    dims = struct.unpack_from(f"<{data[0]}Q", data, 2 + data[1])
    return {"dims": list(dims), "values": array.array(" BiqfdIQ"[code], data[at:])}

store, *digest = sys.argv[1:]
with lmdb.open(store, max_dbs=8, readonly=True, lock=False) as env:
    dbs = {name: env.open_db(name.encode(), create=False) for name in ("objects", "chunks")}
    with env.begin() as txn:
        for key in map(bytes.fromhex, digest):
            print(msgpack.unpackb(read_object(txn, dbs, key), ext_hook=numbers))
        if not digest:
            print(*(key.hex() for key, _ in txn.cursor(dbs["objects"])), sep="\n")
