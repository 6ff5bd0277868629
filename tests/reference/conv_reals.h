/* The functions of conv.h for one real type; see both_reals.h. */
#define up_conv_terms UP_R(up_conv_terms)
#define up_conv_forward UP_R(up_conv_forward)
#define up_conv_backward_data UP_R(up_conv_backward_data)
#define up_conv_backward_weight UP_R(up_conv_backward_weight)

/* Weights and gradients of outputs that belong together; w2 NULL: the first term alone. */
struct up_conv_terms {
    const real *w, *dy, *w2, *dy2;
};
/* forward          y[out][n][oh][ow] (+)= conv(x[in][n][h][w] masked, w[out][in][k][k]);
 *                  depthwise: w[out][1][k][k]
 * backward_data    dx (+)= mask * (conv^T(dy, w) + conv^T(dy2, w2))
 * backward_weight  dw (+)= gradient; `add` chooses between = and += everywhere */
void up_conv_forward(real *y, const real *x, const real *mask, const real *w,
                     const struct up_conv *c, bool add, real *scratch);
void up_conv_backward_data(real *dx, const real *mask, const struct up_conv_terms *t,
                           const struct up_conv *c, bool add, real *scratch);
void up_conv_backward_weight(real *dw, const real *x, const real *mask, const real *dy,
                             const struct up_conv *c, bool add, real *scratch);
