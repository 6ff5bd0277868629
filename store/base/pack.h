/* Canonical MessagePack: every key, record and artifact is written with it.
 *
 * Canonical means: shortest integer form (non-negative as uint), doubles as
 * float64, strings as str, maps with keys strictly ascending by bytes, ext
 * arrays as below, nothing after the one top-level value. Equal values have
 * equal bytes. Written with msgpack-c's packer.
 *
 * Numeric arrays are ext values, always with a 32-bit length, one code per dtype:
 *   1 u8   2 i32   3 i64   4 f32   5 f64   6 u32   7 u64
 *   payload: u8 ndim (1..4), u8 pad (0..7), pad zero bytes, u64le dims[ndim],
 *   raw little-endian values in C order. `pad` puts dims and values on offsets
 *   that are multiples of 8 from the start of the document, so that a reader
 *   whose buffer is aligned can use them in place.
 *
 * Reading goes through a bounded cursor: whole values nest at most 32 deep, no
 * count is larger than the bytes left, nothing is allocated. msgpack-c's own unpacker allocates
 * what a header declares and is not used. */
#ifndef UP_STORE_BASE_PACK_H
#define UP_STORE_BASE_PACK_H
#include "store/base/buf.h"
#include "store/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum up_dtype { UP_U8 = 1, UP_I32, UP_I64, UP_F32, UP_F64, UP_U32, UP_U64 };
size_t up_dtype_size(enum up_dtype t); /* 0 for an unknown code */

/* ---- writing: appends to a buffer; cannot fail. The document must start at
 * offset 0 of the buffer for array padding to be canonical. ---- */
void up_pack_nil(struct up_buf *b);
void up_pack_bool(struct up_buf *b, bool v);
void up_pack_int(struct up_buf *b, int64_t v);
void up_pack_uint(struct up_buf *b, uint64_t v);
void up_pack_real(struct up_buf *b, double v);
void up_pack_str(struct up_buf *b, const char *s);
void up_pack_strn(struct up_buf *b, const char *s, size_t n);
void up_pack_bin(struct up_buf *b, const void *p, size_t n);
void up_pack_map(struct up_buf *b, size_t n);  /* then n times key, value; keys ascending */
void up_pack_list(struct up_buf *b, size_t n); /* then n values */
void up_pack_raw(struct up_buf *b, struct up_view v); /* bytes that are already one value */
/* ndim <= 4; values copied. */
void up_pack_array(struct up_buf *b, enum up_dtype t, const void *v, unsigned ndim,
                   const uint64_t *dims);
void up_pack_array1(struct up_buf *b, enum up_dtype t, const void *v, size_t n);
void up_pack_array2(struct up_buf *b, enum up_dtype t, const void *v, size_t rows, size_t cols);

/* ---- reading ---- */
struct up_cursor {
    const uint8_t *base, *p, *end;
};
enum up_type {
    UP_T_NIL,
    UP_T_BOOL,
    UP_T_INT,
    UP_T_REAL,
    UP_T_STR,
    UP_T_BIN,
    UP_T_MAP,
    UP_T_LIST,
    UP_T_ARRAY,
    UP_T_END,
    UP_T_BAD
};

struct up_cursor up_cursor_of(struct up_view v);
enum up_type up_cur_peek(const struct up_cursor *c);
/* Each reads one value and moves past it, or fails with UP_EINVAL (offset and
 * what was expected) and does not move. Views point into the document. */
int up_cur_nil(struct up_cursor *c, struct up_err *err);
int up_cur_bool(struct up_cursor *c, bool *v, struct up_err *err);
int up_cur_int(struct up_cursor *c, int64_t *v, struct up_err *err);
int up_cur_uint(struct up_cursor *c, uint64_t *v, struct up_err *err);
int up_cur_real(struct up_cursor *c, double *v, struct up_err *err); /* ints too */
int up_cur_str(struct up_cursor *c, struct up_view *v, struct up_err *err);
int up_cur_bin(struct up_cursor *c, struct up_view *v, struct up_err *err);
int up_cur_map(struct up_cursor *c, size_t *n, struct up_err *err);
int up_cur_list(struct up_cursor *c, size_t *n, struct up_err *err);
/* Skips one whole value, with bounded depth. */
int up_cur_skip(struct up_cursor *c, struct up_err *err);
/* Reads one whole value of any type as raw bytes. */
int up_cur_raw(struct up_cursor *c, struct up_view *v, struct up_err *err);

struct up_array { /* borrowed; data may be unaligned when the buffer is: see up_array_* */
    enum up_dtype type;
    unsigned ndim;
    uint64_t dims[4];
    size_t count; /* product of dims, checked against the bytes present */
    const uint8_t *data;
};
int up_cur_array(struct up_cursor *c, struct up_array *a, struct up_err *err);

/* Moves a copy of the cursor that stands before a map to the value of `key`:
 * UP_ENOTFOUND (with a sentence naming the key) when the map has none. */
int up_cur_at(struct up_cursor map, const char *key, struct up_cursor *value,
              struct up_err *err);
/* The common case: path "a/b/c" through nested maps of a document. */
int up_doc_at(struct up_view doc, const char *path, struct up_cursor *value,
              struct up_err *err);
/* Typed array at a path, checked for dtype and rank; *v is in place when aligned,
 * otherwise copied into the arena. dims may be NULL. */
struct up_arena;
int up_doc_array(struct up_view doc, const char *path, enum up_dtype t, unsigned ndim,
                 struct up_arena *arena, const void **v, uint64_t *dims, struct up_err *err);
int up_doc_int(struct up_view doc, const char *path, int64_t *v, struct up_err *err);
int up_doc_real(struct up_view doc, const char *path, double *v, struct up_err *err);
int up_doc_str(struct up_view doc, const char *path, struct up_arena *arena, const char **v,
               struct up_err *err);

/* The list of strings at `path` of an artifact, copied into the arena. */
int up_doc_names(struct up_view doc, const char *path, struct up_arena *arena,
                 const char *const **names, size_t *n, struct up_err *err);

/* UP_OK when the bytes are exactly one canonical value. */
int up_pack_check(struct up_view doc, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
