/* cuBLAS as far as CuPy's dot, matmul and tensordot call it: matrices by columns, sums in double precision, no tensor cores.
 *
 * Each function first reports its name and the memory that it uses; the answer is the status that it returns: 0, or an error if the
 * memory is another device's, or nothing more to do if kernels are not executed. What is missing here is made by libraries.py, and
 * answers NOT_SUPPORTED.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, ALLOC_FAILED = 3, INVALID_VALUE = 7, NOT_SUPPORTED = 15, SKIP = -1 };
enum { FLOAT = 0, DOUBLE = 1, HALF = 2 };                                    /* cudaDataType: CUDA_R_32F, CUDA_R_64F, CUDA_R_16F */
enum { COMPUTE_HALF = 64, COMPUTE_DOUBLE = 70, COMPUTE_DOUBLE_PEDANTIC = 71 }; /* cublasComputeType */

int (*report)(const char *name, const void *a, const void *b, const void *c);

/* ---- Elements of three types, read and written as doubles. */
static double half_to_double(uint16_t h) {
    int exponent = h >> 10 & 31, fraction = h & 0x3ff;
    double size = exponent == 31  ? (fraction ? NAN : INFINITY)
                  : exponent == 0 ? ldexp(fraction, -24)
                                  : ldexp(fraction + 1024, exponent - 25);
    return h & 0x8000 ? -size : size;
}

static uint16_t double_to_half(double x) {
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    double size = fabs(x);
    if (isnan(x)) return sign | 0x7e00;
    if (size >= 65520) return sign | 0x7c00;                                 /* rounds beyond the largest, 65504 */
    int exponent;
    frexp(size, &exponent);                                                  /* size = f 2^exponent, 1/2 <= f < 1 */
    if (exponent < -13) return sign | (uint16_t)rint(ldexp(size, 24));       /* subnormal: a multiple of 2^-24 */
    double fraction = rint(ldexp(size, 11 - exponent));                      /* from 1024 to 2048, ties to even */
    return sign | (uint16_t)(((exponent + 14) << 10) + (fraction - 1024));   /* 2048 carries into the exponent */
}

static double load(const void *array, int type, long long k) {
    if (type == FLOAT) return ((const float *)array)[k];
    if (type == DOUBLE) return ((const double *)array)[k];
    return half_to_double(((const uint16_t *)array)[k]);
}

static void store(void *array, int type, long long k, double value) {
    if (type == FLOAT) ((float *)array)[k] = value;
    else if (type == DOUBLE) ((double *)array)[k] = value;
    else ((uint16_t *)array)[k] = double_to_half(value);
}

static double scalar(const void *place, int compute) {
    int type = compute == COMPUTE_DOUBLE || compute == COMPUTE_DOUBLE_PEDANTIC ? DOUBLE : compute == COMPUTE_HALF ? HALF : FLOAT;
    return load(place, type, 0);
}

/* ---- C = alpha op(A) op(B) + beta C, with op(A) of m rows and k columns. */
static int gemm(int transposed_a, int transposed_b, int m, int n, int k, double alpha, const void *a, int a_type, long long a_step,
                const void *b, int b_type, long long b_step, double beta, void *c, int c_type, long long c_step) {
    if (a_type > HALF || b_type > HALF || c_type > HALF) return NOT_SUPPORTED;
    if (m < 0 || n < 0 || k < 0) return INVALID_VALUE;
    double *left = malloc(((size_t)m * k + m + 1) * sizeof(double)), *column = left ? left + (size_t)m * k : 0;
    if (!left) return ALLOC_FAILED;
    for (int l = 0; l < k; l++)
        for (int i = 0; i < m; i++)
            left[(size_t)l * m + i] = load(a, a_type, transposed_a ? l + i * a_step : i + l * a_step);
    for (int j = 0; j < n; j++) {
        memset(column, 0, m * sizeof(double));
        for (int l = 0; l < k; l++) {
            double factor = load(b, b_type, transposed_b ? j + l * b_step : l + j * b_step);
            for (int i = 0; i < m; i++) column[i] += left[(size_t)l * m + i] * factor;
        }
        for (int i = 0; i < m; i++) {
            long long at = i + j * c_step;
            store(c, c_type, at, alpha * column[i] + (beta ? beta * load(c, c_type, at) : 0));
        }
    }
    free(left);
    return SUCCESS;
}

