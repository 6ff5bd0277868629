/* The standard normal distribution. */
#ifndef UP_LEARN_STATISTICS_NORMAL_H
#define UP_LEARN_STATISTICS_NORMAL_H

double up_normal_cdf(double z);
/* The z with cdf(z) = p, to a few units in the last place for 1e-300 < p < 1;
 * p <= 0 gives -inf, p >= 1 +inf. Odd about 1/2 where 1 - p is exact. */
double up_normal_quantile(double p);

#endif
