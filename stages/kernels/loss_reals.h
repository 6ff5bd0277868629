/* The loss of loss.h for one real type; see both_reals.h. */
#define up_loss_forward UP_R(up_loss_forward)
#define up_loss_backward UP_R(up_loss_backward)
#define up_loss_tangent UP_R(up_loss_tangent)

/* forward   returns the loss
 * backward  dz = (p - onehot(y)) / n, p = softmax(z)
 * tangent   dzdot = derivative of dz along zdot = p * (zdot - sum_k p_k zdot_k) / n */
double up_loss_forward(const real *z, const int32_t *y, int classes, int n);
void up_loss_backward(real *dz, const real *z, const int32_t *y, int classes, int n);
void up_loss_tangent(real *dzdot, const real *z, const real *zdot, int classes, int n);
