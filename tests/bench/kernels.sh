#!/usr/bin/env bash
# Convolution kernels at the networks' shapes, as a share of OpenBLAS's sgemm in the same run, on one thread.
#   tests/bench/kernels.sh [UPNAS]
. "$(dirname "$0")/lib.sh"
environment kernels threads=1
OPENBLAS_NUM_THREADS=1 "$(program kernels)"
