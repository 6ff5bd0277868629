/* The quantile of the normal distribution. */
#include "stages/learn/statistics/normal.h"
#include <math.h>

#define SQRT_HALF 0.70710678118654752440
#define SQRT_2PI 2.50662827463100050242

double up_normal_cdf(double z) { return 0.5 * erfc(-z * SQRT_HALF); }

/* Lower half. A rational start (Abramowitz and Stegun 26.2.23, good to 4.5e-4),
 * then Halley's method on cdf(z) = p, which cubes the error each step; erfc keeps
 * its relative accuracy in the tail, and so does the result. */
static double lower_quantile(double p)
{
    double t = sqrt(-2 * log(p));
    double z = (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
               t;
    for (int i = 0; i < 3; i++) {
        double u = (up_normal_cdf(z) - p) * SQRT_2PI * exp(0.5 * z * z);
        z -= u / (1 + 0.5 * z * u);
    }
    return z;
}

double up_normal_quantile(double p)
{
    if (!(p > 0))
        return p <= 0 ? -INFINITY : NAN;
    if (!(p < 1))
        return INFINITY;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? lower_quantile(p) : -lower_quantile(1 - p);
}
