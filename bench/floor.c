/* What this machine reaches on one core, as JSON: float32 multiply-adds from registers (GFLOP/s), and
 * reading from each level of memory (GB/s). Vector extensions of the compiler, so that it measures what
 * -march=native gives anywhere.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float Vector __attribute__((vector_size(4 * LANES)));
enum { CHAINS = 12, TRIALS = 7 };

#define KEEP(v) __asm__ volatile("" : "+v"(v))

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double multiply_adds(void) {
    Vector sums[CHAINS], factor = {0}, term = {0};
    factor += 0.999f, term += 1e-7f;
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++)
        sums[i] = term; /* unrolled too: indexed once by a variable, the array would live in memory */
    long rounds = 2000000;
    double start = now();
    for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++) {
            sums[i] = sums[i] * factor + term;
            KEEP(sums[i]);
        }
    }
    double seconds = now() - start;
    return 2e-9 * LANES * CHAINS * (double)rounds / seconds;
}

static double reading(const float *from, size_t bytes) {
    size_t n = bytes / sizeof(Vector), rounds = ((size_t)1 << 29) / bytes + 1;
    const Vector *p = (const Vector *)(const void *)from;
    Vector sums[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) sums[i] = (Vector){0};
    double start = now();
    for (size_t r = 0; r < rounds; r++) {
        for (size_t i = 0; i + 8 <= n; i += 8) {
#pragma GCC unroll 8
            for (size_t j = 0; j < 8; j++) {
                sums[j] += p[i + j];
                KEEP(sums[j]);
            }
        }
    }
    return 1e-9 * (double)bytes * (double)rounds / (now() - start);
}

int main(void) {
    static const struct {
        const char *name;
        size_t bytes;
    } levels[] = {{"L1", 24 << 10}, {"L2", 384 << 10}, {"L3", 8 << 20}, {"DRAM", 512 << 20}};
    double best = 0, bandwidth[4] = {0};
    float *memory = aligned_alloc(1 << 21, levels[3].bytes);
    if (!memory) return 1;
    memset(memory, 0, levels[3].bytes);
    for (int trial = 0; trial < TRIALS; trial++) {
        double reached = multiply_adds();
        best = reached > best ? reached : best;
        for (int i = 0; i < 4; i++) {
            double read = reading(memory, levels[i].bytes);
            bandwidth[i] = read > bandwidth[i] ? read : bandwidth[i];
        }
    }
    printf("{\"GFLOP/s\": %.1f", best);
    for (int i = 0; i < 4; i++) printf(", \"%s\": %.1f", levels[i].name, bandwidth[i]);
    printf("}\n");
    free(memory);
    return 0;
}
