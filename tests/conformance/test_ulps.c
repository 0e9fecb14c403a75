/* The elementwise kernels against functions of double, in every vector unit: how far they are off, in units
 * of the last place, over a sample of all floats or over all of them.
 *
 *     conformance_ulps [stride [first [name...]]]      every stride-th float from `first` on; 1: all of them
 *
 * Functions are walked side by side, one process each, on all cores. CONFORMANCE_README, where it is set,
 * names the file that shows the bounds: what it shows and what is demanded must be the same. */
#define _DEFAULT_SOURCE /* fork, sysconf */
#include "functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 4096, MOST_UNITS = 32 };

typedef struct Worst {
    double ulps;
    float x, y;
} Worst;

static void compare(const Kernels *k, const Function *f, const float *x, const double *expected, size_t n,
                    Worst *worst) {
    float y[CHUNK];
    kernel_of(k, f)(f->p, n, x, y);
    for (size_t i = 0; i < n; i++) {
        if ((double)y[i] == expected[i] || fabs((double)y[i] - expected[i]) <= f->absolute) continue;
        const double u = ulps(y[i], expected[i]);
        if (u > worst->ulps) *worst = (Worst){u, x[i], y[i]};
    }
}

static void compare_all(const Function *f, const float *x, size_t n, Worst *worst) {
    double expected[CHUNK];
    const Kernels *const *units = conformance_units();
    for (size_t i = 0; i < n; i++) expected[i] = reference_of(f, x[i]);
    for (size_t u = 0; units[u]; u++) compare(units[u], f, x, expected, n, &worst[u]);
}

/* One function in all units; not 0 where one of them is too far off. */
static int walk(const Function *f, uint32_t stride, uint32_t first) {
    Worst worst[MOST_UNITS] = {{0, 0, 0}};
    float x[CHUNK];
    size_t n = 0;
    int failures = 0;
    for (size_t i = 0; i < N_CORNERS; i++)
        for (int step = -1; step <= 1; step++)
            x[n++] = step == 0 ? corners[i] : nextafterf(corners[i], step < 0 ? -INFINITY : INFINITY);
    compare_all(f, x, n, worst);
    n = 0;
    for (uint64_t bits = first; bits <= UINT32_MAX; bits += stride) {
        const uint32_t b = (uint32_t)bits;
        memcpy(&x[n++], &b, sizeof b);
        if (n < CHUNK && bits + stride <= UINT32_MAX) continue;
        compare_all(f, x, n, worst);
        n = 0;
    }
    for (size_t u = 0; conformance_units()[u]; u++) {
        const int bad = worst[u].ulps > f->ulps;
        failures += bad;
        if (bad || stride == 1 || getenv("CONFORMANCE_VERBOSE"))
            printf("%s %-14s %-22s %.3f of %.2f: %.9g at %.9g, not %.9g\n", bad ? "FAILED" : "ok", f->name,
                   conformance_units()[u]->unit, worst[u].ulps, f->ulps, (double)worst[u].y,
                   (double)worst[u].x, reference_of(f, worst[u].x));
    }
    return failures != 0;
}

static int is_wanted(const Function *f, int n, char **names) {
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], f->name) == 0) return 1;
    return n == 0;
}

static int wait_for_one(void) {
    int status = 1;
    return wait(&status) < 0 || status != 0;
}

/* The line of a function in the table of bounds. */
static void line_of(const Function *f, char *line, size_t size) {
    const int n = snprintf(line, size, "| %s | %.2f |", f->name, f->ulps);
    snprintf(line + n, size - (size_t)n, f->absolute > 0 ? " %.2g |" : " |", f->absolute);
}

static int check_readme(const char *path) {
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    if (!file) return 1;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    int failures = 0;
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        char line[160];
        line_of(&functions[i], line, sizeof line);
        if (strstr(text, line)) continue;
        printf("%s should have the line: %s\n", path, line);
        failures = 1;
    }
    return failures;
}

int main(int argc, char **argv) {
    const uint32_t stride = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 4093;
    const uint32_t first = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const char *readme = getenv("CONFORMANCE_README");
    long running = 0;
    int failures = readme ? check_readme(readme) : 0;
    if (stride == 0) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        if (!is_wanted(&functions[i], argc > 3 ? argc - 3 : 0, argv + 3)) continue;
        if (running == cores) {
            failures += wait_for_one();
            running--;
        }
        const pid_t child = fork();
        if (child == 0) _exit(walk(&functions[i], stride, first));
        if (child < 0) return 1;
        running++;
    }
    for (; running > 0; running--) failures += wait_for_one();
    printf("%s: every %u-th float from %u on\n", failures ? "too far off" : "within the bounds",
           (unsigned)stride, (unsigned)first);
    return failures != 0;
}
