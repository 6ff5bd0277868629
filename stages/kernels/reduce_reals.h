/* The sums of reduce.h for one real type; see both_reals.h. */
#define up_sum UP_R(up_sum)
#define up_dot UP_R(up_dot)
#define up_abs_dot UP_R(up_abs_dot)
#define up_distance UP_R(up_distance)
#define up_centred_dot UP_R(up_centred_dot)
#define up_squares UP_R(up_squares)

/* sum x;  sum x*y;  sum |x*y|;  sum |x-y|;  sum (x-sx)*(y-sy);
 * squares: sum (x-shift)^2, each square rounded to `real` before it is added */
double up_sum(const real *x, ptrdiff_t m);
double up_dot(const real *x, const real *y, ptrdiff_t m);
double up_abs_dot(const real *x, const real *y, ptrdiff_t m);
double up_distance(const real *x, const real *y, ptrdiff_t m);
double up_centred_dot(const real *x, double sx, const real *y, double sy, ptrdiff_t m);
double up_squares(const real *x, real shift, ptrdiff_t m);
