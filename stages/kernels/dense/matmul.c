/* The matrix product of matmul.h for one real type and instruction set (simd.h): a tile of C
 * lives in registers while k runs, so that every number is one chain of fused multiply-adds in
 * the order of k, whatever the tile's shape.
 *
 * B is read a strip of columns at a time, as wide as there is: the wider the strip, the
 * fewer numbers of A a multiply-add asks for. Where B is transposed, or the strip is narrower
 * than a register, the strip is first copied, DEEP rows of it, to the stack. */
#include "stages/kernels/dense/kernels.h"

#if defined UP_SIMD_AVX512
enum { WIDE_REGS = 4 };
#define UP_WIDE_TILES(X) X(6) X(4) X(2) X(1)
#define UP_PAIR_TILES(X) X(14) X(8) X(4) X(2) X(1)
#define UP_LONE_TILES(X) X(28) X(14) X(8) X(4) X(2) X(1)
#elif defined UP_SIMD_AVX2
enum { WIDE_REGS = 2 };
#define UP_WIDE_TILES(X) X(6) X(4) X(2) X(1)
#define UP_PAIR_TILES(X) X(6) X(4) X(2) X(1)
#define UP_LONE_TILES(X) X(12) X(6) X(4) X(2) X(1)
#else
enum { WIDE_REGS = 2 };
#define UP_WIDE_TILES(X) X(4) X(2) X(1)
#define UP_PAIR_TILES(X) X(4) X(2) X(1)
#define UP_LONE_TILES(X) X(4) X(2) X(1)
#endif
#ifdef __clang__ /* the tile is in registers only when its loops are unrolled */
#define UP_UNROLL _Pragma("unroll")
#else
#define UP_UNROLL _Pragma("GCC unroll 28")
#endif
/* TURN: rows turned at a time. */
enum { WIDE = WIDE_REGS * LANES, PAIR = 2 * LANES, DEEP = 128, TILE_MAX = 28, TURN = 8 };

struct side { /* element (row i, step k) of op(A) is p[i * row + k * step] */
    const real *p;
    long row, step;
};

/* Rows of C from op(A) and a strip of columns of B. */
struct strip {
    real *c;
    const real *b;
    long ldc, ldb;
    struct side a;
    int k, add;
};

/* A's rows are found from every fourth one: so many addresses fit in registers. */
UP_INLINE void tile(const struct strip *w, int rows, int regs)
{
    reg s[TILE_MAX][WIDE_REGS], p[WIDE_REGS];
    const real *four[TILE_MAX / 4], *b = w->b;
    real *c = w->c;
    const long ldc = w->ldc, ldb = w->ldb;
    const struct side a = w->a;
    const int k = w->k, add = w->add;
    UP_UNROLL
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < regs; j++)
            s[i][j] = add ? v_load(c + i * ldc + j * LANES) : v_all(0);
    for (int i = 0; i < rows; i += 4)
        four[i / 4] = a.p + i * a.row;
    for (int t = 0; t < k; t++, b += ldb) {
        UP_UNROLL
        for (int j = 0; j < regs; j++)
            p[j] = v_load(b + j * LANES);
        UP_UNROLL
        for (int i = 0; i < rows; i++) {
            reg x = v_all(four[i / 4][i % 4 * a.row]);
            UP_UNROLL
            for (int j = 0; j < regs; j++)
                s[i][j] = v_fma(x, p[j], s[i][j]);
        }
        UP_UNROLL
        for (int i = 0; i < rows; i += 4)
            four[i / 4] += a.step;
    }
    UP_UNROLL
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < regs; j++)
            v_store(c + i * ldc + j * LANES, s[i][j]);
}

#define UP_TILE(kind, regs, rows)                                                              \
    static void kind##rows(const struct strip *s) { tile(s, rows, regs); }
#define UP_WIDE_TILE(rows) UP_TILE(wide, WIDE_REGS, rows)
#define UP_PAIR_TILE(rows) UP_TILE(pair, 2, rows)
#define UP_LONE_TILE(rows) UP_TILE(lone, 1, rows)
UP_WIDE_TILES(UP_WIDE_TILE)
UP_PAIR_TILES(UP_PAIR_TILE)
UP_LONE_TILES(UP_LONE_TILE)

