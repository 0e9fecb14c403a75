/* Times calls of any engine: a C function and its arguments, each the size of a pointer. Loaded into the
 * worker's Python, so that no interpreter runs between two calls. Calls shorter than the clock's own cost
 * are timed in blocks.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>

typedef struct {
    void *(*function)(void *, void *, void *, void *, void *, void *, void *, void *);
    void *arguments[8];
} Call;

enum { MOST = 1 << 16 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void *timer_call(const Call *c) {
    void *const *a = c->arguments;
    return c->function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

/* Calls for about so many seconds, thrice at least (once where a call takes longer than half a second). Gives
 * the shortest and the median time of a call, in seconds. */
void timer_measure(const Call *call, double seconds, double *shortest, double *median) {
    static double times[MOST];
    double start = now();
    timer_call(call); /* and warms the caches after the engine before */
    double one = now() - start;
    size_t block = one < 5e-6 ? (size_t)(1e-5 / (one + 1e-8)) + 1 : 1, least = one < 0.5 ? 3 : 1, n = 0;
    while (n < MOST && (n < least || now() - start < seconds)) {
        double begin = now();
        for (size_t i = 0; i < block; i++) timer_call(call);
        times[n++] = (now() - begin) / (double)block;
    }
    qsort(times, n, sizeof times[0], compare);
    *shortest = times[0];
    *median = times[n / 2];
}
