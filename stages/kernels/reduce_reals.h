/* The sums of reduce.h for one real type; see both_reals.h. */
#define up_reduce_sum UP_R(up_reduce_sum)
#define up_reduce_dot UP_R(up_reduce_dot)
#define up_reduce_abs_dot UP_R(up_reduce_abs_dot)
#define up_reduce_centred_dot UP_R(up_reduce_centred_dot)
#define up_reduce_squares UP_R(up_reduce_squares)

/* sum x;  sum x*y;  sum |x*y|;  sum (x-sx)*(y-sy);
 * squares: sum (x-shift)^2, each square rounded to `real` before it is added */
double up_reduce_sum(const real *x, ptrdiff_t m);
double up_reduce_dot(const real *x, const real *y, ptrdiff_t m);
double up_reduce_abs_dot(const real *x, const real *y, ptrdiff_t m);
double up_reduce_centred_dot(const real *x, double sx, const real *y, double sy, ptrdiff_t m);
double up_reduce_squares(const real *x, real shift, ptrdiff_t m);
