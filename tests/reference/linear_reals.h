/* The functions of linear.h for one real type; see both_reals.h. */
#define up_linear_forward UP_R(up_linear_forward)
#define up_linear_backward_data UP_R(up_linear_backward_data)
#define up_linear_backward_weight UP_R(up_linear_backward_weight)

/* y[out][n] (+)= w[out][in] x[in][n] + bias[out] (NULL: none);  dx (+)= w^T dy;  dw (+)= dy x^T
 */
void up_linear_forward(real *y, const real *x, const real *w, const real *bias,
                       const struct up_linear *l);
void up_linear_backward_data(real *dx, const real *w, const real *dy, int out, int in, int n,
                             bool add);
void up_linear_backward_weight(real *dw, const real *x, const real *dy, int out, int in, int n,
                               bool add);
