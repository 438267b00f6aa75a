/* The prelude of kernels that call xsf (digamma, zeta ...), which wants the C++ library: that must come first, since its functions have the
 * names of CUDA's. */
#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#include <algorithm>
#include <cassert>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#define _GLIBCXX_MATH_H 1                             /* no <math.h> of C++ later, which would put its functions beside CUDA's */
#define _GLIBCXX_STDLIB_H 1
#include "prelude.h"
