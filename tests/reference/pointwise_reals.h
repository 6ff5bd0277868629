/* The functions of pointwise.h for one real type; see both_reals.h. */
#define up_pass UP_R(up_pass)

/* y (+)= x where mask > 0; mask == NULL: everywhere */
void up_pass(real *y, const real *x, const real *mask, ptrdiff_t m, bool add);
