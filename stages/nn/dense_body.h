/* The functions of dense.h for one floating type. The including file defines
 *   UP_REAL       float or double
 *   UP_REAL_(f)   the name of function or struct f for that type
 *   UP_REAL_MATMUL  up_matmul, or the like of it for double
 *   UP_LINKAGE    empty, or static
 * and has included stages/nn/matmul.h, <math.h> and <string.h>. No include guard: a test may
 * include it for a second type. */

#ifndef UP_WIDE
#define UP_WIDE __attribute__((target("avx2,fma")))
#endif

enum { UP_REAL_(dense_columns) = 64 }; /* columns whose sums are taken together */

UP_LINKAGE UP_WIDE void UP_REAL_(dense_forward)(UP_REAL *y, const UP_REAL *x, const UP_REAL *w,
                                                const UP_REAL *b, int B, int I, int O)
{
    for (int r = 0; r < B; r++)
        for (int o = 0; o < O; o++)
            y[(long)r * O + o] = b[o];
    UP_REAL_MATMUL(y, O, x, I, UP_N, w, I, UP_T, B, O, I, 1);
}

UP_LINKAGE UP_WIDE void UP_REAL_(dense_backward)(UP_REAL *dx, UP_REAL *dw, UP_REAL *db,
                                                 const UP_REAL *dy, const UP_REAL *x,
                                                 const UP_REAL *w, int B, int I, int O)
{
    UP_REAL_MATMUL(dw, I, dy, O, UP_T, x, I, UP_N, O, I, B, 1);
    if (dx)
        UP_REAL_MATMUL(dx, I, dy, O, UP_N, w, I, UP_N, B, I, O, 0);
    for (int o0 = 0; o0 < O; o0 += UP_REAL_(dense_columns)) {
        int n = O - o0 < UP_REAL_(dense_columns) ? O - o0 : UP_REAL_(dense_columns);
        double s[UP_REAL_(dense_columns)] = {0};
        for (int r = 0; r < B; r++)
            for (int o = 0; o < n; o++)
                s[o] += (double)dy[(long)r * O + o0 + o];
        for (int o = 0; o < n; o++)
            db[o0 + o] += (UP_REAL)s[o];
    }
}

UP_LINKAGE UP_WIDE void UP_REAL_(relu)(UP_REAL *x, int n)
{
    for (int i = 0; i < n; i++)
        x[i] = x[i] > 0 ? x[i] : 0;
}

UP_LINKAGE UP_WIDE void UP_REAL_(relu_backward)(UP_REAL *dy, const UP_REAL *y, int n)
{
    for (int i = 0; i < n; i++)
        dy[i] = y[i] > 0 ? dy[i] : 0;
}

/* y = relu((x - mean) k + beta) with k = gamma * rstd. */
static UP_WIDE void UP_REAL_(bnrelu_apply)(UP_REAL *y, const UP_REAL *used, const UP_REAL *x,
                                           const struct UP_REAL_(bn) * p, int B, int C)
{
    const UP_REAL *mean = used, *rstd = used + C;
    for (int r = 0; r < B; r++) {
        const UP_REAL *xr = x + (long)r * C;
        UP_REAL *yr = y + (long)r * C;
        for (int c = 0; c < C; c++) {
            UP_REAL v = (xr[c] - mean[c]) * (p->gamma[c] * rstd[c]) + p->beta[c];
            yr[c] = v > 0 ? v : 0;
        }
    }
}

