#include "stages/nn/dense.h"
#include "stages/nn/matmul.h"

#include <math.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#define UP_REAL_MATMUL up_matmul
#define UP_LINKAGE
#include "stages/nn/dense_body.h"
