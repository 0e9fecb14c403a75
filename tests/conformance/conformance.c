/* Buffers with guards, numbers and verdicts of the conformance tests. */
#include "conformance.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The copies: UNIT(name, LMRT_LEVEL), from the build. */
#define UNIT(name, level) extern lmrt_kernel *const lmrt_functions_##name[];
#include CONFORMANCE_UNITS
#undef UNIT

enum { GUARD = 64, MOST_BUFFERS = 64, MOST_UNITS = 32 };
typedef struct Buffer {
    void *memory;
    size_t count; /* floats between the guards; doubles have none */
    bool guarded;
} Buffer;

static Buffer buffers[MOST_BUFFERS];
static size_t n_buffers, n_cases, n_failures;
static uint32_t state = 1;
static char current[256];
static size_t n_results, room, next_result; /* see Result */
static const char *first_unit, *this_unit;

/* A copy's functions in the order of kernels.def. */
static void add_unit(Kernels *unit, const char *name, lmrt_kernel *const *functions) {
    unit->unit = name;
    unit->lanes = LMRT_PANEL;
#define KERNEL(file, copies, result, name, parameters, arguments)                                            \
    unit->name = (result(*) parameters) * functions++;
#include "kernels.def"
#undef KERNEL
}

static bool has_level(int level) {
#if defined(__x86_64__)
    if (level == 3 && !(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")))
        return false;
    return level < 2 || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
#else
    return level < 2;
#endif
}

const Kernels *const *conformance_units(void) {
    static Kernels table[MOST_UNITS];
    static const Kernels *units[MOST_UNITS + 1];
    size_t n = 0;
#define UNIT(name, level)                                                                                    \
    if (has_level(level) && n < MOST_UNITS) {                                                                \
        add_unit(&table[n], #name, lmrt_functions_##name);                                                   \
        units[n] = &table[n];                                                                                \
        n++;                                                                                                 \
    }
#include CONFORMANCE_UNITS
#undef UNIT
    units[n] = NULL;
    return units;
}

static void *keep(size_t bytes, size_t count, bool is_guarded) {
    if (n_buffers == MOST_BUFFERS) abort();
    void *memory = malloc(bytes);
    if (!memory) abort();
    buffers[n_buffers++] = (Buffer){memory, count, is_guarded};
    return memory;
}

float *guarded(size_t n) {
    float *memory = keep((n + 2 * GUARD) * sizeof(float), n, true);
    for (size_t i = 0; i < n + 2 * GUARD; i++) memory[i] = NAN;
    return memory + GUARD;
}

double *guarded_f64(size_t n) {
    return (double *)(void *)guarded(2 * n);
}

/* Sums of a few of them cancel now and then, so both large and small results come up. */
static float number(void) {
    state = state * 1664525u + 1013904223u;
    const float x = (float)((state >> 8) + 1u) * 0x1p-24f;
    return state & 1u ? x : -x;
}

float *numbers(size_t n) {
    float *x = guarded(n);
    for (size_t i = 0; i < n; i++) x[i] = number();
    return x;
}

double *doubles(size_t n) {
    double *x = keep((n + 1) * sizeof(double), n, false);
    for (size_t i = 0; i < n; i++) x[i] = NAN;
    return x;
}

double *as_doubles(const float *x, size_t n) {
    double *out = doubles(n);
    for (size_t i = 0; i < n; i++) out[i] = (double)x[i];
    return out;
}

static void fail(const char *format, ...) {
    va_list args;
    if (++n_failures > 20) return;
    fprintf(stderr, "FAILED %s: ", current);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void release(void) {
    for (size_t b = 0; b < n_buffers; b++) {
        const float *memory = buffers[b].memory;
        for (size_t i = 0; buffers[b].guarded && i < GUARD; i++)
            if (!isnan(memory[i]) || !isnan(memory[GUARD + buffers[b].count + i])) {
                fail("wrote outside of buffer %zu of %zu floats", b, buffers[b].count);
                break;
            }
        free(buffers[b].memory);
    }
    n_buffers = 0;
    state = 1; /* each case has numbers of its own that do not hang on the cases before */
}

void testing(const Kernels *k, const char *format, ...) {
    va_list args;
    const int n = snprintf(current, sizeof current, "%s ", k->unit);
    va_start(args, format);
    vsnprintf(current + n, sizeof current - (size_t)n, format, args);
    va_end(args);
    n_cases++;
    if (!first_unit) first_unit = k->unit;
    if (k->unit != this_unit) next_result = 0;
    this_unit = k->unit;
}

/* ---- the same bits ---- */

/* What each case gave in the first unit, in order; later units are compared with it. */
typedef struct Result {
    uint64_t hash;
    char text[120];
} Result;

static Result *results;

static void compare_result(uint64_t hash) {
    const char *text = strchr(current, ' ');
    if (!text) return;
    if (this_unit == first_unit) {
        if (n_results == room) {
            room = room ? 2 * room : 1024;
            results = realloc(results, room * sizeof *results);
            if (!results) abort();
        }
        results[n_results].hash = hash;
        snprintf(results[n_results++].text, sizeof results->text, "%s", text);
    } else if (next_result >= n_results ||
               strncmp(results[next_result].text, text, sizeof results->text - 1) != 0)
        fail("this case did not come up in %s", first_unit);
    else if (results[next_result++].hash != hash)
        fail("other bits than in %s", first_unit);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
    return hash;
}

void record(const void *y, size_t n) {
#if defined(CONFORMANCE_SAME_BITS)
    uint64_t hash = 14695981039346656037u;
    const float nan = NAN; /* which NaN it is, is left open */
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, (const char *)y + i * sizeof v, sizeof v); /* bytes need not be aligned */
        if (isnan(v)) v = nan;
        hash = hash_bytes(hash, &v, sizeof v);
    }
    compare_result(hash);
#else
    (void)y;
    (void)n;
    (void)hash_bytes;
    (void)compare_result;
#endif
}

static void record_f64(const double *y, size_t n) {
#if defined(CONFORMANCE_SAME_BITS)
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) {
        const double v = isnan(y[i]) ? (double)NAN : y[i];
        hash = hash_bytes(hash, &v, sizeof v);
    }
    compare_result(hash);
#else
    (void)y;
    (void)n;
#endif
}

static bool close_enough(double y, double expected, double bound) {
    if (isnan(expected) || isnan(y)) return isnan(expected) && isnan(y);
    return y == expected || fabs(y - expected) <= bound; /* the first for infinities */
}

void expect_close(const float *y, const double *expected, const double *bound, size_t n) {
    record(y, n);
    for (size_t i = 0; i < n; i++) {
        if (close_enough((double)y[i], expected[i], bound ? bound[i] : 0)) continue;
        fail("[%zu of %zu] is %.9g, not %.9g (bound %.3g)", i, n, (double)y[i], expected[i],
             bound ? bound[i] : 0.0);
        return;
    }
}

void expect_close_f64(const double *y, const double *expected, const double *bound, size_t n) {
    record_f64(y, n);
    for (size_t i = 0; i < n; i++) {
        if (close_enough(y[i], expected[i], bound ? bound[i] : 0)) continue;
        fail("[%zu of %zu] is %.17g, not %.17g (bound %.3g)", i, n, y[i], expected[i],
             bound ? bound[i] : 0.0);
        return;
    }
}

void expect_bytes(const void *y, const void *expected, size_t bytes) {
#if defined(CONFORMANCE_SAME_BITS)
    if (bytes % sizeof(float) == 0)
        record(y, bytes / sizeof(float)); /* they may be floats, with NaN among them */
    else
        compare_result(hash_bytes(14695981039346656037u, y, bytes));
#endif
    if (bytes && memcmp(y, expected, bytes) != 0) fail("the bytes differ");
}

void expect_true(int condition, const char *text) {
    if (!condition) fail("%s", text);
}

double sum_bound(size_t terms, double magnitudes) {
    const double eps = (double)FLT_EPSILON / 2;
    return (double)(terms + 3) * eps * magnitudes * 1.01 + (double)FLT_TRUE_MIN;
}

double ulps(float y, double expected) {
    if (isnan(expected) || isnan(y)) return isnan(expected) && isnan(y) ? 0 : INFINITY;
    if ((double)y == expected || (isinf(y) && y == (float)expected)) return 0;
    int exponent;
    frexp(expected, &exponent);
    if (exponent < -125) exponent = -125; /* subnormals */
    if (exponent > 128) exponent = 128;
    const double got = isinf(y) ? copysign(0x1p128, (double)y) : (double)y;
    return fabs(got - expected) / ldexp(1, exponent - 24);
}

int conformance_result(void) {
#if defined(CONFORMANCE_SAME_BITS)
    uint64_t all = 0;
    for (size_t i = 0; i < n_results; i++) all = hash_bytes(all, &results[i].hash, sizeof all);
    printf("the same %016llx from every copy: ", (unsigned long long)all);
#endif
    free(results);
    printf("%zu cases, %zu failures\n", n_cases, n_failures);
    return n_failures == 0 ? 0 : 1;
}
