/* dense.h's gather for one real type and instruction set (simd.h): a row is added up in
 * registers. */
#include "stages/kernels/dense/kernels.h"

enum { GATHER_REGS = 8 };

/* `regs` registers of every row; a and x begin with the first. */
UP_INLINE void gather_strip(real *a, int lda, const real *x, int ldx,
                            const struct up_dense_graph *g, int B, int regs)
{
    for (int r = 0; r < B; r++, a += lda) {
        const real *graph = x + (long)(r - r % g->nodes) * ldx, *at = x + (long)r * ldx;
        reg s[GATHER_REGS];
        for (int i = 0; i < regs; i++)
            s[i] = v_mul(v_all((real)g->k), v_load(at + i * LANES));
        for (int j = 0; j < g->links[r]; j++) {
            const real *from = graph + (long)g->link[r * g->nodes + j] * ldx;
            for (int i = 0; i < regs; i++)
                s[i] = v_add(s[i], v_load(from + i * LANES));
        }
        for (int i = 0; i < regs; i++)
            v_store(a + i * LANES, s[i]);
    }
}

static void gather_column(real *a, int lda, const real *x, int ldx,
                          const struct up_dense_graph *g, int B)
{
    for (int r = 0; r < B; r++) {
        const real *graph = x + (long)(r - r % g->nodes) * ldx;
        real s = (real)g->k * x[(long)r * ldx];
        for (int j = 0; j < g->links[r]; j++)
            s += graph[(long)g->link[r * g->nodes + j] * ldx];
        a[(long)r * lda] = s;
    }
}

void UP_VARIANT(up_dense_gather)(real *a, int lda, const real *x, int ldx,
                                 const struct up_dense_graph *g, int B, int C)
{
    int c = 0;
    for (; c + GATHER_REGS * LANES <= C; c += GATHER_REGS * LANES)
        gather_strip(a + c, lda, x + c, ldx, g, B, GATHER_REGS);
    for (; c + LANES <= C; c += LANES)
        gather_strip(a + c, lda, x + c, ldx, g, B, 1);
    for (; c < C; c++)
        gather_column(a + c, lda, x + c, ldx, g, B);
}