static const void *moved(const void *array, int type, long long count) {
    return (const char *)array + count * (type == DOUBLE ? 8 : type == FLOAT ? 4 : 2);
}

#define REPORT(name, a, b, c) \
    int answer = report(name, a, b, c); \
    if (answer) return answer == SKIP ? SUCCESS : answer;

int cublasGemmStridedBatchedEx(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda,
                               long long a_stride, const void *b, int b_type, int ldb, long long b_stride, const void *beta, void *c,
                               int c_type, int ldc, long long c_stride, int count, int compute, int algorithm) {
    REPORT("cublasGemmStridedBatchedEx", a, b, c)
    for (int q = 0; q < count && !answer; q++)
        answer = gemm(ta, tb, m, n, k, scalar(alpha, compute), moved(a, a_type, q * a_stride), a_type, lda, moved(b, b_type, q * b_stride),
                      b_type, ldb, scalar(beta, compute), (void *)moved(c, c_type, q * c_stride), c_type, ldc);
    return answer;
}

int cublasGemmEx(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda, const void *b,
                 int b_type, int ldb, const void *beta, void *c, int c_type, int ldc, int compute, int algorithm) {
    REPORT("cublasGemmEx", a, b, c)
    return gemm(ta, tb, m, n, k, scalar(alpha, compute), a, a_type, lda, b, b_type, ldb, scalar(beta, compute), c, c_type, ldc);
}

int cublasSgemmEx(void *handle, int ta, int tb, int m, int n, int k, const float *alpha, const void *a, int a_type, int lda, const void *b,
                  int b_type, int ldb, const float *beta, void *c, int c_type, int ldc) {
    REPORT("cublasSgemmEx", a, b, c)
    return gemm(ta, tb, m, n, k, *alpha, a, a_type, lda, b, b_type, ldb, *beta, c, c_type, ldc);
}