#define UP_STEP(kind, rows)                                                                    \
    for (; m >= rows; m -= rows, s.c += (rows)*s.ldc, s.a.p += (rows)*s.a.row)                 \
        kind##rows(&s);
#define UP_WIDE_STEP(rows) UP_STEP(wide, rows)
#define UP_PAIR_STEP(rows) UP_STEP(pair, rows)
#define UP_LONE_STEP(rows) UP_STEP(lone, rows)

/* All m rows of a strip of C. */
#define UP_STRIP(kind, TILES, STEP)                                                            \
    static void kind(struct strip s, int m) { TILES(STEP) }
UP_STRIP(wide_strip, UP_WIDE_TILES, UP_WIDE_STEP)
UP_STRIP(pair_strip, UP_PAIR_TILES, UP_PAIR_STEP)
UP_STRIP(lone_strip, UP_LONE_TILES, UP_LONE_STEP)

/* panel[k][width] from b[n][k], n <= width; the rest stays as it is. */
static void turn_strip(real *panel, int width, const real *b, long ldb, int n, int k)
{
    int t = 0;
    for (; t + TURN <= k; t += TURN)
        for (int j = 0; j < n; j++) {
            const real *from = b + j * ldb + t;
            real *to = panel + (long)t * width + j;
            for (int i = 0; i < TURN; i++)
                to[i * width] = from[i];
        }
    for (; t < k; t++)
        for (int j = 0; j < n; j++)
            panel[(long)t * width + j] = b[j * ldb + t];
}

/* m rows and n columns of C, fewer than a register has. */
static void narrow(struct strip s, int m, int n)
{
    real square[TILE_MAX * LANES];
    struct strip whole = s;
    whole.c = square;
    whole.ldc = LANES;
    whole.add = 1;
    for (; m > 0; m -= TILE_MAX, s.c += TILE_MAX * s.ldc, whole.a.p += TILE_MAX * s.a.row) {
        int rows = m < TILE_MAX ? m : TILE_MAX;
        memset(square, 0, sizeof square);
        for (int i = 0; s.add && i < rows; i++)
            memcpy(square + i * LANES, s.c + i * s.ldc, (size_t)n * sizeof *s.c);
        lone_strip(whole, rows);
        for (int i = 0; i < rows; i++)
            memcpy(s.c + i * s.ldc, square + i * LANES, (size_t)n * sizeof *s.c);
    }
}

void UP_VARIANT(up_dense_matmul)(real *c, int ldc, const real *a, int lda, const real *b,
                                 int ldb, const struct up_matmul *p)
{
    real panel[DEEP * WIDE];
    const int n = p->n, k = p->k;
    const bool ta = p->ta == UP_T, tb = p->tb == UP_T;
    for (int j = 0, width; j < n; j += width) {
        width = n - j >= WIDE ? WIDE : n - j >= PAIR ? PAIR : LANES;
        int have = n - j < width ? n - j : width, copy = tb || have < width;
        int most = copy ? DEEP : k;
        if (have < width)
            memset(panel, 0, (size_t)((k < DEEP ? k : DEEP) * width) * sizeof *panel);
        for (int t = 0; t < k; t += most) {
            int deep = k - t < most ? k - t : most;
            const real *from = b + (long)t * ldb + j;
            struct strip s = {.c = c + j,
                              .b = copy ? panel : from,
                              .ldc = ldc,
                              .ldb = copy ? width : ldb,
                              .a = {ta ? a + (long)t * lda : a + t, ta ? 1 : lda, ta ? lda : 1},
                              .k = deep,
                              .add = p->add || t};
            if (tb)
                turn_strip(panel, width, b + (long)j * ldb + t, ldb, have, deep);
            else if (copy)
                for (int i = 0; i < deep; i++)
                    memcpy(panel + i * width, from + (long)i * ldb, (size_t)have * sizeof *b);
            if (have < width)
                narrow(s, p->m, have);
            else if (width == WIDE)
                wide_strip(s, p->m);
            else if (width == PAIR)
                pair_strip(s, p->m);
            else
                lone_strip(s, p->m);
        }
    }
}
