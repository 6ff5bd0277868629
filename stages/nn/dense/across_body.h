/* Batch normalisation with a column of the batch in one row of memory; behind dense_body.h,
 * for the same type. A line's sums run in LINE lanes, which are added pairwise at the end. */

#define UP_LINE UP_REAL_(dense_line)
enum { UP_LINE = 16 };

UP_FIXED double UP_REAL_(lanes)(double *s)
{
    for (int half = UP_LINE / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            s[i] += s[i + half];
    return s[0];
}

/* The line in LINE at a time, and the rest of it: f(number) adds to lane number % LINE. */
#define UP_ALONG(B, f)                                                                         \
    int i0 = 0;                                                                                \
    for (; i0 + UP_LINE <= (B); i0 += UP_LINE)                                                 \
        for (int j = 0; j < UP_LINE; j++)                                                      \
            f(i0 + j, j);                                                                      \
    for (int j = 0; i0 + j < (B); j++)                                                         \
    f(i0 + j, j)

UP_FIXED double UP_REAL_(line_sum)(const UP_REAL *x, int B)
{
    double s[UP_LINE] = {0};
#define UP_ADD(i, j) s[j] += (double)x[i]
    UP_ALONG(B, UP_ADD);
#undef UP_ADD
    return UP_REAL_(lanes)(s);
}

UP_FIXED double UP_REAL_(line_squares)(const UP_REAL *x, double mean, int B)
{
    double s[UP_LINE] = {0};
#define UP_ADD(i, j) s[j] += ((double)x[i] - mean) * ((double)x[i] - mean)
    UP_ALONG(B, UP_ADD);
#undef UP_ADD
    return UP_REAL_(lanes)(s);
}

static void UP_REAL_(bn_train_across)(UP_REAL *y, const UP_REAL *x,
                                      const struct UP_REAL_(bn) * p, int B, int C, int ld)
{
    for (int c = 0; c < C; c++, x += ld, y += ld) {
        double mean = UP_REAL_(line_sum)(x, B) / B;
        UP_REAL_(bn_settle)(p, c, mean, UP_REAL_(line_squares)(x, mean, B), B);
        UP_REAL m = p->centre[c], k = p->gamma[c] * p->inverse[c], b = p->beta[c];
        for (int r = 0; r < B; r++) {
            UP_REAL v = (x[r] - m) * k + b;
            y[r] = v > 0 ? v : 0;
        }
    }
}

static void UP_REAL_(bn_backward_across)(UP_REAL *dx, UP_REAL *dgamma, UP_REAL *dbeta,
                                         UP_REAL *db, const UP_REAL *dy, const UP_REAL *y,
                                         const UP_REAL *x, const struct UP_REAL_(bn) * p, int B,
                                         int C, int ld)
{
    for (int c = 0; c < C; c++, dx += ld, dy += ld, y += ld, x += ld) {
        double s[UP_LINE] = {0}, q[UP_LINE] = {0};
        UP_REAL m = p->centre[c];
#define UP_ADD(i, j)                                                                           \
    do {                                                                                       \
        UP_REAL v = dy[i], d = y[i] > 0 ? v : 0;                                               \
        s[j] += (double)d;                                                                     \
        q[j] += (double)d * (double)(x[i] - m);                                                \
    } while (0)
        UP_ALONG(B, UP_ADD);
#undef UP_ADD
        struct UP_REAL_(bn_slope) l = UP_REAL_(bn_slope_of)(
            dgamma, dbeta, p, c, UP_REAL_(lanes)(s), UP_REAL_(lanes)(q), B, 1);
        for (int r = 0; r < B; r++) {
            UP_REAL v = dy[r];
            dx[r] = l.k * ((y[r] > 0 ? v : 0) - l.a - (x[r] - m) * l.b);
        }
        db[c] = (UP_REAL)UP_REAL_(line_sum)(dx, B);
    }
}
