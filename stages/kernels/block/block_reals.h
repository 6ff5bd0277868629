/* The table of kernels of block.h for one real type; see both_reals.h. */
#define up_block UP_R(up_block)

/* Per block: y, x .. are planes, `s` sums in float64 to which the kernel adds, [16] each.
 *
 * conv       y (store) sum over taps, input channels c of x[tap][c] * w[matrix][c][16]
 * gradient   dw[matrix][c][16] += sum over pixels of x[tap][c] * dy[16]; y_* is dy's; may do so
 *            for channels beyond those in use
 * depthwise  y (store) sum over taps of x[tap] * w[matrix / 16]
 * depthwise_gradient   dw[matrix / 16] += sum over pixels of x[tap] * dy
 * winograd_weights  u[positions][rows][16] from w[9][16][16], `rows` of each matrix
 * winograd_input    v[positions][cols][16] from rows of pixels x[side + 2], where mask > 0;
 *                   mask NULL: everywhere
 * winograd_products m from v[positions][terms * in][tiles][16] and u of each term
 * winograd_output   y (+)= m[positions][cols][16] where mask > 0; NULL: everywhere
 * winograd_gradient      v[positions][cols][16] from rows of dy, y_row apart
 * winograd_weights_back  dw from du: what winograd_weights does, backward
 * pass       y (+)= x where mask > 0, else 0; mask NULL: y (+)= x
 * affine     y (+)= x * k[0] + k[1]
 * mix2       y (+)= k[0] * p[0] + k[1] * p[1] + k[2]
 * mix4       y (+)= k[0] * p[0] + .. + k[3] * p[3] + k[4]
 * quotient   y (+)= x / size[pixel]
 * maximum    y (+)= xdot[tap of the first maximum of x]; xdot may be x
 * max_spread xdot[tap of the first maximum of x] += y
 * sum        s += x
 * powers     s[0..15] += x, s[16..31] += x^2
 * squares    s += ((x - mean)^2 rounded to real)
 * moments    s[0..15] += v, s[16..31] += v * (x - mean)
 * dot        s += x * y;  distance: s += |x - y|
 * signs      bits[pixel] = which lanes are > 0
 * differ     how many bits of a and b differ */
struct up_block {
    void (*conv)(real *y, const real *x, const real *w, const struct up_window *g,
                 enum up_block_store store);
    void (*gradient)(real *dw, const real *x, const real *dy, const struct up_window *g);
    void (*depthwise)(real *y, const real *x, const real *w, const struct up_window *g,
                      enum up_block_store store);
    void (*depthwise_gradient)(real *dw, const real *x, const real *dy,
                               const struct up_window *g);
    void (*winograd_weights)(real *u, const real *w, int side, ptrdiff_t position, int rows);
    void (*winograd_input)(real *v, const real *const *x, const real *const *mask,
                           const struct up_tiles *t);
    void (*winograd_products)(real *m, const real *v, const real *const *u,
                              const struct up_products *p);
    void (*winograd_output)(real *y, const real *m, const real *mask, const struct up_tiles *t,
                            bool add);
    void (*winograd_gradient)(real *v, const real *dy, const struct up_tiles *t);
    void (*winograd_weights_back)(real *dw, const real *u, int side, ptrdiff_t position,
                                  int rows);
    void (*pass)(real *y, const real *x, const real *mask, const struct up_rectangle *a,
                 bool add);
    void (*affine)(real *y, const real *x, const real *k, const struct up_rectangle *a,
                   bool add);
    void (*mix2)(real *y, const real *const p[2], const real *k, const struct up_rectangle *a,
                 bool add);
    void (*mix4)(real *y, const real *const p[4], const real *k, const struct up_rectangle *a,
                 bool add);
    void (*quotient)(real *y, const real *x, const real *size, const struct up_rectangle *a,
                     bool add);
    void (*maximum)(real *y, const real *xdot, const real *x, const struct up_window *g,
                    bool add);
    void (*max_spread)(real *xdot, const real *x, const real *y, const struct up_window *g);
    void (*sum)(double *s, const real *x, ptrdiff_t pixels);
    void (*powers)(double *s, const real *x, ptrdiff_t pixels);
    void (*squares)(double *s, const real *x, const real *mean, ptrdiff_t pixels);
    void (*moments)(double *s, const real *v, const real *x, const double *mean,
                    ptrdiff_t pixels);
    void (*dot)(double *s, const real *y, const real *x, const struct up_rectangle *a);
    void (*distance)(double *s, const real *y, const real *x, ptrdiff_t pixels);
    void (*signs)(uint16_t *bits, const real *x, ptrdiff_t pixels);
    int64_t (*differ)(const uint64_t *a, const uint64_t *b, size_t words);
};
