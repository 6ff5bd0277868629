/* The one file that knows about processors. */
#include "stages/kernels/block/variants.h"

#include "store/base/err.h"

const char *const up_isa_name[UP_ISAS] = {"portable", "avx2", "avx512"};

static const struct {
    const struct up_block_f32 *f32;
    const struct up_block_f64 *f64;
} variants[UP_ISAS] = {
    [UP_ISA_PORTABLE] = {&up_block_portable_f32, &up_block_portable_f64},
#if defined __x86_64__
    [UP_ISA_AVX2] = {&up_block_avx2_f32, &up_block_avx2_f64},
    [UP_ISA_AVX512] = {&up_block_avx512_f32, &up_block_avx512_f64},
#endif
};

static bool is_supported(enum up_isa isa)
{
#if defined __x86_64__
    if (isa == UP_ISA_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("popcnt");
    if (isa == UP_ISA_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("popcnt");
#endif
    return isa == UP_ISA_PORTABLE;
}

enum up_isa up_isa_best(void)
{
    return is_supported(UP_ISA_AVX512) ? UP_ISA_AVX512
           : is_supported(UP_ISA_AVX2) ? UP_ISA_AVX2
                                       : UP_ISA_PORTABLE;
}

const struct up_block_f32 *up_block_f32(enum up_isa isa)
{
    UP_CHECK(is_supported(isa));
    return variants[isa].f32;
}

const struct up_block_f64 *up_block_f64(enum up_isa isa)
{
    UP_CHECK(is_supported(isa));
    return variants[isa].f64;
}
