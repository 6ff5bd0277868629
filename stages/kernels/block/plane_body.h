/* Everything but convolutions of block.h on `real`; see block_body.h. */

#define W UP_R(WIDE)

/* Loops over the registers of a rectangle: `at` is the place in y, `xat` in the inputs. */
#define UP_EACH(a)                                                                             \
    for (int row = 0; row < (a)->rows; ++row)                                                  \
        for (ptrdiff_t at = row * (a)->y_row, xat = row * (a)->x_row,                          \
                       end = at + (ptrdiff_t)(a)->cols * 16;                                   \
             at < end; at += 16, xat += 16)                                                    \
            for (int r = 0; r < REGS; ++r)

UP_INLINE void UP_R(put)(real *y, REG v, bool add)
{
    UP_R(store)(y, add ? UP_R(add)(UP_R(load)(y), v) : v);
}

static void UP_R(pass)(real *y, const real *x, const real *mask, const struct up_rectangle *a,
                       bool add)
{
    if (mask)
        UP_EACH(a)
        {
            REG v = UP_R(load)(x + xat + r * L), m = UP_R(load)(mask + xat + r * L);
            UP_R(put)(y + at + r * L, UP_R(keep)(v, m), add);
        }
    else
        UP_EACH(a) UP_R(put)(y + at + r * L, UP_R(load)(x + xat + r * L), add);
}

static void UP_R(affine)(real *y, const real *x, const real *k, const struct up_rectangle *a,
                         bool add)
{
    REG m[REGS], b[REGS];
    for (int r = 0; r < REGS; ++r) {
        m[r] = UP_R(load)(k + r * L);
        b[r] = UP_R(load)(k + 16 + r * L);
    }
    UP_EACH(a)
    UP_R(put)(y + at + r * L, UP_R(fma)(UP_R(load)(x + xat + r * L), m[r], b[r]), add);
}

UP_INLINE void UP_R(mix)(real *y, const real *const *p, const real *k, int n,
                         const struct up_rectangle *a, bool add)
{
    REG m[UP_BLOCK_MIX][REGS];
    for (int i = 0; i <= n; ++i)
        for (int r = 0; r < REGS; ++r)
            m[i][r] = UP_R(load)(k + i * 16 + r * L);
    UP_EACH(a)
    {
        REG v = m[n][r];
        for (int i = n - 1; i >= 0; --i)
            v = UP_R(fma)(m[i][r], UP_R(load)(p[i] + xat + r * L), v);
        UP_R(put)(y + at + r * L, v, add);
    }
}

static void UP_R(mix2)(real *y, const real *const p[2], const real *k,
                       const struct up_rectangle *a, bool add)
{
    UP_R(mix)(y, p, k, 2, a, add);
}

static void UP_R(mix4)(real *y, const real *const p[4], const real *k,
                       const struct up_rectangle *a, bool add)
{
    UP_R(mix)(y, p, k, 4, a, add);
}

/* Loops over the registers of a window's output: `to` in y, `from` in x. */
#define UP_WINDOWS(g)                                                                          \
    for (int i = 0; i < (g)->rows; ++i)                                                        \
        for (int j = 0; j < (g)->cols; ++j)                                                    \
            for (ptrdiff_t r = 0, to = i * (g)->y_row + j * (g)->y_px,                         \
                           from = i * (g)->x_row + j * (g)->x_px;                              \
                 r < REGS; ++r, to += L, from += L)

static void UP_R(quotient)(real *y, const real *x, const real *size,
                           const struct up_rectangle *a, bool add)
{
    for (int row = 0; row < a->rows; ++row, y += a->y_row, x += a->x_row)
        for (int i = 0; i < a->cols; ++i) {
            REG by = UP_R(all)(*size++);
            for (int k = i * 16; k < i * 16 + 16; k += L)
                UP_R(put)(y + k, UP_R(div)(UP_R(load)(x + k), by), add);
        }
}

UP_INLINE REG UP_R(largest)(const real *x, const struct up_window *g)
{
    REG most = UP_R(load)(x + g->tap[0]);
    for (int t = 1; t < g->taps; ++t)
        most = UP_R(larger)(UP_R(load)(x + g->tap[t]), most);
    return most;
}

