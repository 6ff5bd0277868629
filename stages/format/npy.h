/* NumPy's .npy: one array.
 *
 *   "\x93NUMPY", u8 major (1..3), u8 minor, header length (u16le in version 1,
 *   else u32le), header: a Python dict literal with 'descr', 'fortran_order' and
 *   'shape', padded with blanks and ended by \n; then the values.
 *
 * Read: u1 b1 i4 i8 u4 u8 f4 f8 and text (U: UCS-4, S: bytes). Other types are refused
 * with a sentence that says how to convert; object arrays are pickle, never read. */
#ifndef UP_FORMAT_NPY_H
#define UP_FORMAT_NPY_H
#include "store/base/arena.h"
#include "store/base/pack.h"

enum { UP_NPY_DIMS = 8 };

struct up_npy {         /* borrowed view of the file's bytes */
    enum up_dtype type; /* 0 for a text array */
    unsigned ndim;
    uint64_t dims[UP_NPY_DIMS];
    size_t count;        /* product of dims, checked against the bytes present */
    const uint8_t *data; /* little-endian, C order, may be unaligned */
    unsigned chars;      /* text arrays: characters per item */
    bool wide;           /* text arrays: UCS-4 rather than bytes */
};

/* name is for sentences ("images.npy"). UP_EINVAL; UP_EUNSUPPORTED: also for big-endian
 * values and Fortran order of rank > 1. */
int up_npy_open(struct up_npy *a, const char *name, struct up_view bytes, struct up_err *err);
/* The same, but those two are brought into order, in the arena. */
int up_npy_read(struct up_npy *a, const char *name, struct up_view bytes,
                struct up_arena *arena, struct up_err *err);

/* Value i (i < count) of a numeric array of any type. */
double up_npy_real(const struct up_npy *a, size_t i);
int64_t up_npy_int(const struct up_npy *a, size_t i); /* reals are truncated, saturating */
/* Item i of a text array as UTF-8, without trailing NULs, appended to out. */
void up_npy_text(const struct up_npy *a, size_t i, struct up_buf *out);
/* All values as float32 / copied into out[count]. */
void up_npy_f32(const struct up_npy *a, float *out);
/* "float32 [64, 3, 32, 32]", for sentences. */
const char *up_npy_describe(const struct up_npy *a, char out[160]);

#endif
