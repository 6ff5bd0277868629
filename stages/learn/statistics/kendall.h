/* Rank statistics: how well one ordering follows another.
 *
 * Values are finite: pairs with NaN are the caller's to drop (an assert that
 * stays on). Every sum runs in one fixed order, so bits depend on values alone.
 * n < 2, or a side that is constant, gives NaN: there is no order to follow. */
#ifndef UP_LEARN_STATISTICS_KENDALL_H
#define UP_LEARN_STATISTICS_KENDALL_H
#include <stddef.h>

/* Kendall's tau-b, ties on both sides corrected for (Kendall 1945), in
 * O(n log n) by counting the exchanges of a merge sort (Knight 1966). */
double up_kendall_tau_b(const double *x, const double *y, size_t n);

/* Vigna's weighted tau ("A weighted correlation index for rankings with ties",
 * WWW 2015), additive and hyperbolic: a pair weighs 1/(1+r_i) + 1/(1+r_j), rank 0
 * being the largest. Ranks by x (ties by y) and ranks by y (ties by x) give one
 * value each; the result is their mean. O(n log n). */
double up_weighted_tau(const double *x, const double *y, size_t n);

/* Spearman's rho: Pearson's correlation of the mid-ranks. */
double up_spearman_rho(const double *x, const double *y, size_t n);

/* rank[i]: 1-based rank of x[i] in ascending order, ties sharing their mean. */
void up_mid_rank(double *rank, const double *x, size_t n);

/* What is lost by trying only the k with the highest prediction: the best truth
 * of all minus the best truth among them (>= 0; equal predictions in order of
 * index). 1 <= k <= n. */
double up_topk_regret(const double *predicted, const double *truth, size_t n, size_t k);

#endif
