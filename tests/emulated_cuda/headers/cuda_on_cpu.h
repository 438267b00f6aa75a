/* What NVRTC knows before the first line of a kernel, for g++. threads.c is the other half: it runs the threads.
 *
 * It is kept lean, since every kernel begins with it: C's headers alone, none of the C++ library's.
 */
#pragma once
#ifndef _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS               /* math.h and stdlib.h of C itself, without <cmath> */
#endif
#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The language: where a function or a variable lives makes no difference here. Threads run one at a time, so shared memory is a
 * static variable, and a block begins when the block before it has ended. */
#define __device__
#define __host__
#define __global__
#define __constant__ static
#define __shared__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define CUDART_VERSION 12090

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
struct float2 { float x, y; };
struct double2 { double x, y; };
struct int2 { int x, y; };
struct float4 { float x, y, z, w; };
struct int4 { int x, y, z, w; };

#pragma GCC visibility push(default)
extern "C" {
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
extern char dynamic_shared_memory[];
void emulated_block_barrier();
void emulated_warp_barrier();
unsigned emulated_lane();
void emulated_shuffle(void *value, unsigned size, unsigned source);
unsigned emulated_ballot(unsigned mask, int vote);
}
#pragma GCC visibility pop
static const int warpSize = 32;

namespace emulated {

/* The few traits used here, without <type_traits>. */
template <bool yes, class T> struct where {};
template <class T> struct where<true, T> { typedef T type; };
template <class T> struct integer { static const bool value = false; };
#define INTEGER(T) template <> struct integer<T> { static const bool value = true; };
INTEGER(bool) INTEGER(char) INTEGER(signed char) INTEGER(unsigned char) INTEGER(short) INTEGER(unsigned short) INTEGER(int)
INTEGER(unsigned) INTEGER(long) INTEGER(unsigned long) INTEGER(long long) INTEGER(unsigned long long)
#undef INTEGER
template <class A, class B> struct real { static const bool value = integer<A>::value && integer<B>::value; };
template <class T, class F> inline T bits(F value) {
    static_assert(sizeof(T) == sizeof(F), "the same bits, another type");
    T result;
    memcpy(&result, &value, sizeof(T));
    return result;
}

/* A kernel is called as cuLaunchKernel is: with the addresses of its arguments. */
template <int...> struct numbers {};
template <class... A, int... k> inline void call(void (*kernel)(A...), void **arguments, numbers<k...>) {
    kernel(*(A *)arguments[k]...);
}
template <class... A> inline void call(void (*kernel)(A...), void **arguments) {
    call(kernel, arguments, numbers<__integer_pack(sizeof...(A))...>());
}

}  // namespace emulated

#define KERNEL_ENTRY(symbol, kernel) \
    extern "C" __attribute__((visibility("default"), externally_visible)) void run_##symbol(void **arguments) { emulated::call(&kernel, arguments); }

/* ---- Barriers. Between two of them a thread runs alone; see threads.c. */
static inline void __syncthreads() { emulated_block_barrier(); }
static inline void __syncwarp(unsigned = ~0u) { emulated_warp_barrier(); }
static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void __threadfence_system() {}

