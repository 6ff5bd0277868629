#include "stages/proxy/work.h"

#include <string.h>

enum {
    W = UP_PASS_WEIGHTS,
    F = W | UP_PASS_FORWARD,
    L = F | UP_PASS_LOSS,
    J = F | UP_PASS_JACOBIAN,
    H = L | UP_PASS_HESSIAN,
    S = W | UP_PASS_SYNFLOW,
    Z = W | UP_PASS_ZEN
};

/* How to add one: append to enum up_proxy_id; add the row with the passes it
 * reads; write its up_score_NAME beside its kind and list it in score.c; add its
 * value to the golden cases. */
const struct up_proxy up_proxies[UP_PROXIES] = {
    [UP_SNIP] = {"snip", 4, L, "Lee et al., ICLR 2019: sum |w g|"},
    [UP_FLOPS] = {"flops", 1, 0, "multiply-adds and elementwise operations, millions"},
    [UP_PARAMS] = {"params", 1, 0, "parameters, millions"},
    [UP_L2_NORM] = {"l2_norm", 2, W, "Abdelfattah et al., ICLR 2021: sum over layers of ||w||"},
    [UP_GRASP] = {"grasp", 4, H, "Wang et al., ICLR 2020: -w . (H g)"},
    [UP_GRAD_NORM] = {"grad_norm", 4, L,
                      "Abdelfattah et al., ICLR 2021: sum over layers of ||g||"},
    [UP_SYNFLOW] = {"synflow", 3, S, "Tanaka et al., NeurIPS 2020: log sum |w dS/dw|"},
    [UP_JACOV] = {"jacov", 5, J, "Mellor et al., arXiv 2006.04647v1: -sum log(v+k) + 1/(v+k)"},
    [UP_EPE_NAS] = {"epe_nas", 5, J, "Lopes et al., ICANN 2021"},
    [UP_ZEN] = {"zen", 4, Z, "Lin et al., ICCV 2021"},
    [UP_FISHER] = {"fisher", 4, L, "Turner et al., ICLR 2020: 0.5 mean (sum y dL/dy)^2"},
    [UP_PLAIN] = {"plain", 4, L, "Abdelfattah et al., ICLR 2021: sum w g"},
    [UP_NWOT] = {"nwot", 4, F, "Mellor et al., ICML 2021: log|det K|"},
};

int up_proxy_find(const char *name)
{
    for (int i = 0; i < UP_PROXIES; ++i)
        if (!strcmp(up_proxies[i].name, name))
            return i;
    return -1;
}

const char *up_score_reason(enum up_score_state s)
{
    switch (s) {
    case UP_SCORE_OK:
        return "the score is a finite number";
    case UP_SCORE_NAN:
        return "the score is not a number, as when no gradient reaches the images";
    case UP_SCORE_SINGULAR:
        return "the images give the same signs, so that their matrix has no logarithm of a "
               "determinant";
    case UP_SCORE_ROUNDING:
        return "batch normalisation fixes the sum of the logits, so that their Jacobian is "
               "zero "
               "and what is left of it is rounding";
    default:
        return "the features do not depend on the images, so that the score is infinite";
    }
}
