/* The functions of pool.h for one real type; see both_reals.h. */
#define up_pool_forward UP_R(up_pool_forward)
#define up_pool_backward UP_R(up_pool_backward)
#define up_max_forward UP_R(up_max_forward)
#define up_max_backward UP_R(up_max_backward)
#define up_mean_forward UP_R(up_mean_forward)
#define up_mean_backward UP_R(up_mean_backward)

/* y[planes][oh][ow] (+)= mean of the inputs under each window;  dx (+)= its transpose of dy
 * y[planes] (+)= mean of x[planes][area];  dx[planes][area] (+)= dy / area
 * max: y[planes][oh][ow] (+)= v at the place of the greatest x under each window, of equals the
 * first row by row; v = x for the value itself, xdot for its tangent. dx (+)= the transpose. */
void up_pool_forward(real *y, const real *x, const struct up_pool *p, bool add, real *scratch);
void up_pool_backward(real *dx, const real *dy, const struct up_pool *p, bool add,
                      real *scratch);
void up_max_forward(real *y, const real *v, const real *x, const struct up_pool *p, bool add);
void up_max_backward(real *dx, const real *dy, const real *x, const struct up_pool *p, bool add,
                     real *scratch);
void up_mean_forward(real *y, const real *x, int planes, ptrdiff_t area, bool add);
void up_mean_backward(real *dx, const real *dy, int planes, ptrdiff_t area, bool add);
