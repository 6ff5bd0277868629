/* epe_nas (Lopes, Alirezazadeh and Alexandre, ICANN 2021), with the published special cases.
 * For a class c, s_c is the sum over all pairs of its images, each with itself included, of
 * log(|correlation| + 1e-5); the correlations are those of jacov. The score is the sum over
 * classes of |s_c|. With more than 100 classes it is instead the mean over classes of the sum
 * of |m_c - m_d| to all others, where m_c is s_c divided by the number of the class's images.
 */
#include "stages/proxy/rows.h"

#include <math.h>

enum { FEW_CLASSES = 100 }; /* classes are compared when there are more */
static const double tiny = 1e-5;

/* s_c; *images: how many images the class has. */
static double class_sum(const struct up_evaluation *e, int c, int *images)
{
    int n = e->run.n;
    const int32_t *y = e->of.batch->y;
    double sum = 0;
    *images = 0;
    for (int i = 0; i < n; ++i) {
        *images += y[i] == c;
        for (int j = 0; y[i] == c && j < n; ++j)
            if (y[j] == c)
                sum += log(fabs(e->correlation[i * n + j]) + tiny);
    }
    return sum;
}

/* The next class from c on that counts, and its m_c; `classes` at the end. Classes of one image
 * are left out, because the published code loses them to an exception. */
static int next_class(const struct up_evaluation *e, int c, double *mean)
{
    int classes = e->of.size->classes, images = 0;
    for (; c < classes; ++c) {
        double s = class_sum(e, c, &images);
        if (images < 2)
            continue;
        *mean = s / images;
        return c;
    }
    return classes;
}

static double compare_classes(const struct up_evaluation *e)
{
    int classes = e->of.size->classes, kept = 0;
    double sum = 0, a = 0, b = 0;
    for (int i = next_class(e, 0, &a); i < classes; i = next_class(e, i + 1, &a), ++kept)
        for (int j = next_class(e, 0, &b); j < classes; j = next_class(e, j + 1, &b))
            sum += fabs(a - b);
    return kept ? sum / kept : 0;
}

double up_proxy_epe_nas(struct up_evaluation *e)
{
    int images = 0;
    double sum = 0;
    if (e->of.size->classes > FEW_CLASSES)
        return compare_classes(e);
    for (int c = 0; c < e->of.size->classes; ++c)
        sum += fabs(class_sum(e, c, &images));
    return sum;
}
