/* What a dense layer needs besides its product and its norm, for one real type and instruction
 * set; see dense.h. Plain loops, as in norm.c. */
#include "stages/kernels/dense/kernels.h"

void UP_VARIANT(up_dense_fill)(real *restrict y, const real *restrict b, int B, int C, int ld)
{
    for (int r = 0; r < B; r++) /* rows are short: not by memcpy */
        for (int c = 0; c < C; c++)
            y[(long)r * ld + c] = b[c];
}

void UP_VARIANT(up_dense_relu)(real *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

void UP_VARIANT(up_dense_relu_backward)(real *dy, const real *y, int n)
{
    for (int i = 0; i < n; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

UP_FIXED void sums_some(real *db, const real *dy, int B, int c0, int n, int ld)
{
    double s[EACH] = {0};
#define UP_SUM(few) sum_few(s, dy + (long)r0 * ld + c0, few, n, ld)
    UP_IN_FEWS(B, UP_SUM);
#undef UP_SUM
    for (int c = 0; c < n; c++)
        db[c0 + c] = (real)s[c];
}

void UP_VARIANT(up_dense_sums)(real *db, const real *dy, int B, int C, int ld)
{
#define UP_SOME(n) sums_some(db, dy, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

UP_FIXED void dot_few(double *s, const real *a, int lda, const real *b, int ldb, int rows,
                      int n)
{
    for (int c = 0; c < n; c++) {
        real t = 0;
        for (int r = 0; r < rows; r++)
            t += a[(long)r * lda + c] * b[(long)r * ldb + c];
        s[c] += (double)t;
    }
}

UP_FIXED double dot_some(const real *a, int lda, const real *b, int ldb, int B, int n)
{
    double s[EACH] = {0}, sum = 0;
#define UP_DOT(few) dot_few(s, a + (long)r0 * lda, lda, b + (long)r0 * ldb, ldb, few, n)
    UP_IN_FEWS(B, UP_DOT);
#undef UP_DOT
    for (int c = 0; c < n; c++)
        sum += s[c];
    return sum;
}

double UP_VARIANT(up_dense_dot)(const real *a, int lda, const real *b, int ldb, int B, int C)
{
    double sum = 0;
#define UP_SOME(n) sum += dot_some(a + c0, lda, b + c0, ldb, B, n)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
    return sum;
}

void UP_VARIANT(up_dense_exp)(real *y, const real *x, int n)
{
    for (int i = 0; i < n; i++)
        y[i] = real_exp(x[i]);
}

/* With e = exp(-|s|): sigmoid(|s|) = 1 / (1 + e), and the cross entropies' logarithms of
 * 1 + e are one logarithm of a product. */
double UP_VARIANT(up_dense_bce)(real *d, const real *s, const uint8_t *t, int n)
{
    double sum = 0;
    for (int i0 = 0; i0 < n; i0 += EACH, d += EACH, s += EACH, t += EACH) {
        int many = n - i0 < EACH ? n - i0 : EACH;
        real e[EACH];
        double product = 1;
        for (int i = 0; i < many; i++)
            e[i] = s[i] > 0 ? -s[i] : s[i];
        UP_VARIANT(up_dense_exp)(e, e, many);
        for (int i = 0; i < many; i++) {
            real p = 1 / (1 + e[i]);
            product *= 1 + (double)e[i];
            sum += (s[i] > 0 ? (double)s[i] : 0) - (t[i] ? (double)s[i] : 0);
            d[i] = (s[i] < 0 ? 1 - p : p) - (real)t[i];
        }
        sum += log(product);
    }
    return sum;
}

UP_FIXED void turn_some(real *restrict y, int ldy, const real *restrict x, int rows, int C,
                        int ld)
{
    for (int c = 0; c < C; c++)
        for (int r = 0; r < rows; r++)
            y[(long)c * ldy + r] = x[(long)r * ld + c];
}

void UP_VARIANT(up_dense_turn)(real *y, int ldy, const real *x, int B, int C, int ld)
{
    enum { ROWS = 8 };
    int r = 0;
    for (; r + ROWS <= B; r += ROWS)
        turn_some(y + r, ldy, x + (long)r * ld, ROWS, C, ld);
    turn_some(y + r, ldy, x + (long)r * ld, B - r, C, ld);
}
