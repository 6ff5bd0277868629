/* A benchmark file, whatever its format: architectures as text, columns of
 * numbers, and where each number stood.
 *
 *   CSV      one row per architecture; the architecture's column is named arch, net,
 *            architecture, arch_str, net_str or arch_string (the first of these present)
 *   NPZ      arrays of n items beside a text array so named (or, failing that, the benchmark's
 *            indices in an array "index"); or a matrix "scores"
 *            [n][M] with the text array "names" [M]
 *   NASLib   zc_*.json; val_accuracy of data set D becomes column D_val
 *   list     one architecture per line, where architectures are all that is wanted; empty lines
 *            and those that begin with # are skipped
 * What the columns mean is the caller's business. */
#ifndef UP_FORMAT_TABLE_H
#define UP_FORMAT_TABLE_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

struct up_arch;
struct up_space;

/* The most that one file may hold: columns of numbers, and rows times columns. */
enum { UP_TABLE_COLUMNS = 1024, UP_TABLE_NUMBERS = 1 << 27 };

enum up_table_kind {
    UP_COL_NUMBER,  /* the format does not say */
    UP_COL_SCORE,   /* a proxy: {"score": ...}, a column of the matrix "scores" */
    UP_COL_ACCURACY /* val_accuracy of a NASLib file */
};
struct up_table_cell {
    uint32_t row, col;
    double value;        /* as written: NaN, infinity and -1e8 too */
    size_t line, column; /* 0 where the format has none */
};
struct up_table_column {
    const char *name;
    enum up_table_kind kind;
};
struct up_table_row {
    const char *arch;
    size_t line; /* 0 where the format has none */
};
struct up_table {
    const char *name; /* of the file */
    struct up_arena *arena;
    size_t rows, columns, cells, row_cap, column_cap, cell_cap;
    struct up_table_row *row;
    struct up_table_column *column;
    struct up_table_cell *cell; /* absent values have none */
    /* Further columns with an architecture's name: the caller checks that they agree. */
    struct up_table_also {
        uint32_t row;
        const char *column, *arch;
    } * also;
    size_t alsos, also_cap;
    const char *note; /* what a user should know, or NULL */
    /* Columns left out because they hold text: names, and the first text with its place. */
    struct up_table_text {
        const char *name, *why;
    } * text;
    size_t texts, text_cap;
};
struct up_table_wish {
    /* Whether the caller wants column `name`: columns it does not want are not
     * read, so that whatever they hold is no error. NULL: all. */
    bool (*want)(void *ctx, const char *name);
    void *ctx;
    const char *dataset; /* NASLib: whose scores; NULL: the only one, or cifar10 */
    /* Whether column `name`, if wanted, must hold numbers: text all the way down is then
     * an error. NULL: none; such a column is left out. */
    bool (*number)(void *ctx, const char *name);
    bool archs; /* architectures are all that is wanted: there are no columns, and what would be
                   a CSV without an architecture column is a list */
};

/* Format by content: PK -> NPZ, '{' -> NASLib; else by the name's end, .npz or .json, else
 * CSV or a list. name, bytes and wish are
 * borrowed; everything in *t lives in the arena. */
int up_table_read(struct up_table *t, const char *name, struct up_view bytes,
                  const struct up_table_wish *wish, struct up_arena *arena, struct up_err *err);
/* The architecture of a row, as spelled; `text` is t->row[row].arch or another spelling in that
 * row. UP_EINVAL says in which line the text is that is none. */
int up_table_arch(struct up_arch *out, const struct up_table *t, size_t row, const char *text,
                  const struct up_space *space, struct up_err *err);

/* ---- for the readers ---- */
void up_table_list(struct up_table *t, struct up_view bytes);
int up_table_csv(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                 struct up_err *err);
int up_table_npz(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                 struct up_err *err);
int up_table_naslib(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                    struct up_err *err);
uint32_t up_table_add_row(struct up_table *t, const char *arch, size_t len, size_t line);
/* *column is the one of that name, made if there is none. UP_EINVAL: too many. */
int up_table_add_column(uint32_t *column, struct up_table *t, const char *name,
                        enum up_table_kind kind, struct up_err *err);
void up_table_add_cell(struct up_table *t, const struct up_table_cell *c);
void up_table_add_also(struct up_table *t, uint32_t row, const char *column, const char *arch,
                       size_t len);
bool up_table_arch_name(const char *name); /* one of the names above */
/* Position of the architecture column among names, or -1. */
int up_table_arch_column(const char *const *names, size_t n);
bool up_table_wants(const struct up_table_wish *w, const char *name);
/* A column of text: UP_EINVAL with `why` in the sentence when it must hold numbers, else
 * it is written down as left out. */
int up_table_text(struct up_table *t, const struct up_table_wish *w, const char *name,
                  const char *why, struct up_err *err);
/* UP_EINVAL: there is no architecture column among those found. */
int up_table_no_arch(const struct up_table *t, const char *const *found, size_t n,
                     struct up_err *err);

#endif
