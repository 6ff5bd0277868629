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

/* A's rows are found from every fourth one: so many addresses fit in registers. */
UP_INLINE void tile(real *c, long ldc, struct side a, const real *b, long ldb, int rows,
                    int regs, int k, int add)
{
    reg s[TILE_MAX][WIDE_REGS], p[WIDE_REGS];
    const real *four[TILE_MAX / 4];
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
    static void kind##rows(real *c, long ldc, struct side a, const real *b, long ldb, int k,   \
                           int add)                                                            \
    {                                                                                          \
        tile(c, ldc, a, b, ldb, rows, regs, k, add);                                           \
    }
#define UP_WIDE_TILE(rows) UP_TILE(wide, WIDE_REGS, rows)
#define UP_PAIR_TILE(rows) UP_TILE(pair, 2, rows)
#define UP_LONE_TILE(rows) UP_TILE(lone, 1, rows)
UP_WIDE_TILES(UP_WIDE_TILE)
UP_PAIR_TILES(UP_PAIR_TILE)
UP_LONE_TILES(UP_LONE_TILE)

#define UP_STEP(kind, rows)                                                                    \
    for (; m >= rows; m -= rows, c += (rows)*ldc, a.p += (rows)*a.row)                         \
        kind##rows(c, ldc, a, b, ldb, k, add);
#define UP_WIDE_STEP(rows) UP_STEP(wide, rows)
#define UP_PAIR_STEP(rows) UP_STEP(pair, rows)
#define UP_LONE_STEP(rows) UP_STEP(lone, rows)

/* All rows of a strip of C. */
#define UP_STRIP(kind, TILES, STEP)                                                            \
    static void kind(real *c, long ldc, struct side a, const real *b, long ldb, int m, int k,  \
                     int add)                                                                  \
    {                                                                                          \
        TILES(STEP)                                                                            \
    }
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

/* n columns of C, fewer than a register has. */
static void narrow(real *c, long ldc, struct side a, const real *b, long ldb, int m, int n,
                   int k, int add)
{
    real square[TILE_MAX * LANES];
    for (; m > 0; m -= TILE_MAX, c += TILE_MAX * ldc, a.p += TILE_MAX * a.row) {
        int rows = m < TILE_MAX ? m : TILE_MAX;
        memset(square, 0, sizeof square);
        for (int i = 0; add && i < rows; i++)
            memcpy(square + i * LANES, c + i * ldc, (size_t)n * sizeof *c);
        lone_strip(square, LANES, a, b, ldb, rows, k, 1);
        for (int i = 0; i < rows; i++)
            memcpy(c + i * ldc, square + i * LANES, (size_t)n * sizeof *c);
    }
}

void UP_VARIANT(up_dense_matmul)(real *c, int ldc, const real *a, int lda, enum up_trans ta,
                                 const real *b, int ldb, enum up_trans tb, int m, int n, int k,
                                 int add)
{
    real panel[DEEP * WIDE];
    for (int j = 0, width; j < n; j += width) {
        width = n - j >= WIDE ? WIDE : n - j >= PAIR ? PAIR : LANES;
        int have = n - j < width ? n - j : width, copy = tb == UP_T || have < width;
        int most = copy ? DEEP : k;
        if (have < width)
            memset(panel, 0, (size_t)((k < DEEP ? k : DEEP) * width) * sizeof *panel);
        for (int t = 0; t < k; t += most) {
            int deep = k - t < most ? k - t : most, on = add || t;
            struct side s = {ta == UP_T ? a + (long)t * lda : a + t, ta == UP_T ? 1 : lda,
                             ta == UP_T ? lda : 1};
            const real *p = b + (long)t * ldb + j;
            if (tb == UP_T)
                turn_strip(panel, width, b + (long)j * ldb + t, ldb, have, deep);
            else if (copy)
                for (int i = 0; i < deep; i++)
                    memcpy(panel + i * width, p + (long)i * ldb, (size_t)have * sizeof *p);
            const real *q = copy ? panel : p;
            int ldq = copy ? width : ldb;
            if (have < width)
                narrow(c + j, ldc, s, q, ldq, m, have, deep, on);
            else if (width == WIDE)
                wide_strip(c + j, ldc, s, q, ldq, m, deep, on);
            else if (width == PAIR)
                pair_strip(c + j, ldc, s, q, ldq, m, deep, on);
            else
                lone_strip(c + j, ldc, s, q, ldq, m, deep, on);
        }
    }
}
