/* Declares what the header UP_DECLARATIONS holds twice, for float and for double.
 *
 *     #define UP_DECLARATIONS "stages/kernels/reduce_reals.h"
 *     #include "stages/kernels/both_reals.h"
 *
 * That header has no include guard and reads as if there were one type, `real`. It begins with
 * a line `#define NAME UP_R(NAME)` for every name that it declares: NAME_f32 and NAME_f64 are
 * what others see, NAME is what files see that are compiled once for each type (real.h). */
#ifdef UP_R
#error "stages/kernels/real.h comes after all other includes"
#endif

#define real float
#define UP_R(name) name##_f32
#include UP_DECLARATIONS
#undef real
#undef UP_R

#define real double
#define UP_R(name) name##_f64
#include UP_DECLARATIONS
#undef real
#undef UP_R
#undef UP_DECLARATIONS
