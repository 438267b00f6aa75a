/* What stands before the text of every kernel, and is precompiled: CUDA's language, then the headers of CuPy that nearly all kernels use. */
#include "cuda_on_cpu.h"
#include <cupy/complex.cuh>
#include <cupy/carray.cuh>
#include <cupy/float16.cuh>
#include <cupy/atomics.cuh>
#include <cupy/math_constants.h>
