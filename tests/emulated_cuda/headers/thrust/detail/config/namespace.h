/* In the place of Thrust's file of this name, from which CuPy's complex numbers take two macros. */
#pragma once
#define THRUST_NAMESPACE_BEGIN namespace thrust {
#define THRUST_NAMESPACE_END }
