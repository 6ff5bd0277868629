#include "store/base/fp.h"

#include <fenv.h>

void up_fp_reset(void)
{
#if defined __x86_64__
    /* All exceptions masked and none pending, to nearest; subnormals as they are (no FTZ, no
     * DAZ); the x87 unit with 64 bits of significand. In instructions, since a library that
     * changes the state may stand before fesetenv as well. */
    static const unsigned mxcsr = 0x1f80;
    static const unsigned short x87 = 0x037f;
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
#else
    (void)fesetenv(FE_DFL_ENV);
#endif
}
