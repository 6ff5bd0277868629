/* A check of the pages of an LMDB file, made before LMDB sees it.
 *
 * LMDB 0.9 has no page checksums and trusts every number it reads: a flipped
 * page number is a crash or another page's bytes. This walk reads the file as
 * plain bytes and follows exactly what LMDB would follow: both meta pages, the
 * free list and every tree of the newer meta page. It checks that every page is
 * in the file, is of the kind and number its parent says, is reached once and is
 * not free at the same time; that every node lies inside its page and overlaps
 * no other; that keys ascend through the whole tree; and that the counts in the
 * tree's descriptor are those found. A file that passes can be given to LMDB; a
 * changed byte that passes is one that no lookup reads, or lies inside a value,
 * which carries a checksum of its own.
 *
 * Only meta, branch and leaf pages and the first 16 bytes of overflow runs are
 * touched. The file must not change meanwhile.
 *
 * The layout (LMDB data version 1, 64-bit little-endian), as used here:
 *   page    u64 number, u16 -, u16 flags, then u16 lower, u16 upper (tree pages)
 *           or u32 pages (overflow run); 16 bytes in all. Tree pages go on with
 *           u16 offsets of their nodes up to `lower`; nodes fill [upper, end).
 *   node    u16 lo, u16 hi, u16 flags, u16 key size, key, data; even length.
 *           leaf: lo | hi << 16 is the data size; branch: with flags << 32 the
 *           child's page number, no data, and the first node's key is not used.
 *           leaf flags: 1 data is the u64 number of an overflow run, which holds
 *           the data after its 16 bytes; 2 data is a tree descriptor.
 *   tree    u32 -, u16 flags, u16 depth, u64 branch pages, leaf pages, overflow
 *           pages, entries, root; 48 bytes. Root of an empty tree: all ones.
 *   meta    pages 0 and 1, after the page header: u32 magic, u32 version, u64 -,
 *           u64 map size, free-list tree (its first u32 is the page size), main
 *           tree, u64 last page number, u64 transaction. Transaction t writes
 *           page t mod 2.
 *   free list  key u64 transaction, data u64 count, then page numbers, descending. */
#ifndef UP_STORE_FILE_PAGES_H
#define UP_STORE_FILE_PAGES_H
#include "store/base/buf.h"
#include "store/base/hash.h"

struct up_err;

/* Called once at the start of each named tree, with an empty key, and then for
 * each of its records. `in_leaf` is false when the value lies on an overflow run,
 * whose pages the walk has not touched. Views live as the file. */
typedef void up_pages_visit(void *ctx, struct up_view tree, struct up_view key,
                            struct up_view value, bool in_leaf);

/* UP_OK, or UP_ECORRUPT with a sentence that names the page. visit may be NULL;
 * it may have been called for records met before a failure. */
int up_pages_walk(struct up_view file, up_pages_visit *visit, void *ctx, struct up_err *err);

/* A digest of the skeleton: both meta pages, the free list, the list of trees and the branch
 * pages of every tree; that is everything but leaves and overflow runs. These are checked as
 * by the walk. One page in fifty or so is touched, so that this takes a millisecond where the
 * walk takes fifty: what cannot be judged by itself when a page is met on the way (which page
 * is free, which child a branch has) is compared with what it was when the file was walked. */
int up_pages_sum(struct up_view file, struct up_digest *sum, struct up_err *err);

#endif
