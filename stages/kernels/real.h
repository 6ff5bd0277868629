/* The real type of a source file that is compiled once for float and once for double.
 *
 * Such a file is an ordinary .c file: it says `real` for the type, and its public names get the
 * suffix _f32 or _f64. CMake's up_variants compiles it with UP_REAL_F32 or UP_REAL_F64 defined;
 * without either, as in an editor, it is float. The names are declared for both types by
 * headers that go through both_reals.h, which map them: `#define up_dot UP_R(up_dot)`. This
 * header comes last among a file's includes. */
#ifndef UP_KERNELS_REAL_H
#define UP_KERNELS_REAL_H

#if defined UP_REAL_F64
#define real double
#define UP_R(name) name##_f64
#else
#define real float
#define UP_R(name) name##_f32
#endif

#endif
