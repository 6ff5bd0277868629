/* The table of the thirteen scores. */
#include "stages/proxy/rows.h"

#include "stages/proxy/proxy.h"

#include <string.h>

/* Sets of passes, with those that each needs before it. */
enum {
    W = UP_PASS_WEIGHTS,
    F = W | UP_PASS_FORWARD,
    L = F | UP_PASS_LOSS,
    J = F | UP_PASS_JACOBIAN,
    H = L | UP_PASS_HESSIAN,
    A = W | UP_PASS_ABSOLUTE,
    D = W | UP_PASS_FEATURES
};

/* How to add one: append to enum up_proxy_id; write NAME.c with its definition and its
 * function; declare the function in rows.h; add the row with the passes that the function
 * reads; add its value to the golden cases. */
const struct up_proxy up_proxies[UP_PROXIES] = {
    [UP_SNIP] = {"snip", 4, L, up_proxy_snip, "Lee et al., ICLR 2019: sum |w g|", 0},
    [UP_FLOPS] = {"flops", 1, 0, up_proxy_flops,
                  "multiply-adds and elementwise operations, millions", 0},
    [UP_PARAMS] = {"params", 1, 0, up_proxy_params, "parameters, millions", 0},
    [UP_L2_NORM] = {"l2_norm", 2, W, up_proxy_l2_norm,
                    "Abdelfattah et al., ICLR 2021: sum over layers of ||w||", 0},
    [UP_GRASP] = {"grasp", 4, H, up_proxy_grasp, "Wang et al., ICLR 2020: -w . (H g)", 0},
    [UP_GRAD_NORM] = {"grad_norm", 4, L, up_proxy_grad_norm,
                      "Abdelfattah et al., ICLR 2021: sum over layers of ||g||", 0},
    [UP_SYNFLOW] = {"synflow", 3, A, up_proxy_synflow,
                    "Tanaka et al., NeurIPS 2020: log sum |w dS/dw|", 0},
    [UP_JACOV] = {"jacov", 5, J, up_proxy_jacov,
                  "Mellor et al., arXiv 2006.04647v1: -sum log(v+k) + 1/(v+k)", 0},
    [UP_EPE_NAS] = {"epe_nas", 5, J, up_proxy_epe_nas, "Lopes et al., ICANN 2021", 0},
    [UP_ZEN] = {"zen", 4, D, up_proxy_zen, "Lin et al., ICCV 2021", UP_SCORE_DEGENERATE},
    [UP_FISHER] = {"fisher", 4, L, up_proxy_fisher,
                   "Turner et al., ICLR 2020: 0.5 mean (sum y dL/dy)^2", 0},
    [UP_PLAIN] = {"plain", 4, L, up_proxy_plain, "Abdelfattah et al., ICLR 2021: sum w g", 0},
    [UP_NWOT] = {"nwot", 4, F, up_proxy_nwot, "Mellor et al., ICML 2021: log|det K|",
                 UP_SCORE_SINGULAR},
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
