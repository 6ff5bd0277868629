/* The document reader: fields of a stored document, one failure for all of them.
 *
 * A reader holds a document, what to call it in a sentence, and the first failure.
 * Its getters return a field's value; when the field is missing or of another kind
 * they remember the failure and return zeros (text: ""), and after a failure every
 * getter does. So a caller reads all that it needs, one line a field, and asks once,
 * with up_reader_end, before it uses any of it:
 *
 *     struct up_reader r = up_reader_of("the artifact of scores", doc, arena, err);
 *     size_t n, m;
 *     const double *scores = up_reader_matrix(&r, "scores", UP_F64, &n, &m);
 *     const char *space = up_reader_str(&r, "space");
 *     if (up_reader_end(&r)) return up_reader_end(&r);
 *
 * Every failure is UP_ECORRUPT: the documents are ones that this program wrote, so a
 * field that is not as it should be means that the bytes are damaged or another's.
 * The sentence names the document and the field. Paths are as in pack.h: "a/b/c" leads
 * through nested maps. Arrays lie in the document where they are aligned, else, as all
 * text, in the arena. */
#ifndef UP_BASE_READER_H
#define UP_BASE_READER_H
#include "store/base/arena.h"
#include "store/base/pack.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_reader {
    struct up_view doc;
    const char *what;         /* "the artifact of scores"; borrowed */
    struct up_arena *arena;   /* may be NULL when neither text nor arrays are read */
    struct up_reader *parent; /* of up_reader_inside; fails with it */
    struct up_err *err;       /* may be NULL */
    int rc;                   /* the first failure, else UP_OK */
};

struct up_reader up_reader_of(const char *what, struct up_view doc, struct up_arena *arena,
                              struct up_err *err);
/* The map at `path` of r as a document of its own; r must outlive it. A failure of
 * either is a failure of both. */
struct up_reader up_reader_inside(struct up_reader *r, const char *path);

/* The first failure, else UP_OK. */
int up_reader_end(const struct up_reader *r);
/* Remembers a failure that the caller found: "WHAT cannot be read: SENTENCE". Nothing
 * happens after a first failure. Returns what up_reader_end would. */
int up_reader_fail(struct up_reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for a parser of parts that returned rc and wrote its sentence into r->err;
 * UP_OK changes nothing. */
int up_reader_adopt(struct up_reader *r, int rc);

/* There is such a field and it is not nil. Never fails. */
bool up_reader_has(const struct up_reader *r, const char *path);

int64_t up_reader_int(struct up_reader *r, const char *path, int64_t least, int64_t most);
size_t up_reader_count(struct up_reader *r, const char *path); /* an integer >= 0 */
double up_reader_real(struct up_reader *r, const char *path);
const char *up_reader_str(struct up_reader *r, const char *path);
/* NULL where the field is missing or nil. */
const char *up_reader_str_or_null(struct up_reader *r, const char *path);
/* A list of text. */
const char *const *up_reader_names(struct up_reader *r, const char *path, size_t *n);

/* Arrays of one type and one rank; dims[ndim], zeros after a failure. */
const void *up_reader_array(struct up_reader *r, const char *path, enum up_dtype t,
                            unsigned ndim, uint64_t *dims);
const void *up_reader_vector(struct up_reader *r, const char *path, enum up_dtype t, size_t *n);
const void *up_reader_matrix(struct up_reader *r, const char *path, enum up_dtype t,
                             size_t *rows, size_t *cols);
/* Of exactly this size. */
const void *up_reader_vector_of(struct up_reader *r, const char *path, enum up_dtype t,
                                size_t n);
const void *up_reader_matrix_of(struct up_reader *r, const char *path, enum up_dtype t,
                                size_t rows, size_t cols);
/* Copies an array of any rank that has exactly n values to `to`; leaves `to` as it is
 * after a failure. */
void up_reader_copy(struct up_reader *r, void *to, const char *path, enum up_dtype t, size_t n);

#ifdef __cplusplus
}
#endif

#endif
