#include "stages/nn/matmul.h"

#include <immintrin.h>
#include <stddef.h>

/* A tile of ROWS x 16 of C lives in registers while k runs. B is read 16 columns at a
 * time; a transposed B is first turned, DEEP rows of 16, into a panel on the stack. */
enum { ROWS = 6, WIDE = 16, DEEP = 256 };
#define SIMD __attribute__((target("avx2,fma")))
#define INLINE SIMD inline __attribute__((always_inline))
#ifdef __clang__ /* the tile is in registers only when its loops are unrolled */
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 6")
#endif

struct side { /* element (row i, step k) of op(A) is p[i * row + k * step] */
    const float *p;
    long row, step;
};

/* Eight floats, or the first of them, the mask's sign bits saying which. */
static INLINE __m256 load(const float *p, const __m256i *mask)
{
    return mask ? _mm256_maskload_ps(p, *mask) : _mm256_loadu_ps(p);
}

static INLINE void store(float *p, const __m256i *mask, __m256 v)
{
    if (mask)
        _mm256_maskstore_ps(p, *mask, v);
    else
        _mm256_storeu_ps(p, v);
}

/* mask[2]: of the sixteen columns; NULL: all of them. */
static INLINE void tile(float *c, long ldc, struct side a, const float *b, long ldb, int rows,
                        int k, int add, const __m256i *mask)
{
    const __m256i *lo = mask, *hi = mask ? mask + 1 : mask;
    __m256 s[ROWS][2];
    UNROLL
    for (int i = 0; i < rows; i++) {
        s[i][0] = add ? load(c + i * ldc, lo) : _mm256_setzero_ps();
        s[i][1] = add ? load(c + i * ldc + 8, hi) : _mm256_setzero_ps();
    }
    for (int t = 0; t < k; t++, a.p += a.step, b += ldb) {
        __m256 p = load(b, lo), q = load(b + 8, hi);
        UNROLL
        for (int i = 0; i < rows; i++) {
            __m256 x = _mm256_set1_ps(a.p[i * a.row]);
            s[i][0] = _mm256_fmadd_ps(x, p, s[i][0]);
            s[i][1] = _mm256_fmadd_ps(x, q, s[i][1]);
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++) {
        store(c + i * ldc, lo, s[i][0]);
        store(c + i * ldc + 8, hi, s[i][1]);
    }
}

/* Sixteen columns of C, or those of the mask; all rows. */
static INLINE void columns(float *c, long ldc, struct side a, const float *b, long ldb, int m,
                           int k, int add, const __m256i *mask)
{
    for (; m >= ROWS; m -= ROWS, c += ROWS * ldc, a.p += ROWS * a.row)
        tile(c, ldc, a, b, ldb, ROWS, k, add, mask);
    switch (m) {
    case 5:
        tile(c, ldc, a, b, ldb, 5, k, add, mask);
        break;
    case 4:
        tile(c, ldc, a, b, ldb, 4, k, add, mask);
        break;
    case 3:
        tile(c, ldc, a, b, ldb, 3, k, add, mask);
        break;
    case 2:
        tile(c, ldc, a, b, ldb, 2, k, add, mask);
        break;
    case 1:
        tile(c, ldc, a, b, ldb, 1, k, add, mask);
        break;
    default:
        break;
    }
}

SIMD static void columns_all(float *c, long ldc, struct side a, const float *b, long ldb, int m,
                             int k, int add)
{
    columns(c, ldc, a, b, ldb, m, k, add, NULL);
}

SIMD static void columns_first(float *c, long ldc, struct side a, const float *b, long ldb,
                               int m, int n, int k, int add)
{
    __m256i at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i mask[2] = {_mm256_cmpgt_epi32(_mm256_set1_epi32(n), at),
                       _mm256_cmpgt_epi32(_mm256_set1_epi32(n - 8), at)};
    columns(c, ldc, a, b, ldb, m, k, add, mask);
}

/* panel[k][n] from b[n][k]. */
static void turn(float *panel, const float *b, long ldb, int n, int k)
{
    for (int j = 0; j < n; j++)
        for (int t = 0; t < k; t++)
            panel[t * WIDE + j] = b[j * ldb + t];
}

void up_matmul(float *c, int ldc, const float *a, int lda, enum up_trans ta, const float *b,
               int ldb, enum up_trans tb, int m, int n, int k, int add)
{
    float panel[DEEP * WIDE];
    for (int j = 0; j < n; j += WIDE) {
        int wide = n - j < WIDE ? n - j : WIDE;
        for (int t = 0; t < k; t += DEEP) {
            int deep = k - t < DEEP ? k - t : DEEP;
            struct side s = {ta == UP_T ? a + (long)t * lda : a + t, ta == UP_T ? 1 : lda,
                             ta == UP_T ? lda : 1};
            const float *p = b + (long)t * ldb + j;
            long ldp = ldb;
            if (tb == UP_T) {
                turn(panel, b + (long)j * ldb + t, ldb, wide, deep);
                p = panel;
                ldp = WIDE;
            }
            if (wide == WIDE)
                columns_all(c + j, ldc, s, p, ldp, m, deep, add || t);
            else
                columns_first(c + j, ldc, s, p, ldp, m, wide, deep, add || t);
        }
    }
}
