/* dense.h's gather for one real type and instruction set (simd.h): a row is added up in
 * registers. */
#include "stages/kernels/dense/kernels.h"

enum { GATHER_REGS = 8 };

UP_INLINE void gather_strip(real *a, int lda, const real *x, int ldx, const uint8_t *links,
                            const uint8_t *link, int nodes, real k, int B, int regs)
{
    for (int r = 0; r < B; r++, a += lda) {
        const real *graph = x + (long)(r - r % nodes) * ldx, *at = x + (long)r * ldx;
        reg s[GATHER_REGS];
        for (int i = 0; i < regs; i++)
            s[i] = v_mul(v_all(k), v_load(at + i * LANES));
        for (int j = 0; j < links[r]; j++) {
            const real *from = graph + (long)link[r * nodes + j] * ldx;
            for (int i = 0; i < regs; i++)
                s[i] = v_add(s[i], v_load(from + i * LANES));
        }
        for (int i = 0; i < regs; i++)
            v_store(a + i * LANES, s[i]);
    }
}

/* One column. */
static void gather_column(real *a, int lda, const real *x, int ldx, const uint8_t *links,
                          const uint8_t *link, int nodes, real k, int B)
{
    for (int r = 0; r < B; r++) {
        const real *graph = x + (long)(r - r % nodes) * ldx;
        real s = k * x[(long)r * ldx];
        for (int j = 0; j < links[r]; j++)
            s += graph[(long)link[r * nodes + j] * ldx];
        a[(long)r * lda] = s;
    }
}

void UP_VARIANT(up_dense_gather)(real *a, int lda, const real *x, int ldx, const uint8_t *links,
                                 const uint8_t *link, int nodes, real k, int B, int C)
{
    int c = 0;
    for (; c + GATHER_REGS * LANES <= C; c += GATHER_REGS * LANES)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, GATHER_REGS);
    for (; c + LANES <= C; c += LANES)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, 1);
    for (; c < C; c++)
        gather_column(a + c, lda, x + c, ldx, links, link, nodes, k, B);
}
