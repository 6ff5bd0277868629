/* The functions of dense.h for one floating type. The including file defines
 *   UP_REAL         float or double
 *   UP_REAL_(f)     the name of function or struct f for that type
 *   UP_REAL_EXP(x)  its exponential function
 * and has included <math.h>, <string.h> and stages/nn/dense.h. No include guard: a test
 * includes it for double. The loops are plain and of fixed width, so that a compiler turns
 * them into whatever registers there are; nothing here may be fused or reordered. */

#define UP_EACH UP_REAL_(dense_columns)
enum { UP_EACH = 32 }; /* columns whose sums are taken together */
#define UP_FIXED static inline __attribute__((always_inline))

/* f(first column, how many) over C columns: the number is a constant but for the rest. */
#define UP_IN_CHUNKS(C, f)                                                                     \
    int c0 = 0;                                                                                \
    for (; c0 + UP_EACH <= (C); c0 += UP_EACH)                                                 \
        f(UP_EACH);                                                                            \
    if (c0 < (C))                                                                              \
    f((C)-c0)

static void UP_REAL_(fill)(UP_REAL *y, const UP_REAL *b, int B, int C, int ld)
{
    for (int r = 0; r < B; r++)
        memcpy(y + (long)r * ld, b, (size_t)C * sizeof *y);
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

/* s[n] += the sum of x over rows. */
UP_FIXED void UP_REAL_(sum_rows)(double *s, const UP_REAL *x, int B, int n, int ld)
{
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++)
            s[c] += (double)x[(long)r * ld + c];
}

/* And of (x - mean)^2. */
UP_FIXED void UP_REAL_(square_rows)(double *q, const double *mean, const UP_REAL *x, int B,
                                    int n, int ld)
{
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            double d = (double)x[(long)r * ld + c] - mean[c];
            q[c] += d * d;
        }
}

/* From a column's mean and sum of squared differences: what the pass uses, what is kept. */
UP_FIXED void UP_REAL_(bn_settle)(const struct UP_REAL_(bn) * p, int c, double mean, double q,
                                  int B)
{
    p->centre[c] = (UP_REAL)mean;
    p->inverse[c] = (UP_REAL)(1 / sqrt(q / B + 1e-5));
    p->mean[c] = (UP_REAL)(0.9 * (double)p->mean[c] + 0.1 * mean);
    p->var[c] = (UP_REAL)(0.9 * (double)p->var[c] + 0.1 * (q / (B - 1)));
}

/* y = relu((x - centre) k + beta) with k = gamma * inverse; n columns from c0. */
UP_FIXED void UP_REAL_(bn_apply)(UP_REAL *y, const UP_REAL *x, const struct UP_REAL_(bn) * p,
                                 int B, int c0, int n, int ld)
{
    UP_REAL m[UP_EACH], k[UP_EACH], b[UP_EACH];
    for (int c = 0; c < n; c++) {
        m[c] = p->centre[c0 + c];
        k[c] = p->gamma[c0 + c] * p->inverse[c0 + c];
        b[c] = p->beta[c0 + c];
    }
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            UP_REAL v = (x[(long)r * ld + c0 + c] - m[c]) * k[c] + b[c];
            y[(long)r * ld + c0 + c] = v > 0 ? v : 0;
        }
}

UP_FIXED void UP_REAL_(bn_train_some)(UP_REAL *y, const UP_REAL *x,
                                      const struct UP_REAL_(bn) * p, int B, int c0, int n,
                                      int ld)
{
    double s[UP_EACH] = {0}, q[UP_EACH] = {0};
    UP_REAL_(sum_rows)(s, x + c0, B, n, ld);
    for (int c = 0; c < n; c++)
        s[c] /= B;
    UP_REAL_(square_rows)(q, s, x + c0, B, n, ld);
    for (int c = 0; c < n; c++)
        UP_REAL_(bn_settle)(p, c0 + c, s[c], q[c], B);
    UP_REAL_(bn_apply)(y, x, p, B, c0, n, ld);
}