UP_LINKAGE UP_WIDE void UP_REAL_(bnrelu_train)(UP_REAL *y, UP_REAL *used, const UP_REAL *x,
                                               const struct UP_REAL_(bn) * p, int B, int C)
{
    for (int c0 = 0; c0 < C; c0 += UP_REAL_(dense_columns)) {
        int n = C - c0 < UP_REAL_(dense_columns) ? C - c0 : UP_REAL_(dense_columns);
        double s[UP_REAL_(dense_columns)] = {0}, q[UP_REAL_(dense_columns)] = {0};
        for (int r = 0; r < B; r++)
            for (int c = 0; c < n; c++)
                s[c] += (double)x[(long)r * C + c0 + c];
        for (int c = 0; c < n; c++)
            s[c] /= B;
        for (int r = 0; r < B; r++)
            for (int c = 0; c < n; c++) {
                double d = (double)x[(long)r * C + c0 + c] - s[c];
                q[c] += d * d;
            }
        for (int c = 0; c < n; c++) {
            used[c0 + c] = (UP_REAL)s[c];
            used[C + c0 + c] = (UP_REAL)(1 / sqrt(q[c] / B + 1e-5));
            p->mean[c0 + c] = (UP_REAL)(0.9 * (double)p->mean[c0 + c] + 0.1 * s[c]);
            p->var[c0 + c] = (UP_REAL)(0.9 * (double)p->var[c0 + c] + 0.1 * (q[c] / (B - 1)));
        }
    }
    UP_REAL_(bnrelu_apply)(y, used, x, p, B, C);
}

UP_LINKAGE UP_WIDE void UP_REAL_(bnrelu_eval)(UP_REAL *y, UP_REAL *used, const UP_REAL *x,
                                              const struct UP_REAL_(bn) * p, int B, int C)
{
    for (int c = 0; c < C; c++) {
        used[c] = p->mean[c];
        used[C + c] = (UP_REAL)(1 / sqrt((double)p->var[c] + 1e-5));
    }
    UP_REAL_(bnrelu_apply)(y, used, x, p, B, C);
}

UP_LINKAGE UP_WIDE void UP_REAL_(bnrelu_backward)(UP_REAL *dx, UP_REAL *dgamma, UP_REAL *dbeta,
                                                  const UP_REAL *dy, const UP_REAL *y,
                                                  const UP_REAL *used, const UP_REAL *x,
                                                  const struct UP_REAL_(bn) * p, int B, int C,
                                                  int batch)
{
    for (int c0 = 0; c0 < C; c0 += UP_REAL_(dense_columns)) {
        int n = C - c0 < UP_REAL_(dense_columns) ? C - c0 : UP_REAL_(dense_columns);
        const UP_REAL *mean = used + c0, *rstd = used + C + c0;
        double s[UP_REAL_(dense_columns)] = {0}, q[UP_REAL_(dense_columns)] = {0};
        UP_REAL k[UP_REAL_(dense_columns)], a[UP_REAL_(dense_columns)],
            b[UP_REAL_(dense_columns)];
        for (int r = 0; r < B; r++) {
            const UP_REAL *xr = x + (long)r * C + c0, *yr = y + (long)r * C + c0;
            const UP_REAL *dr = dy + (long)r * C + c0;
            for (int c = 0; c < n; c++) {
                UP_REAL v = dr[c];
                a[c] = yr[c] > 0 ? v : 0;
                b[c] = xr[c] - mean[c];
            }
            for (int c = 0; c < n; c++) {
                s[c] += (double)a[c];
                q[c] += (double)a[c] * (double)b[c];
            }
        }
        for (int c = 0; c < n; c++) {
            double rs = (double)rstd[c];
            dbeta[c0 + c] += (UP_REAL)s[c];
            dgamma[c0 + c] += (UP_REAL)(q[c] * rs);
            k[c] = p->gamma[c0 + c] * rstd[c];
            a[c] = batch ? (UP_REAL)(s[c] / B) : 0;
            b[c] = batch ? (UP_REAL)(q[c] * rs * rs / B) : 0;
        }
        for (int r = 0; r < B; r++) {
            const UP_REAL *xr = x + (long)r * C + c0, *yr = y + (long)r * C + c0;
            const UP_REAL *dr = dy + (long)r * C + c0;
            UP_REAL row[UP_REAL_(dense_columns)]; /* dx may be dy: through a copy, in eights */
            for (int c = 0; c < n; c++) {
                UP_REAL v = dr[c];
                row[c] = k[c] * ((yr[c] > 0 ? v : 0) - a[c] - (xr[c] - mean[c]) * b[c]);
            }
            memcpy(dx + (long)r * C + c0, row, (size_t)n * sizeof *row);
        }
    }
}