/* Which lanes of each tap hold the window's first maximum. */
UP_INLINE void UP_R(first_maximum)(uint32_t *hit, const real *x, const struct up_window *g)
{
    uint32_t left = (uint32_t)((1ull << L) - 1);
    REG most = UP_R(largest)(x, g);
    for (int t = 0; t < g->taps; ++t) {
        hit[t] = UP_R(equal)(UP_R(load)(x + g->tap[t]), most) & left;
        left &= ~hit[t];
    }
}

static void UP_R(maximum)(real *y, const real *xdot, const real *x, const struct up_window *g,
                          bool add)
{
    uint32_t hit[UP_BLOCK_TAPS];
    if (x == xdot) { /* the maximum itself; + 0, as below, for a sum has no -0 */
        UP_WINDOWS(g)
        UP_R(put)(y + to, UP_R(add)(UP_R(largest)(x + from, g), UP_R(all)(0)), add);
        return;
    }
    UP_WINDOWS(g)
    {
        REG s = UP_R(all)(0);
        UP_R(first_maximum)(hit, x + from, g);
        for (int t = 0; t < g->taps; ++t)
            s = UP_R(add)(s, UP_R(choose)(hit[t], UP_R(load)(xdot + from + g->tap[t])));
        UP_R(put)(y + to, s, add);
    }
}

static void UP_R(max_spread)(real *xdot, const real *x, const real *y,
                             const struct up_window *g)
{
    uint32_t hit[UP_BLOCK_TAPS];
    UP_WINDOWS(g)
    {
        REG v = UP_R(load)(y + to);
        UP_R(first_maximum)(hit, x + from, g);
        for (int t = 0; t < g->taps; ++t)
            UP_R(put)(xdot + from + g->tap[t], UP_R(choose)(hit[t], v), true);
    }
}

/* s[i * 16 ..] += the lanes of sums [REGS][W]. */
UP_INLINE void UP_R(flush)(double *s, wide sum[REGS][W])
{
    for (int r = 0; r < REGS; ++r)
        for (int i = 0; i < W; ++i, s += L / W)
            store_f64(s, add_f64(load_f64(s), sum[r][i]));
}

#define UP_SUMS(sum)                                                                           \
    wide sum[REGS][W];                                                                         \
    for (int r = 0; r < REGS; ++r)                                                             \
        for (int i = 0; i < W; ++i)                                                            \
    sum[r][i] = wide_zero()

static void UP_R(sum)(double *s, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < W; ++i)
                sum[r][i] = add_f64(sum[r][i], UP_R(part)(UP_R(load)(x + r * L), i));
    UP_R(flush)(s, sum);
}

static void UP_R(powers)(double *s, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    UP_SUMS(square);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < W; ++i) {
                wide v = UP_R(part)(UP_R(load)(x + r * L), i);
                sum[r][i] = add_f64(sum[r][i], v);
                square[r][i] = fma_f64(v, v, square[r][i]);
            }
    UP_R(flush)(s, sum);
    UP_R(flush)(s + 16, square);
}

static void UP_R(squares)(double *s, const real *x, const real *mean, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r) {
            REG v = UP_R(sub)(UP_R(load)(x + r * L), UP_R(load)(mean + r * L));
            v = UP_R(mul)(v, v);
            for (int i = 0; i < W; ++i)
                sum[r][i] = add_f64(sum[r][i], UP_R(part)(v, i));
        }
    UP_R(flush)(s, sum);
}

