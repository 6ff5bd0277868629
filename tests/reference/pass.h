/* The passes over a program: forward, backward, and the tangents of both.
 *
 * A pass writes the slots it reaches: the first operation that ends in a slot
 * sets it, later ones add. What is not reached is zero and is never touched,
 * so gradients of branches that lead nowhere cost nothing. A slot is reached
 * with any of its views, and they with it.
 * Order of use: forward; backward on grad[logits]; tangent; backward_tangent. */
#ifndef UP_PROXY_PASS_H
#define UP_PROXY_PASS_H
#include "tests/reference/norm.h"
#include "stages/engine/net/program.h"

/* Numbers of scratch that every pass over the program needs, for n images. */
size_t up_pass_scratch(const struct up_program *p, int n);

#define UP_DECLARATIONS "tests/reference/pass_reals.h"
#include "stages/kernels/both_reals.h"

#endif