/* ---- The same for one type, and the operations on vectors: S is float, D is double. */
#define FUNCTIONS_OF(S, T, type) \
    int cublas##S##gemm_v2(void *handle, int ta, int tb, int m, int n, int k, const T *alpha, const T *a, int lda, const T *b, int ldb, \
                           const T *beta, T *c, int ldc) { \
        REPORT("cublas" #S "gemm", a, b, c) \
        return gemm(ta, tb, m, n, k, *alpha, a, type, lda, b, type, ldb, *beta, c, type, ldc); \
    } \
    int cublas##S##gemmStridedBatched(void *handle, int ta, int tb, int m, int n, int k, const T *alpha, const T *a, int lda, \
                                      long long a_stride, const T *b, int ldb, long long b_stride, const T *beta, T *c, int ldc, \
                                      long long c_stride, int count) { \
        REPORT("cublas" #S "gemmStridedBatched", a, b, c) \
        for (int q = 0; q < count && !answer; q++) \
            answer = gemm(ta, tb, m, n, k, *alpha, a + q * a_stride, type, lda, b + q * b_stride, type, ldb, *beta, c + q * c_stride, \
                          type, ldc); \
        return answer; \
    } \
    int cublas##S##gemmBatched(void *handle, int ta, int tb, int m, int n, int k, const T *alpha, const T **a, int lda, const T **b, \
                               int ldb, const T *beta, T **c, int ldc, int count) { \
        REPORT("cublas" #S "gemmBatched", a, b, c) \
        for (int q = 0; q < count && !answer; q++) \
            answer = gemm(ta, tb, m, n, k, *alpha, a[q], type, lda, b[q], type, ldb, *beta, c[q], type, ldc); \
        return answer; \
    } \
    int cublas##S##gemv_v2(void *handle, int transposed, int m, int n, const T *alpha, const T *a, int lda, const T *x, int x_step, \
                           const T *beta, T *y, int y_step) { \
        REPORT("cublas" #S "gemv", a, x, y) \
        for (int i = 0; i < (transposed ? n : m); i++) { \
            double sum = 0; \
            for (int j = 0; j < (transposed ? m : n); j++) \
                sum += (double)a[transposed ? j + (long long)i * lda : i + (long long)j * lda] * x[(long long)j * x_step]; \
            T *place = y + (long long)i * y_step; \
            *place = *alpha * sum + (*beta ? *beta * *place : 0); \
        } \
        return SUCCESS; \
    } \
    int cublas##S##ger_v2(void *handle, int m, int n, const T *alpha, const T *x, int x_step, const T *y, int y_step, T *a, int lda) { \
        REPORT("cublas" #S "ger", x, y, a) \
        for (int j = 0; j < n; j++) \
            for (int i = 0; i < m; i++) a[i + (long long)j * lda] += *alpha * x[(long long)i * x_step] * y[(long long)j * y_step]; \
        return SUCCESS; \
    } \
    int cublas##S##dot_v2(void *handle, int n, const T *x, int x_step, const T *y, int y_step, T *result) { \
        REPORT("cublas" #S "dot", x, y, result) \
        double sum = 0; \
        for (int i = 0; i < n; i++) sum += (double)x[(long long)i * x_step] * y[(long long)i * y_step]; \
        *result = sum; \
        return SUCCESS; \
    } \
    int cublas##S##nrm2_v2(void *handle, int n, const T *x, int x_step, T *result) { \
        REPORT("cublas" #S "nrm2", x, result, result) \
        double norm = 0; \
        for (int i = 0; i < n; i++) norm = hypot(norm, x[(long long)i * x_step]); \
        *result = norm; \
        return SUCCESS; \
    } \
    int cublas##S##asum_v2(void *handle, int n, const T *x, int x_step, T *result) { \
        REPORT("cublas" #S "asum", x, result, result) \
        double sum = 0; \
        for (int i = 0; i < n; i++) sum += fabs(x[(long long)i * x_step]); \
        *result = sum; \
        return SUCCESS; \
    } \
    int cublas##S##scal_v2(void *handle, int n, const T *alpha, T *x, int x_step) { \
        REPORT("cublas" #S "scal", x, x, x) \
        for (int i = 0; i < n; i++) x[(long long)i * x_step] *= *alpha; \
        return SUCCESS; \
    } \
    int cublas##S##axpy_v2(void *handle, int n, const T *alpha, const T *x, int x_step, T *y, int y_step) { \
        REPORT("cublas" #S "axpy", x, y, y) \
        for (int i = 0; i < n; i++) y[(long long)i * y_step] += *alpha * x[(long long)i * x_step]; \
        return SUCCESS; \
    }
FUNCTIONS_OF(S, float, FLOAT)
FUNCTIONS_OF(D, double, DOUBLE)

/* ---- What a handle keeps. */
static int pointer_mode, math_mode;
static void *stream;
int cublasCreate_v2(void **handle) { *handle = &stream; return SUCCESS; }
int cublasDestroy_v2(void *handle) { return SUCCESS; }
int cublasSetStream_v2(void *handle, void *given) { stream = given; return SUCCESS; }
int cublasGetStream_v2(void *handle, void **given) { *given = stream; return SUCCESS; }
int cublasSetPointerMode_v2(void *handle, int mode) { pointer_mode = mode; return SUCCESS; }
int cublasGetPointerMode_v2(void *handle, int *mode) { *mode = pointer_mode; return SUCCESS; }
int cublasSetMathMode(void *handle, int mode) { math_mode = mode; return SUCCESS; }
int cublasGetMathMode(void *handle, int *mode) { *mode = math_mode; return SUCCESS; }
int cublasGetVersion_v2(void *handle, int *version) { *version = 120900; return SUCCESS; }