/* ---- Warps: a lane reads another's value, within groups of `width` lanes. All lanes of the warp must take part. */
namespace emulated {
template <class T> inline T shuffled(T value, unsigned source) {
    static_assert(sizeof(T) <= 16, "threads.c shows values of 16 bytes");
    emulated_shuffle(&value, sizeof(T), source);
    return value;
}
struct step_together {                                /* a scope that the threads of a warp enter together and leave together */
    step_together() { emulated_warp_barrier(); }
    ~step_together() { emulated_warp_barrier(); }
};
inline unsigned group(int width) { return emulated_lane() & ~(width - 1u); }
}  // namespace emulated
template <class T> inline T __shfl_sync(unsigned, T value, int lane, int width = 32) {
    return emulated::shuffled(value, emulated::group(width) + (lane & (width - 1)));
}
template <class T> inline T __shfl_up_sync(unsigned, T value, unsigned delta, int width = 32) {
    unsigned lane = emulated_lane(), first = emulated::group(width);
    return emulated::shuffled(value, lane < first + delta ? lane : lane - delta);
}
template <class T> inline T __shfl_down_sync(unsigned, T value, unsigned delta, int width = 32) {
    unsigned lane = emulated_lane(), end = emulated::group(width) + width;
    return emulated::shuffled(value, lane + delta < end ? lane + delta : lane);
}
template <class T> inline T __shfl_xor_sync(unsigned, T value, int mask, int width = 32) {
    unsigned lane = emulated_lane(), other = lane ^ mask;
    return emulated::shuffled(value, other < emulated::group(width) + width ? other : lane);
}
static inline unsigned __ballot_sync(unsigned mask, int vote) { return emulated_ballot(mask, vote); }
static inline int __any_sync(unsigned mask, int vote) { return emulated_ballot(mask, vote) != 0; }
static inline int __all_sync(unsigned mask, int vote) { return emulated_ballot(mask, !vote) == 0; }

static inline int __any(int vote) { return __any_sync(~0u, vote); }
static inline int __all(int vote) { return __all_sync(~0u, vote); }
static inline unsigned __ballot(int vote) { return __ballot_sync(~0u, vote); }

/* ---- Atomics: no other thread runs between the reading and the writing. All give what was there before. */
namespace emulated {
template <class T> inline T replace(T *place, T value) {
    T before = *place;
    *place = value;
    return before;
}
}  // namespace emulated
#define ATOMIC(name, T, result) \
    static inline T atomic##name(T *place, T value) { T before = *place; return emulated::replace<T>(place, result); }
#define ATOMIC_NUMBER(T) ATOMIC(Add, T, before + value) ATOMIC(Exch, T, value)
#define ATOMIC_INTEGER(T) \
    ATOMIC_NUMBER(T) \
    ATOMIC(Sub, T, before - value) \
    ATOMIC(Max, T, before > value ? before : value) \
    ATOMIC(Min, T, before < value ? before : value) \
    ATOMIC(And, T, before & value) \
    ATOMIC(Or, T, before | value) \
    ATOMIC(Xor, T, before ^ value) \
    static inline T atomicCAS(T *place, T expected, T value) { \
        T before = *place; \
        if (before == expected) *place = value; \
        return before; \
    }
ATOMIC_INTEGER(int) ATOMIC_INTEGER(unsigned) ATOMIC_INTEGER(unsigned long long) ATOMIC_NUMBER(float) ATOMIC_NUMBER(double)
ATOMIC(Max, long long, before > value ? before : value) ATOMIC(Min, long long, before < value ? before : value)
#undef ATOMIC
#undef ATOMIC_NUMBER
#undef ATOMIC_INTEGER

