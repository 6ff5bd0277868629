/* The functions of dense.h for one floating type. The including file defines
 *   UP_REAL         float or double
 *   UP_REAL_(f)     the name of function or struct f for that type
 *   UP_REAL_EXP(x)  its exponential function
 * and has included <math.h>, <string.h> and stages/kernels/dense.h. No include guard: a test
 * includes it for double. The loops are plain and of fixed width, so that a compiler turns
 * them into whatever registers there are; nothing here may be fused or reordered. */

#define UP_EACH UP_REAL_(dense_columns)
#define UP_FEW UP_REAL_(dense_rows)
#define UP_LINE UP_REAL_(dense_line)
/* Columns and rows whose sums are taken together, columns that are read together. */
enum { UP_EACH = 32, UP_FEW = 8, UP_LINE = 128 };
#define UP_FIXED static inline __attribute__((always_inline))

/* f(first column, how many) over C columns, `each` at a time: the number is a constant but
 * for the rest. */
#define UP_IN_CHUNKS_OF(each, C, f)                                                            \
    int c0 = 0;                                                                                \
    for (; c0 + (each) <= (C); c0 += (each))                                                   \
        f(each);                                                                               \
    if (c0 < (C))                                                                              \
    f((C)-c0)
#define UP_IN_CHUNKS(C, f) UP_IN_CHUNKS_OF(UP_EACH, C, f)

static void UP_REAL_(fill)(UP_REAL *restrict y, const UP_REAL *restrict b, int B, int C, int ld)
{
    for (int r = 0; r < B; r++) /* rows are short: not by memcpy */
        for (int c = 0; c < C; c++)
            y[(long)r * ld + c] = b[c];
}

