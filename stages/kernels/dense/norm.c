/* Batch normalisation followed by ReLU, for one real type and instruction set; see dense.h.
 * Plain loops of fixed width, which a compiler turns into whatever registers there are; nothing
 * here may be fused or reordered. */
#include "stages/kernels/dense/kernels.h"

/* q[n] += the sum of (x - m)^2 over few rows. */
UP_FIXED void square_few(double *q, const real *m, const real *x, int rows, int n, int ld)
{
    for (int c = 0; c < n; c++) {
        real t = 0;
        for (int r = 0; r < rows; r++) {
            real d = x[(long)r * ld + c] - m[c];
            t += d * d;
        }
        q[c] += (double)t;
    }
}

UP_FIXED void bn_measure_some(double *mean, double *square, const real *x, int B, int n, int ld)
{
    double s[EACH] = {0}, q[EACH] = {0};
    real m[EACH];
#define UP_SUM(few) sum_few(s, x + (long)r0 * ld, few, n, ld)
    {
        UP_IN_FEWS(B, UP_SUM);
    }
    for (int c = 0; c < n; c++) {
        mean[c] = s[c] / B;
        m[c] = (real)mean[c];
    }
#define UP_SQUARE(few) square_few(q, m, x + (long)r0 * ld, few, n, ld)
    {
        UP_IN_FEWS(B, UP_SQUARE);
    }
    memcpy(square, q, (size_t)n * sizeof *q);
#undef UP_SUM
#undef UP_SQUARE
}

