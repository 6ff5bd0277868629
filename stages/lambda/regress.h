/* Weights by least squares on ranks: one solution, found at once.
 *
 * The normal score of each accuracy's rank, Phi^-1((rank - 1/2) / n), is regressed on the
 * calibrated scores with an intercept; a row weighs (rank / n)^emphasis, so that the good
 * architectures count for more. Raw accuracies would make it a regression on the few
 * networks that do not learn at all. */
#ifndef UP_LAMBDA_REGRESS_H
#define UP_LAMBDA_REGRESS_H
#include <stddef.h>

struct up_regression {
    size_t n, m;
    const double *x; /* [n][m] calibrated scores, finite */
    const double *y; /* [n] accuracies, finite */
    double emphasis; /* >= 0; 0: every row counts the same */
    double ridge;    /* >= 0; penalty on squared weights of columns scaled to deviation 1,
                        in units of a row's mean squared error (Hoerl and Kennard 1970) */
};

/* w[m], scaled so that the largest is +-1; all 0 when no column says anything. A constant
 * column weighs 0; of equal columns each has its share. */
void up_regress(double *w, const struct up_regression *r);

#endif