static void UP_REAL_(bn_train)(UP_REAL *restrict y, const UP_REAL *restrict x,
                               const struct UP_REAL_(bn) * p, int B, int C, int ld)
{
#define UP_SOME(n) UP_REAL_(bn_train_some)(y, x, p, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

static void UP_REAL_(bn_eval)(UP_REAL *restrict y, const UP_REAL *restrict x,
                              const struct UP_REAL_(bn) * p, int B, int C, int ld)
{
    for (int c = 0; c < C; c++) {
        p->centre[c] = p->mean[c];
        p->inverse[c] = (UP_REAL)(1 / sqrt((double)p->var[c] + 1e-5));
    }
#define UP_SOME(n) UP_REAL_(bn_apply)(y, x, p, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

/* One column's part of dx = k (dv - a - (x - centre) b), dv = dy where y > 0. */
struct UP_REAL_(bn_slope) {
    UP_REAL k, a, b;
};
UP_FIXED struct UP_REAL_(bn_slope)
    UP_REAL_(bn_slope_of)(UP_REAL *dgamma, UP_REAL *dbeta, const struct UP_REAL_(bn) * p, int c,
                          double s, double q, int B, int batch)
{
    double inverse = (double)p->inverse[c];
    dbeta[c] = (UP_REAL)s;
    dgamma[c] = (UP_REAL)(q * inverse);
    return (struct UP_REAL_(bn_slope)){p->gamma[c] * p->inverse[c],
                                       batch ? (UP_REAL)(s / B) : 0,
                                       batch ? (UP_REAL)(q * inverse * inverse / B) : 0};
}

UP_FIXED void UP_REAL_(bn_backward_some)(UP_REAL *dx, UP_REAL *dgamma, UP_REAL *dbeta,
                                         UP_REAL *db, const UP_REAL *dy, const UP_REAL *y,
                                         const UP_REAL *x, const struct UP_REAL_(bn) * p, int B,
                                         int c0, int n, int ld, int batch)
{
    double s[UP_EACH] = {0}, q[UP_EACH] = {0}, t[UP_EACH] = {0};
    UP_REAL m[UP_EACH], k[UP_EACH], a[UP_EACH], b[UP_EACH];
    for (int c = 0; c < n; c++)
        m[c] = p->centre[c0 + c];
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++) {
            long i = (long)r * ld + c0 + c;
            UP_REAL v = dy[i], d = y[i] > 0 ? v : 0;
            s[c] += (double)d;
            q[c] += (double)d * (double)(x[i] - m[c]);
        }
    for (int c = 0; c < n; c++) {
        struct UP_REAL_(bn_slope) l =
            UP_REAL_(bn_slope_of)(dgamma, dbeta, p, c0 + c, s[c], q[c], B, batch);
        k[c] = l.k;
        a[c] = l.a;
        b[c] = l.b;
    }
    for (int r = 0; r < B; r++) {
        UP_REAL row[UP_EACH]; /* dx may be dy: through a copy, many at a time */
        long i = (long)r * ld + c0;
        for (int c = 0; c < n; c++) {
            UP_REAL v = dy[i + c];
            row[c] = k[c] * ((y[i + c] > 0 ? v : 0) - a[c] - (x[i + c] - m[c]) * b[c]);
            t[c] += (double)row[c];
        }
        memcpy(dx + i, row, (size_t)n * sizeof *row);
    }
    for (int c = 0; c < n; c++)
        db[c0 + c] = (UP_REAL)t[c];
}

static void UP_REAL_(bn_backward)(UP_REAL *dx, UP_REAL *dgamma, UP_REAL *dbeta, UP_REAL *db,
                                  const UP_REAL *dy, const UP_REAL *y, const UP_REAL *x,
                                  const struct UP_REAL_(bn) * p, int B, int C, int ld,
                                  int batch)
{
#define UP_SOME(n)                                                                             \
    UP_REAL_(bn_backward_some)(dx, dgamma, dbeta, db, dy, y, x, p, B, c0, n, ld, batch)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

UP_FIXED void UP_REAL_(sums_some)(UP_REAL *db, const UP_REAL *dy, int B, int c0, int n, int ld)
{
    double s[UP_EACH] = {0};
    UP_REAL_(sum_rows)(s, dy + c0, B, n, ld);
    for (int c = 0; c < n; c++)
        db[c0 + c] = (UP_REAL)s[c];
}

static void UP_REAL_(sums)(UP_REAL *db, const UP_REAL *dy, int B, int C, int ld)
{
#define UP_SOME(n) UP_REAL_(sums_some)(db, dy, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
}

UP_FIXED double UP_REAL_(dot_some)(const UP_REAL *a, const UP_REAL *b, int B, int c0, int n,
                                   int ld)
{
    double s[UP_EACH] = {0}, sum = 0;
    for (int r = 0; r < B; r++)
        for (int c = 0; c < n; c++)
            s[c] += (double)a[(long)r * ld + c0 + c] * (double)b[(long)r * ld + c0 + c];
    for (int c = 0; c < n; c++)
        sum += s[c];
    return sum;
}

static double UP_REAL_(dot)(const UP_REAL *a, const UP_REAL *b, int B, int C, int ld)
{
    double sum = 0;
#define UP_SOME(n) sum += UP_REAL_(dot_some)(a, b, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
    return sum;
}

UP_FIXED void UP_REAL_(gather_some)(UP_REAL *a, const UP_REAL *x, const uint8_t *links,
                                    const uint8_t *link, int nodes, UP_REAL k, int B, int c0,
                                    int n, int ld)
{
    for (int r = 0; r < B; r++) {
        const UP_REAL *graph = x + (long)(r - r % nodes) * ld + c0;
        UP_REAL s[UP_EACH];
        for (int c = 0; c < n; c++)
            s[c] = k * x[(long)r * ld + c0 + c];
        for (int j = 0; j < links[r]; j++)
            for (int c = 0; c < n; c++)
                s[c] += graph[(long)link[r * nodes + j] * ld + c];
        memcpy(a + (long)r * ld + c0, s, (size_t)n * sizeof *s);
    }
}

static void UP_REAL_(gather)(UP_REAL *a, const UP_REAL *x, const uint8_t *links,
                             const uint8_t *link, int nodes, UP_REAL k, int B, int C, int ld)
{
#define UP_SOME(n) UP_REAL_(gather_some)(a, x, links, link, nodes, k, B, c0, n, ld)
    UP_IN_CHUNKS(C, UP_SOME);
#undef UP_SOME
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
