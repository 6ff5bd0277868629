/* Softmax cross entropy, mean over the batch, on logits z[classes][n]. */
#ifndef UP_KERNELS_LOSS_H
#define UP_KERNELS_LOSS_H
#include <stdint.h>

#define UP_DECLARATIONS "stages/kernels/loss_reals.h"
#include "stages/kernels/both_reals.h"

#endif
