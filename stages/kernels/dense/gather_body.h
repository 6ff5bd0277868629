/* dense.h's gather for one instruction set (simd.h): a row is added up in registers. */

enum { GATHER_REGS = 8 };

UP_INLINE void gather_strip(float *a, int lda, const float *x, int ldx, const uint8_t *links,
                            const uint8_t *link, int nodes, float k, int B, int regs)
{
    for (int r = 0; r < B; r++, a += lda) {
        const float *graph = x + (long)(r - r % nodes) * ldx, *at = x + (long)r * ldx;
        reg_f32 s[GATHER_REGS];
        for (int i = 0; i < regs; i++)
            s[i] = mul_f32(all_f32(k), load_f32(at + i * LANES_f32));
        for (int j = 0; j < links[r]; j++) {
            const float *from = graph + (long)link[r * nodes + j] * ldx;
            for (int i = 0; i < regs; i++)
                s[i] = add_f32(s[i], load_f32(from + i * LANES_f32));
        }
        for (int i = 0; i < regs; i++)
            store_f32(a + i * LANES_f32, s[i]);
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
    for (; c + GATHER_REGS * LANES_f32 <= C; c += GATHER_REGS * LANES_f32)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, GATHER_REGS);
    for (; c + LANES_f32 <= C; c += LANES_f32)
        gather_strip(a + c, lda, x + c, ldx, links, link, nodes, k, B, 1);
    for (; c < C; c++)
        gather_column(a + c, lda, x + c, ldx, links, link, nodes, k, B);
}