/* Sixteen pixels are summed in `real`, what they give in float64. */
static void UP_R(moments)(double *s, const real *v, const real *x, const double *mean,
                          ptrdiff_t pixels)
{
    UP_SUMS(sum);
    UP_SUMS(along);
    REG m[REGS];
    for (int r = 0; r < REGS; ++r) {
        real lane[16];
        for (int i = 0; i < 16; ++i)
            lane[i] = (real)mean[i];
        m[r] = UP_R(load)(lane + r * L);
    }
    for (ptrdiff_t k = 0; k < pixels; k += 16)
        for (int r = 0; r < REGS; ++r) {
            REG part = UP_R(all)(0), part_along = UP_R(all)(0);
            for (ptrdiff_t i = k; i < k + 16 && i < pixels; ++i) {
                REG a = UP_R(load)(v + i * 16 + r * L);
                REG b = UP_R(sub)(UP_R(load)(x + i * 16 + r * L), m[r]);
                part = UP_R(add)(part, a);
                part_along = UP_R(fma)(a, b, part_along);
            }
            for (int i = 0; i < W; ++i) {
                sum[r][i] = add_f64(sum[r][i], UP_R(part)(part, i));
                along[r][i] = add_f64(along[r][i], UP_R(part)(part_along, i));
            }
        }
    UP_R(flush)(s, sum);
    UP_R(flush)(s + 16, along);
}

/* Sixteen pixels of a row are summed in `real`, what they give in float64. */
static void UP_R(dot)(double *s, const real *y, const real *x, const struct up_rectangle *a)
{
    UP_SUMS(sum);
    for (int row = 0; row < a->rows; ++row, y += a->y_row, x += a->x_row)
        for (ptrdiff_t k = 0; k < a->cols; k += 16)
            for (int r = 0; r < REGS; ++r) {
                REG part = UP_R(all)(0);
                for (ptrdiff_t i = k; i < k + 16 && i < a->cols; ++i)
                    part = UP_R(fma)(UP_R(load)(y + i * 16 + r * L),
                                     UP_R(load)(x + i * 16 + r * L), part);
                for (int i = 0; i < W; ++i)
                    sum[r][i] = add_f64(sum[r][i], UP_R(part)(part, i));
            }
    UP_R(flush)(s, sum);
}

static void UP_R(distance)(double *s, const real *y, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, y += 16, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < W; ++i) {
                wide d = sub_f64(UP_R(part)(UP_R(load)(y + r * L), i),
                                 UP_R(part)(UP_R(load)(x + r * L), i));
                wide minus = sub_f64(wide_zero(), d);
                d = add_f64(keep_f64(d, d), keep_f64(minus, minus));
                sum[r][i] = add_f64(sum[r][i], d);
            }
    UP_R(flush)(s, sum);
}

static void UP_R(signs)(uint16_t *bits, const real *x, ptrdiff_t pixels)
{
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16) {
        uint32_t all = 0;
        for (int r = 0; r < REGS; ++r)
            all |= UP_R(bits)(UP_R(load)(x + r * L)) << (r * L);
        bits[k] = (uint16_t)all;
    }
}

static int64_t UP_R(differ)(const uint64_t *a, const uint64_t *b, size_t words)
{
    int64_t sum = 0;
    for (size_t i = 0; i < words; ++i)
        sum += __builtin_popcountll(a[i] ^ b[i]);
    return sum;
}

#undef UP_BLOCK_TABLE
#define UP_BLOCK_TABLE                                                                         \
    {                                                                                          \
        .conv = UP_R(conv), .gradient = UP_R(gradient), .depthwise = UP_R(depthwise),          \
        .depthwise_gradient = UP_R(depthwise_gradient),                                        \
        .winograd_weights = UP_R(winograd_weights), .winograd_input = UP_R(winograd_input),    \
        .winograd_products = UP_R(winograd_products),                                          \
        .winograd_output = UP_R(winograd_output),                                              \
        .winograd_gradient = UP_R(winograd_gradient),                                          \
        .winograd_weights_back = UP_R(winograd_weights_back), .pass = UP_R(pass),              \
        .affine = UP_R(affine), .mix2 = UP_R(mix2), .mix4 = UP_R(mix4),                        \
        .quotient = UP_R(quotient), .maximum = UP_R(maximum), .max_spread = UP_R(max_spread),  \
        .sum = UP_R(sum), .powers = UP_R(powers), .squares = UP_R(squares),                    \
        .moments = UP_R(moments), .dot = UP_R(dot), .distance = UP_R(distance),                \
        .signs = UP_R(signs), .differ = UP_R(differ)                                           \
    }

#undef REG
#undef L
#undef REGS
#undef W
#undef UP_EACH
#undef UP_WINDOWS
#undef UP_SUMS
