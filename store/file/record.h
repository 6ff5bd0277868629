/* The record: the unit in which the store keeps everything.
 *
 * The LMDB file `data.mdb` in the store's folder has seven named databases.
 * Every value in them is one record, and says itself what it is:
 *
 *   offset  size  (all integers little-endian)
 *        0     4  magic: 93 55 50 52  (0x93 "UPR")
 *        4     1  version of this layout: 1
 *        5     1  type, one ASCII letter, see below
 *        6     1  codec: 0 stored as it is, 1 zstd frame
 *        7     1  shuffle width w: 0 none, or 2, 4, 8 (only with codec 1)
 *        8     8  sequence: microseconds since 1970 when it was written, or one
 *                   more than that of the record it replaces, if that is larger
 *       16     8  length of the value before compression
 *       24     4  length of the name
 *       28     4  length of the document
 *       32     4  length of the value as stored
 *       36     4  zero
 *       40        name: the same bytes as the LMDB key
 *        .        document
 *        .        value, as the codec says
 *        .    16  XXH3-128, canonical (big-endian) form, of all bytes before it
 *
 * Names of a database have one length, those of runs and in meta 1 to 511 bytes:
 *
 *   type  database  name                        document        value
 *     R   results   XXH3-128 of the key doc.    key document    result record
 *     M   memo      XXH3-128 of the key doc.    key document    part of a node's work
 *     N   runs      run id, text                u64 order       run document
 *     O   objects   XXH3-128 of the bytes       SHA-256 (32)    the bytes, up to 1 MiB
 *     L   objects   XXH3-128 of the bytes       SHA-256 (32)    u64 size, u64 chunk size
 *     C   chunks    object's name, u32 index,   -               the index-th chunk of
 *                   big-endian                                  the bytes
 *     F   meta      "format"                    -               {"format": 1}
 *     P   meta      "pin/" and a name, text     -               what is pinned, text
 *     D   damaged   u64 time in ns, big-endian  reason, text    the bad record's bytes
 *
 * Shuffle: arrays compress better when byte k of every element stands together.
 * With width w and m = length / w (rounded down), the uncompressed frame holds
 * w planes of m bytes, plane k being bytes k, k + w, k + 2w, ... of the value;
 * the length - w * m bytes left over follow as they are.
 *
 * Runs have an order, for clocks are set: one more than that of any run there when it was put,
 * 1 for the first; a record that takes an older one's place keeps it. Those that version 0.1.0
 * wrote have no document, and come before all others, by their ids.
 *
 * The record "format" keeps this layout in every later format, so that an old
 * program can read which one it has met.
 *
 * Documents and values are canonical MessagePack (store/base/pack.h) unless the
 * table says otherwise; the store itself does not look into them. */
#ifndef UP_STORE_FILE_RECORD_H
#define UP_STORE_FILE_RECORD_H
#include "store/base/buf.h"

struct up_err;

enum up_record_type {
    UP_REC_RESULT = 'R',
    UP_REC_MEMO = 'M',
    UP_REC_RUN = 'N',
    UP_REC_OBJECT = 'O',
    UP_REC_LARGE = 'L',
    UP_REC_CHUNK = 'C',
    UP_REC_FORMAT = 'F',
    UP_REC_PIN = 'P',
    UP_REC_DAMAGED = 'D'
};

enum {
    UP_REC_HEAD = 40,
    UP_REC_SUM = 16,
    UP_CHUNK_BYTES = 1 << 20, /* larger objects are cut into pieces of this size */
    UP_REC_MAX = 1 << 28      /* largest value and document one record may hold */
};

struct up_record { /* borrowed views into the record's bytes */
    enum up_record_type type;
    uint8_t codec, shuffle;
    uint64_t seq, raw_len;
    struct up_view name, doc, stored;
};

/* Appends a record; its sequence and checksum are still open (up_record_seal).
 * The value is compressed when that makes it smaller. name and doc below 4 GiB
 * and value within UP_REC_MAX, which is the caller's to have checked. */
void up_record_encode(struct up_buf *out, enum up_record_type type, struct up_view name,
                      struct up_view doc, struct up_view value);
/* Writes the sequence and the checksum into a whole record of n bytes. */
void up_record_seal(uint8_t *rec, size_t n, uint64_t seq);

/* Length of the record that begins at bytes.data, from its header alone; 0 when
 * no header of this version stands there or the record would not fit. */
size_t up_record_length(struct up_view bytes);
/* Takes a record apart. NULL when it is sound, else what is wrong with it, in
 * words that complete "the record is damaged: ". */
const char *up_record_decode(struct up_view bytes, struct up_record *r);
/* The same, without the checksum: reads no further than header and name. */
const char *up_record_peek(struct up_view bytes, struct up_record *r);
/* Appends the uncompressed value; UP_ECORRUPT when the frame is not what the
 * header declares. Allocates no more than UP_REC_MAX. */
int up_record_value(const struct up_record *r, struct up_buf *out, struct up_err *err);

#endif
