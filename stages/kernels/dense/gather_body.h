/* dense.h's gather for one instruction set (simd.h): a row is added up in registers. */

enum { GATHER_REGS = 8 };

UP_INLINE void gather_strip(float *a, int lda, const float *x, int ldx, const uint8_t *links,
                            const uint8_t *link, int nodes, float k, int B, int regs)
{
    for (int r = 0; r < B; r++, a += lda) {
        const float *graph = x + (long)(r - r % nodes) * ldx, *at = x + (long)r * ldx;
        reg s[GATHER_REGS];
        for (int i = 0; i < regs; i++)
            s[i] = v_mul(v_all(k), v_load(at + i * LANES));
        for (int j = 0; j < links[r]; j++) {
            const float *from = graph + (long)link[r * nodes + j] * ldx;
            for (int i = 0; i < regs; i++)
                s[i] = v_add(s[i], v_load(from + i * LANES));
        }
        for (int i = 0; i < regs; i++)
            v_store(a + i * LANES, s[i]);
    }
}

/* One column. */
static void gather_column(float *a, int lda, const float *x, int ldx, const uint8_t *links,
                          const uint8_t *link, int nodes, float k, int B)
{
    for (int r = 0; r < B; r++) {
        const float *graph = x + (long)(r - r % nodes) * ldx;
        float s = k * x[(long)r * ldx];
        for (int j = 0; j < links[r]; j++)
            s += graph[(long)link[r * nodes + j] * ldx];
        a[(long)r * lda] = s;
    }
}

static void gather(float *a, int lda, const float *x, int ldx, const uint8_t *links,
                   const uint8_t *link, int nodes, float k, int B, int C)
{
    int c = 0;
    for (; c + GATHER_REGS * LANES <= C; c += GATHER_REGS * LANES)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, GATHER_REGS);
    for (; c + LANES <= C; c += LANES)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, 1);
    for (; c < C; c++)
        gather_column(a + c, lda, x + c, ldx, links, link, nodes, k, B);
}
