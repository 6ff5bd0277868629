/* Average pooling that does not count the padding, maximum pooling, and the mean over an image.
 * Linear, once the places of the maxima are fixed: the tangent is forward itself, the
 * gradient's tangent backward itself. */
#ifndef UP_NN_POOL_H
#define UP_NN_POOL_H
#include <stdbool.h>
#include <stddef.h>

struct up_pool {
    int planes;              /* channels * images, each [h][w] */
    int kernel, stride, pad; /* square */
    int h, w;                /* of the input */
};
int up_pool_rows(const struct up_pool *p); /* of the output */
int up_pool_cols(const struct up_pool *p);
size_t up_pool_scratch(const struct up_pool *p); /* numbers */

/* y[planes][oh][ow] (+)= mean of the inputs under each window;  dx (+)= its transpose of dy
 * y[planes] (+)= mean of x[planes][area];  dx[planes][area] (+)= dy / area
 * max: y[planes][oh][ow] (+)= v at the place of the greatest x under each window, of equals the
 * first row by row; v = x for the value itself, xdot for its tangent. dx (+)= the transpose. */
#define UP_POOL_DECLARE(real, R)                                                               \
    void up_pool_forward##R(real *y, const real *x, const struct up_pool *p, bool add,         \
                            real *scratch);                                                    \
    void up_pool_backward##R(real *dx, const real *dy, const struct up_pool *p, bool add,      \
                             real *scratch);                                                   \
    void up_max_forward##R(real *y, const real *v, const real *x, const struct up_pool *p,     \
                           bool add);                                                          \
    void up_max_backward##R(real *dx, const real *dy, const real *x, const struct up_pool *p,  \
                            bool add, real *scratch);                                          \
    void up_mean_forward##R(real *y, const real *x, int planes, ptrdiff_t area, bool add);     \
    void up_mean_backward##R(real *dx, const real *dy, int planes, ptrdiff_t area, bool add);
UP_POOL_DECLARE(float, _f32)
UP_POOL_DECLARE(double, _f64)

#endif