void UP_VARIANT(up_dense_bn_measure)(double *mean, double *square, const real *x, int B, int C,
                                     int ld)
{
#define UP_SOME(n) bn_measure_some(mean + c0, square + c0, x + c0, B, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

/* Chan, Golub and LeVeque 1979: from parts' means and squares to those of all rows. */
UP_FIXED void bn_settle_some(const struct up_bn *p, const double *mean, const double *square,
                             const int *rows, int parts, int ld, int n)
{
    double m[EACH] = {0}, q[EACH] = {0};
    int B = 0;
    for (int i = 0; i < parts; i++) {
        if (!rows[i])
            continue;
        double share = (double)rows[i] / (B + rows[i]);
        for (int c = 0; c < n; c++) {
            double d = mean[i * ld + c] - m[c];
            m[c] += d * share;
            q[c] += square[i * ld + c] + d * d * (B * share);
        }
        B += rows[i];
    }
    for (int c = 0; c < n; c++) {
        p->centre[c] = (real)m[c];
        p->inverse[c] = (real)(1 / sqrt(q[c] / B + 1e-5));
    }
    for (int c = 0; p->mean && c < n; c++) {
        p->mean[c] = (real)(0.9 * (double)p->mean[c] + 0.1 * m[c]);
        p->var[c] = (real)(0.9 * (double)p->var[c] + 0.1 * (q[c] / (B - 1)));
    }
}

/* The norm of the columns from c on. */
UP_FIXED struct up_bn bn_from(const struct up_bn *p, int c)
{
    return (struct up_bn){
        p->gamma + c,  p->beta + c,   p->mean ? p->mean + c : NULL, p->mean ? p->var + c : NULL,
        p->centre + c, p->inverse + c};
}

void UP_VARIANT(up_dense_bn_settle)(const struct up_bn *p, const double *mean,
                                    const double *square, const int *rows, int parts, int C)
{
#define UP_SOME(n)                                                                             \
    do {                                                                                       \
        struct up_bn some = bn_from(p, c0);                                                    \
        bn_settle_some(&some, mean + c0, square + c0, rows, parts, C, n);                      \
    } while (0)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

void UP_VARIANT(up_dense_bn_freeze)(const struct up_bn *p, int C)
{
    for (int c = 0; c < C; c++) {
        p->centre[c] = p->mean[c];
        p->inverse[c] = (real)(1 / sqrt((double)p->var[c] + 1e-5));
    }
}

/* What is normalised: (x - m) k + b, with k = gamma * inverse; n columns from c0. */
struct bn_line {
    real m[LINE], k[LINE], b[LINE];
};
UP_FIXED void bn_line(struct bn_line *l, const struct up_bn *p, int c0, int n)
{
    for (int c = 0; c < n; c++) {
        l->m[c] = p->centre[c0 + c];
        l->k[c] = p->gamma[c0 + c] * p->inverse[c0 + c];
        l->b[c] = p->beta[c0 + c];
    }
}

UP_FIXED void bn_apply_some(real *restrict y, int ldy, const real *restrict x, int ldx,
                            const struct bn_line *l, int B, int n)
{
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            real v = (x[(long)r * ldx + c] - l->m[c]) * l->k[c] + l->b[c];
            y[(long)r * ldy + c] = v > 0 ? v : 0;
        }
}

void UP_VARIANT(up_dense_bn_apply)(real *y, int ldy, const real *x, int ldx,
                                   const struct up_bn *p, int B, int C)
{
#define UP_SOME(n)                                                                             \
    do {                                                                                       \
        struct bn_line l;                                                                      \
        bn_line(&l, p, c0, n);                                                                 \
        bn_apply_some(y + c0, ldy, x + c0, ldx, &l, B, n);                                     \
    } while (0)
    UP_IN_CHUNKS_OF(LINE, C, UP_SOME);
#undef UP_SOME
}

/* The rows of a batch from row r0 and column c0 on. */
UP_FIXED struct up_bn_rows rows_from(const struct up_bn_rows *r, int r0, int c0)
{
    struct up_bn_rows some = *r;
    some.dy += (long)r0 * r->lddy + c0;
    some.x += (long)r0 * r->ldx + c0;
    return some;
}

/* s[n] += the sum of d, q[n] += that of d (x - m), d = dy where the norm is above 0. */
UP_FIXED void bn_slope_few(double *s, double *q, const struct bn_line *l,
                           const struct up_bn_rows some, int rows, int n)
{
    for (int c = 0; c < n; c++) {
        real t = 0, u = 0;
        for (int r = 0; r < rows; r++) {
            real from = some.x[(long)r * some.ldx + c] - l->m[c];
            real v = some.dy[(long)r * some.lddy + c];
            real d = from * l->k[c] + l->b[c] > 0 ? v : 0;
            t += d;
            u += d * from;
        }
        s[c] += (double)t;
        q[c] += (double)u;
    }
}

UP_FIXED void bn_slopes_some(double *s, double *q, const struct up_bn *p,
                             const struct up_bn_rows *r, int c0, int n)
{
    struct bn_line l;
    double t[EACH] = {0}, u[EACH] = {0};
    bn_line(&l, p, c0, n);
#define UP_SLOPE(few) bn_slope_few(t, u, &l, rows_from(r, r0, c0), few, n)
    UP_IN_FEWS(r->B, UP_SLOPE);
#undef UP_SLOPE
    memcpy(s + c0, t, (size_t)n * sizeof *t);
    memcpy(q + c0, u, (size_t)n * sizeof *u);
}

void UP_VARIANT(up_dense_bn_slopes)(double *s, double *q, const struct up_bn *p,
                                    const struct up_bn_rows *r)
{
#define UP_SOME(n) bn_slopes_some(s, q, p, r, c0, n)
    UP_IN_CHUNKS(r->C, UP_SOME);
#undef UP_SOME
}

/* The batch's own mean takes the bias away: db is 0 there, not what rounding leaves of it. */
void UP_VARIANT(up_dense_bn_turn)(real *a, real *b, const struct up_bn_gradients *g,
                                  const struct up_bn *p, const struct up_bn_slopes *of, int C,
                                  int batch)
{
    int B = 0;
    for (int i = 0; i < of->parts; i++)
        B += of->rows[i];
    for (int c = 0; c < C; c++) {
        double sum = 0, square = 0, inverse = (double)p->inverse[c];
        for (int i = 0; i < of->parts; i++) {
            sum += of->rows[i] ? of->s[(long)i * C + c] : 0;
            square += of->rows[i] ? of->q[(long)i * C + c] : 0;
        }
        g->dbeta[c] = (real)sum;
        g->dgamma[c] = (real)(square * inverse);
        a[c] = batch ? (real)(sum / B) : 0;
        b[c] = batch ? (real)(square * inverse * inverse / B) : 0;
        g->db[c] = batch ? 0 : (real)(sum * (double)(p->gamma[c] * p->inverse[c]));
    }
}

UP_FIXED void bn_back_some(real *restrict dx, int lddx, const struct bn_line *l,
                           const real *restrict a, const real *restrict b,
                           const struct up_bn_rows some, int n)
{
    const real *restrict x = some.x, *restrict dy = some.dy;
    for (int r = 0; r < some.B; r++)
        for (int c = 0; c < n; c++) {
            real from = x[(long)r * some.ldx + c] - l->m[c];
            real v = dy[(long)r * some.lddy + c];
            real d = from * l->k[c] + l->b[c] > 0 ? v : 0;
            dx[(long)r * lddx + c] = l->k[c] * (d - a[c] - from * b[c]);
        }
}

void UP_VARIANT(up_dense_bn_back)(real *dx, int lddx, const struct up_bn *p, const real *a,
                                  const real *b, const struct up_bn_rows *r)
{
#define UP_SOME(n)                                                                             \
    do {                                                                                       \
        struct bn_line l;                                                                      \
        bn_line(&l, p, c0, n);                                                                 \
        bn_back_some(dx + c0, lddx, &l, a + c0, b + c0, rows_from(r, 0, c0), n);               \
    } while (0)
    UP_IN_CHUNKS_OF(LINE, r->C, UP_SOME);
#undef UP_SOME
}

/* The same for all rows at once, columns of one part. */
void UP_VARIANT(up_dense_bn_train)(real *y, const real *x, const struct up_bn *p, int B, int C,
                                   int ld)
{
    for (int c = 0; c < C; c += EACH) {
        double mean[EACH], square[EACH];
        struct up_bn some = bn_from(p, c);
        int n = C - c < EACH ? C - c : EACH;
        UP_VARIANT(up_dense_bn_measure)(mean, square, x + c, B, n, ld);
        UP_VARIANT(up_dense_bn_settle)(&some, mean, square, &B, 1, n);
        UP_VARIANT(up_dense_bn_apply)(y + c, ld, x + c, ld, &some, B, n);
    }
}

void UP_VARIANT(up_dense_bn_backward)(real *dx, const struct up_bn_gradients *g,
                                      const struct up_bn *p, const struct up_bn_rows *r)
{
    for (int c = 0; c < r->C; c += EACH) {
        double s[EACH], q[EACH];
        real a[EACH], b[EACH];
        struct up_bn some = bn_from(p, c);
        struct up_bn_rows part = rows_from(r, 0, c);
        struct up_bn_gradients to = {g->dgamma + c, g->dbeta + c, g->db + c};
        struct up_bn_slopes slopes = {s, q, &r->B, 1};
        part.C = r->C - c < EACH ? r->C - c : EACH;
        UP_VARIANT(up_dense_bn_slopes)(s, q, &some, &part);
        UP_VARIANT(up_dense_bn_turn)(a, b, &to, &some, &slopes, part.C, 1);
        UP_VARIANT(up_dense_bn_back)(dx + c, r->lddy, &some, a, b, &part);
    }
}