static void UP_REAL_(relu)(UP_REAL *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

static void UP_REAL_(relu_backward)(UP_REAL *dy, const UP_REAL *y, int n)
{
    for (int i = 0; i < n; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

/* f(first row, how many) over B rows: the number is a constant but for the rest, whose rows
 * go one by one. What few rows add up to is a sum of UP_REAL, everything else of double. */
#define UP_IN_FEWS(B, f)                                                                       \
    int r0 = 0;                                                                                \
    for (; r0 + UP_FEW <= (B); r0 += UP_FEW)                                                   \
        f(UP_FEW);                                                                             \
    for (; r0 + UP_FEW / 2 <= (B); r0 += UP_FEW / 2)                                           \
        f(UP_FEW / 2);                                                                         \
    for (; r0 < (B); r0++)                                                                     \
    f(1)

/* s[n] += the sum of x over few rows. */
UP_FIXED void UP_REAL_(sum_few)(double *s, const UP_REAL *x, int rows, int n, int ld)
{
    for (int c = 0; c < n; c++) {
        UP_REAL t = 0;
        for (int r = 0; r < rows; r++)
            t += x[(long)r * ld + c];
        s[c] += (double)t;
    }
}

/* And of (x - m)^2. */
UP_FIXED void UP_REAL_(square_few)(double *q, const UP_REAL *m, const UP_REAL *x, int rows,
                                   int n, int ld)
{
    for (int c = 0; c < n; c++) {
        UP_REAL t = 0;
        for (int r = 0; r < rows; r++) {
            UP_REAL d = x[(long)r * ld + c] - m[c];
            t += d * d;
        }
        q[c] += (double)t;
    }
}

UP_FIXED void UP_REAL_(bn_measure_some)(double *mean, double *square, const UP_REAL *x, int B,
                                        int n, int ld)
{
    double s[UP_EACH] = {0}, q[UP_EACH] = {0};
    UP_REAL m[UP_EACH];
#define UP_SUM(few) UP_REAL_(sum_few)(s, x + (long)r0 * ld, few, n, ld)
    {
        UP_IN_FEWS(B, UP_SUM);
    }
    for (int c = 0; c < n; c++) {
        mean[c] = s[c] / B;
        m[c] = (UP_REAL)mean[c];
    }
#define UP_SQUARE(few) UP_REAL_(square_few)(q, m, x + (long)r0 * ld, few, n, ld)
    {
        UP_IN_FEWS(B, UP_SQUARE);
    }
    memcpy(square, q, (size_t)n * sizeof *q);
#undef UP_SUM
#undef UP_SQUARE
}

static void UP_REAL_(bn_measure)(double *mean, double *square, const UP_REAL *x, int B, int C,
                                 int ld)
{
#define UP_SOME(n) UP_REAL_(bn_measure_some)(mean + c0, square + c0, x + c0, B, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

/* Chan, Golub and LeVeque 1979: from parts' means and squares to those of all rows. */
UP_FIXED void UP_REAL_(bn_settle_some)(const struct UP_REAL_(bn) * p, const double *mean,
                                       const double *square, const int *rows, int parts, int ld,
                                       int n)
{
    double m[UP_EACH] = {0}, q[UP_EACH] = {0};
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
        p->centre[c] = (UP_REAL)m[c];
        p->inverse[c] = (UP_REAL)(1 / sqrt(q[c] / B + 1e-5));
    }
    for (int c = 0; p->mean && c < n; c++) {
        p->mean[c] = (UP_REAL)(0.9 * (double)p->mean[c] + 0.1 * m[c]);
        p->var[c] = (UP_REAL)(0.9 * (double)p->var[c] + 0.1 * (q[c] / (B - 1)));
    }
}

/* The norm of the columns from c on. */
UP_FIXED struct UP_REAL_(bn) UP_REAL_(bn_from)(const struct UP_REAL_(bn) * p, int c)
{
    return (struct UP_REAL_(bn)){
        p->gamma + c,  p->beta + c,   p->mean ? p->mean + c : NULL, p->mean ? p->var + c : NULL,
        p->centre + c, p->inverse + c};
}

static void UP_REAL_(bn_settle)(const struct UP_REAL_(bn) * p, const double *mean,
                                const double *square, const int *rows, int parts, int C)
{
#define UP_SOME(n)                                                                             \
    do {                                                                                       \
        struct UP_REAL_(bn) some = UP_REAL_(bn_from)(p, c0);                                   \
        UP_REAL_(bn_settle_some)(&some, mean + c0, square + c0, rows, parts, C, n);            \
    } while (0)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

static void UP_REAL_(bn_freeze)(const struct UP_REAL_(bn) * p, int C)
{
    for (int c = 0; c < C; c++) {
        p->centre[c] = p->mean[c];
        p->inverse[c] = (UP_REAL)(1 / sqrt((double)p->var[c] + 1e-5));
    }
}

/* What is normalised: (x - m) k + b, with k = gamma * inverse; n columns from c0. */
struct UP_REAL_(bn_line) {
    UP_REAL m[UP_LINE], k[UP_LINE], b[UP_LINE];
};
UP_FIXED void UP_REAL_(bn_line)(struct UP_REAL_(bn_line) * l, const struct UP_REAL_(bn) * p,
                                int c0, int n)
{
    for (int c = 0; c < n; c++) {
        l->m[c] = p->centre[c0 + c];
        l->k[c] = p->gamma[c0 + c] * p->inverse[c0 + c];
        l->b[c] = p->beta[c0 + c];
    }
}

UP_FIXED void UP_REAL_(bn_apply_some)(UP_REAL *restrict y, int ldy, const UP_REAL *restrict x,
                                      int ldx, const struct UP_REAL_(bn) * p, int B, int c0,
                                      int n)
{
    struct UP_REAL_(bn_line) l;
    UP_REAL_(bn_line)(&l, p, c0, n);
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            UP_REAL v = (x[(long)r * ldx + c0 + c] - l.m[c]) * l.k[c] + l.b[c];
            y[(long)r * ldy + c0 + c] = v > 0 ? v : 0;
        }
}

static void UP_REAL_(bn_apply)(UP_REAL *y, int ldy, const UP_REAL *x, int ldx,
                               const struct UP_REAL_(bn) * p, int B, int C)
{
#define UP_SOME(n) UP_REAL_(bn_apply_some)(y, ldy, x, ldx, p, B, c0, n)
    UP_IN_CHUNKS_OF(UP_LINE, C, UP_SOME);
#undef UP_SOME
}

/* s[n] += the sum of d, q[n] += that of d (x - m), d = dy where the norm is above 0. */
UP_FIXED void UP_REAL_(bn_slope_few)(double *s, double *q, const struct UP_REAL_(bn_line) * l,
                                     const UP_REAL *dy, int lddy, const UP_REAL *x, int ldx,
                                     int rows, int n)
{
    for (int c = 0; c < n; c++) {
        UP_REAL t = 0, u = 0;
        for (int r = 0; r < rows; r++) {
            UP_REAL from = x[(long)r * ldx + c] - l->m[c], v = dy[(long)r * lddy + c];
            UP_REAL d = from * l->k[c] + l->b[c] > 0 ? v : 0;
            t += d;
            u += d * from;
        }
        s[c] += (double)t;
        q[c] += (double)u;
    }
}

UP_FIXED void UP_REAL_(bn_slopes_some)(double *s, double *q, const UP_REAL *dy, int lddy,
                                       const UP_REAL *x, int ldx, const struct UP_REAL_(bn) * p,
                                       int B, int c0, int n)
{
    struct UP_REAL_(bn_line) l;
    double t[UP_EACH] = {0}, u[UP_EACH] = {0};
    UP_REAL_(bn_line)(&l, p, c0, n);
#define UP_SLOPE(few)                                                                          \
    UP_REAL_(bn_slope_few)                                                                     \
    (t, u, &l, dy + (long)r0 * lddy + c0, lddy, x + (long)r0 * ldx + c0, ldx, few, n)
    UP_IN_FEWS(B, UP_SLOPE);
#undef UP_SLOPE
    memcpy(s + c0, t, (size_t)n * sizeof *t);
    memcpy(q + c0, u, (size_t)n * sizeof *u);
}

static void UP_REAL_(bn_slopes)(double *s, double *q, const UP_REAL *dy, int lddy,
                                const UP_REAL *x, int ldx, const struct UP_REAL_(bn) * p, int B,
                                int C)
{
#define UP_SOME(n) UP_REAL_(bn_slopes_some)(s, q, dy, lddy, x, ldx, p, B, c0, n)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

/* The batch's own mean takes the bias away: db is 0 there, not what rounding leaves of it. */
static void UP_REAL_(bn_turn)(UP_REAL *a, UP_REAL *b, UP_REAL *dgamma, UP_REAL *dbeta,
                              UP_REAL *db, const double *s, const double *q,
                              const struct UP_REAL_(bn) * p, const int *rows, int parts, int C,
                              int batch)
{
    int B = 0;
    for (int i = 0; i < parts; i++)
        B += rows[i];
    for (int c = 0; c < C; c++) {
        double sum = 0, square = 0, inverse = (double)p->inverse[c];
        for (int i = 0; i < parts; i++) {
            sum += rows[i] ? s[(long)i * C + c] : 0;
            square += rows[i] ? q[(long)i * C + c] : 0;
        }
        dbeta[c] = (UP_REAL)sum;
        dgamma[c] = (UP_REAL)(square * inverse);
        a[c] = batch ? (UP_REAL)(sum / B) : 0;
        b[c] = batch ? (UP_REAL)(square * inverse * inverse / B) : 0;
        db[c] = batch ? 0 : (UP_REAL)(sum * (double)(p->gamma[c] * p->inverse[c]));
    }
}

UP_FIXED void UP_REAL_(bn_back_some)(UP_REAL *restrict dx, int lddx, const UP_REAL *restrict dy,
                                     int lddy, const UP_REAL *restrict x, int ldx,
                                     const struct UP_REAL_(bn) * p, const UP_REAL *a,
                                     const UP_REAL *b, int B, int c0, int n)
{
    struct UP_REAL_(bn_line) l;
    UP_REAL_(bn_line)(&l, p, c0, n);
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            UP_REAL from = x[(long)r * ldx + c0 + c] - l.m[c];
            UP_REAL v = dy[(long)r * lddy + c0 + c];
            UP_REAL d = from * l.k[c] + l.b[c] > 0 ? v : 0;
            dx[(long)r * lddx + c0 + c] = l.k[c] * (d - a[c0 + c] - from * b[c0 + c]);
        }
}

static void UP_REAL_(bn_back)(UP_REAL *dx, int lddx, const UP_REAL *dy, int lddy,
                              const UP_REAL *x, int ldx, const struct UP_REAL_(bn) * p,
                              const UP_REAL *a, const UP_REAL *b, int B, int C)
{
#define UP_SOME(n) UP_REAL_(bn_back_some)(dx, lddx, dy, lddy, x, ldx, p, a, b, B, c0, n)
    UP_IN_CHUNKS_OF(UP_LINE, C, UP_SOME);
#undef UP_SOME
}

/* The same for all rows at once, columns of one part. */
static void UP_REAL_(bn_train)(UP_REAL *y, const UP_REAL *x, const struct UP_REAL_(bn) * p,
                               int B, int C, int ld)
{
    for (int c = 0; c < C; c += UP_EACH) {
        double mean[UP_EACH], square[UP_EACH];
        struct UP_REAL_(bn) some = UP_REAL_(bn_from)(p, c);
        int n = C - c < UP_EACH ? C - c : UP_EACH;
        UP_REAL_(bn_measure)(mean, square, x + c, B, n, ld);
        UP_REAL_(bn_settle)(&some, mean, square, &B, 1, n);
        UP_REAL_(bn_apply)(y + c, ld, x + c, ld, &some, B, n);
    }
}

static void UP_REAL_(bn_backward)(UP_REAL *dx, UP_REAL *dgamma, UP_REAL *dbeta, UP_REAL *db,
                                  const UP_REAL *dy, const UP_REAL *x,
                                  const struct UP_REAL_(bn) * p, int B, int C, int ld)
{
    for (int c = 0; c < C; c += UP_EACH) {
        double s[UP_EACH], q[UP_EACH];
        UP_REAL a[UP_EACH], b[UP_EACH];
        struct UP_REAL_(bn) some = UP_REAL_(bn_from)(p, c);
        int n = C - c < UP_EACH ? C - c : UP_EACH;
        UP_REAL_(bn_slopes)(s, q, dy + c, ld, x + c, ld, &some, B, n);
        UP_REAL_(bn_turn)(a, b, dgamma + c, dbeta + c, db + c, s, q, &some, &B, 1, n, 1);
        UP_REAL_(bn_back)(dx + c, ld, dy + c, ld, x + c, ld, &some, a, b, B, n);
    }
}

UP_FIXED void UP_REAL_(sums_some)(UP_REAL *db, const UP_REAL *dy, int B, int c0, int n, int ld)
{
    double s[UP_EACH] = {0};
#define UP_SUM(few) UP_REAL_(sum_few)(s, dy + (long)r0 * ld + c0, few, n, ld)
    UP_IN_FEWS(B, UP_SUM);
#undef UP_SUM
    for (int c = 0; c < n; c++)
        db[c0 + c] = (UP_REAL)s[c];
}

static void UP_REAL_(sums)(UP_REAL *db, const UP_REAL *dy, int B, int C, int ld)
{
#define UP_SOME(n) UP_REAL_(sums_some)(db, dy, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

UP_FIXED void UP_REAL_(dot_few)(double *s, const UP_REAL *a, int lda, const UP_REAL *b, int ldb,
                                int rows, int n)
{
    for (int c = 0; c < n; c++) {
        UP_REAL t = 0;
        for (int r = 0; r < rows; r++)
            t += a[(long)r * lda + c] * b[(long)r * ldb + c];
        s[c] += (double)t;
    }
}

UP_FIXED double UP_REAL_(dot_some)(const UP_REAL *a, int lda, const UP_REAL *b, int ldb, int B,
                                   int n)
{
    double s[UP_EACH] = {0}, sum = 0;
#define UP_DOT(few)                                                                            \
    UP_REAL_(dot_few)(s, a + (long)r0 * lda, lda, b + (long)r0 * ldb, ldb, few, n)
    UP_IN_FEWS(B, UP_DOT);
#undef UP_DOT
    for (int c = 0; c < n; c++)
        sum += s[c];
    return sum;
}

static double UP_REAL_(dot)(const UP_REAL *a, int lda, const UP_REAL *b, int ldb, int B, int C)
{
    double sum = 0;
#define UP_SOME(n) sum += UP_REAL_(dot_some)(a + c0, lda, b + c0, ldb, B, n)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
    return sum;
}

static void UP_REAL_(exp)(UP_REAL *y, const UP_REAL *x, int n)
{
    for (int i = 0; i < n; i++)
        y[i] = UP_REAL_EXP(x[i]);
}

/* With e = exp(-|s|): sigmoid(|s|) = 1 / (1 + e), and the cross entropies' logarithms of
 * 1 + e are one logarithm of a product. */
static double UP_REAL_(bce)(UP_REAL *d, const UP_REAL *s, const uint8_t *t, int n)
{
    double sum = 0;
    for (int i0 = 0; i0 < n; i0 += UP_EACH, d += UP_EACH, s += UP_EACH, t += UP_EACH) {
        int many = n - i0 < UP_EACH ? n - i0 : UP_EACH;
        UP_REAL e[UP_EACH];
        double product = 1;
        for (int i = 0; i < many; i++)
            e[i] = s[i] > 0 ? -s[i] : s[i];
        UP_REAL_(exp)(e, e, many);
        for (int i = 0; i < many; i++) {
            UP_REAL p = 1 / (1 + e[i]);
            product *= 1 + (double)e[i];
            sum += (s[i] > 0 ? (double)s[i] : 0) - (t[i] ? (double)s[i] : 0);
            d[i] = (s[i] < 0 ? 1 - p : p) - (UP_REAL)t[i];
        }
        sum += log(product);
    }
    return sum;
}

UP_FIXED void UP_REAL_(turn_some)(UP_REAL *restrict y, int ldy, const UP_REAL *restrict x,
                                  int rows, int C, int ld)
{
    for (int c = 0; c < C; c++)
        for (int r = 0; r < rows; r++)
            y[(long)c * ldy + r] = x[(long)r * ld + c];
}

static void UP_REAL_(turn)(UP_REAL *y, int ldy, const UP_REAL *x, int B, int C, int ld)
{
    enum { ROWS = 8 };
    int r = 0;
    for (; r + ROWS <= B; r += ROWS)
        UP_REAL_(turn_some)(y + r, ldy, x + (long)r * ld, ROWS, C, ld);
    UP_REAL_(turn_some)(y + r, ldy, x + (long)r * ld, B - r, C, ld);
}