/* ---- Mathematics: CUDA overloads C's names for float, and takes integers as doubles. */
#undef isnan
#undef isinf
#undef isfinite
#undef signbit
#define CLASSIFY(name) \
    static inline bool name(float x) { return __builtin_##name(x); } \
    static inline bool name(double x) { return __builtin_##name(x); } \
    template <class T> inline typename emulated::where<emulated::integer<T>::value, bool>::type name(T x) { return name((double)x); }
CLASSIFY(isnan) CLASSIFY(isinf) CLASSIFY(isfinite) CLASSIFY(signbit)
#undef CLASSIFY
#define ONE(name) \
    static inline float name(float x) { return name##f(x); } \
    template <class T> inline typename emulated::where<emulated::integer<T>::value, double>::type name(T x) { return name((double)x); }
#define TWO(name) \
    static inline float name(float x, float y) { return name##f(x, y); } \
    static inline double name(float x, double y) { return name((double)x, y); } \
    static inline double name(double x, float y) { return name(x, (double)y); } \
    template <class A, class B> inline typename emulated::where<emulated::integer<A>::value || emulated::integer<B>::value, double>::type \
    name(A x, B y) { return name((double)x, (double)y); }
ONE(acos) ONE(acosh) ONE(asin) ONE(asinh) ONE(atan) ONE(atanh) ONE(cbrt) ONE(ceil) ONE(cos) ONE(cosh) ONE(erf) ONE(erfc) ONE(exp)
ONE(exp2) ONE(expm1) ONE(fabs) ONE(floor) ONE(lgamma) ONE(log) ONE(log10) ONE(log1p) ONE(log2) ONE(logb) ONE(nearbyint) ONE(rint)
ONE(round) ONE(sin) ONE(sinh) ONE(sqrt) ONE(tan) ONE(tanh) ONE(tgamma) ONE(trunc) ONE(j0) ONE(j1) ONE(y0) ONE(y1)
TWO(atan2) TWO(copysign) TWO(fdim) TWO(fmax) TWO(fmin) TWO(fmod) TWO(hypot) TWO(nextafter) TWO(pow) TWO(remainder)
#undef ONE
#undef TWO
static inline float fma(float x, float y, float z) { return fmaf(x, y, z); }
static inline float ldexp(float x, int n) { return ldexpf(x, n); }
static inline float scalbn(float x, int n) { return scalbnf(x, n); }
static inline float frexp(float x, int *n) { return frexpf(x, n); }
static inline float modf(float x, float *whole) { return modff(x, whole); }
static inline int ilogb(float x) { return ilogbf(x); }
static inline float abs(float x) { return fabsf(x); }
static inline double abs(double x) { return fabs(x); }
static inline long abs(long x) { return labs(x); }
static inline long long abs(long long x) { return llabs(x); }

/* The least and the greatest: of floats as fmin and fmax, which pass over NaN; of integers of two types in the type they have together. */
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline double min(float a, double b) { return fmin(a, b); }
static inline double max(float a, double b) { return fmax(a, b); }
static inline double min(double a, float b) { return fmin(a, b); }
static inline double max(double a, float b) { return fmax(a, b); }
#define BOTH_INTEGERS(A, B) typename emulated::where<emulated::real<A, B>::value, decltype(A() + B())>::type
template <class A, class B> inline BOTH_INTEGERS(A, B) min(A a, B b) { decltype(A() + B()) x = a, y = b; return x < y ? x : y; }
template <class A, class B> inline BOTH_INTEGERS(A, B) max(A a, B b) { decltype(A() + B()) x = a, y = b; return x > y ? x : y; }
#undef BOTH_INTEGERS

/* What CUDA has and C lacks. */
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline float rsqrt(float x) { return 1 / sqrtf(x); }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
static inline double rcbrt(double x) { return 1 / cbrt(x); }
static inline double sinpi(double x) { return sin(M_PI * x); }
static inline double cospi(double x) { return cos(M_PI * x); }
static inline double normcdf(double x) { return 0.5 * erfc(-x * M_SQRT1_2); }
static inline float normcdf(float x) { return 0.5f * erfcf(-x * (float)M_SQRT1_2); }
static inline float normcdff(float x) { return normcdf(x); }
static inline double erfcx(double x) { return exp(x * x) * erfc(x); }
static inline float erfcxf(float x) { return (float)erfcx(x); }
/* C's library keeps these names for itself. */
#define __expf expf
#define __logf logf
#define __powf powf
static inline float __fdividef(float x, float y) { return x / y; }

/* Bessel's functions I0 and I1: the sum of (x/2)^(2k + n) / (k! (k + n)!), whose terms have one sign. */
static inline double emulated_bessel_i(int n, double x) {
    double term = n ? x / 2 : 1, sum = term;
    for (int k = 1; fabs(term) > fabs(sum) * 1e-17; k++) sum += term *= x / 2 * (x / 2) / k / (k + n);
    return sum;
}
static inline double cyl_bessel_i0(double x) { return emulated_bessel_i(0, x); }
static inline double cyl_bessel_i1(double x) { return emulated_bessel_i(1, x); }
static inline float cyl_bessel_i0(float x) { return (float)emulated_bessel_i(0, x); }
static inline float cyl_bessel_i1(float x) { return (float)emulated_bessel_i(1, x); }
static inline float cyl_bessel_i0f(float x) { return (float)emulated_bessel_i(0, x); }
static inline float cyl_bessel_i1f(float x) { return (float)emulated_bessel_i(1, x); }

/* erfinv: Winitzki's closed form, then Newton's steps on erf(y) = x with erf'(y) = 2/sqrt(pi) exp(-y*y); near the ends on erfc. */
static inline double erfinv(double x) {
    if (!(x > -1 && x < 1)) return x == 1 ? HUGE_VAL : x == -1 ? -HUGE_VAL : NAN;
    double size = fabs(x), tail = log((1 - size) * (1 + size)), half = 2 / (M_PI * 0.147) + tail / 2;
    double y = sqrt(sqrt(half * half - tail / 0.147) - half);
    for (int k = 0; k < 4; k++) y -= (size < 0.5 ? erf(y) - size : (1 - size) - erfc(y)) * exp(y * y) * (sqrt(M_PI) / 2);
    return copysign(y, x);
}
static inline float erfinv(float x) { return (float)erfinv((double)x); }
static inline float erfinvf(float x) { return erfinv(x); }
static inline double erfcinv(double x) { return erfinv(1 - x); }
static inline double normcdfinv(double x) { return M_SQRT2 * erfinv(2 * x - 1); }
static inline float normcdfinvf(float x) { return (float)normcdfinv(x); }

/* ---- Integers, bits, and the cached reading that is reading. */
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __ffsll(long long x) { return __builtin_ffsll(x); }
static inline unsigned __umulhi(unsigned x, unsigned y) { return (unsigned long long)x * y >> 32; }
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) { return (unsigned __int128)x * y >> 64; }
static inline int __float_as_int(float x) { return emulated::bits<int>(x); }
static inline float __int_as_float(int x) { return emulated::bits<float>(x); }
static inline unsigned __float_as_uint(float x) { return emulated::bits<unsigned>(x); }
static inline float __uint_as_float(unsigned x) { return emulated::bits<float>(x); }
static inline long long __double_as_longlong(double x) { return emulated::bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return emulated::bits<double>(x); }
template <class T> inline T __ldg(const T *place) { return *place; }

/* ---- Half precision, as bits: 1 sign, 5 exponent (bias 15), 10 fraction. To the nearest, ties to even. */
static inline unsigned short __float2half_rn(float value) {
    uint32_t x = emulated::bits<uint32_t>(value), sign = x >> 16 & 0x8000, fraction = x & 0x7fffff;
    int exponent = (int)(x >> 23 & 0xff) - 127 + 15;
    if ((x >> 23 & 0xff) == 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);             /* inf, NaN */
    if (exponent >= 31) return sign | 0x7c00;                                                /* too large: inf */
    if (exponent < -10) return sign;                                                         /* too small: 0 */
    int shift = exponent > 0 ? 13 : 14 - exponent;                                           /* how many bits are lost */
    uint32_t whole = exponent > 0 ? (uint32_t)exponent << 23 | fraction : fraction | 0x800000;
    uint32_t result = whole >> shift, lost = whole & ((1u << shift) - 1), half = 1u << (shift - 1);
    return sign | (result + (lost > half || (lost == half && (result & 1))));                /* a carry into the exponent is right */
}
static inline float __half2float(unsigned short value) {
    uint32_t sign = (uint32_t)(value & 0x8000) << 16, exponent = value >> 10 & 31, fraction = value & 0x3ff;
    if (exponent == 31) return emulated::bits<float>(sign | 0x7f800000 | fraction << 13);
    if (exponent == 0) return emulated::bits<float>(sign | emulated::bits<uint32_t>(ldexpf(fraction, -24)));
    return emulated::bits<float>(sign | (exponent + 112) << 23 | fraction << 13);
}
struct half;
template <class H = half> inline unsigned short __half_as_ushort(const H &value) { return emulated::bits<unsigned short>(value); }
template <class H = half> inline H __ushort_as_half(unsigned short value) { H result; memcpy(&result, &value, 2); return result; }
