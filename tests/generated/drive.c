/* Runs a model (-DMODEL=its descriptor) the way WAY says, in memory that shows what it touches. One line for
 * each fault on stdout, status 1 if there is any.
 *
 *   guards   each buffer against an unreadable page: at its end, then at its beginning; the same bits both
 * times memory   each buffer of the exact size from malloc, for AddressSanitizer and MemorySanitizer threads
 * 64 threads at once; the same bits from all state    the floating-point control words of the caller, other
 * than the usual ones as well, are as before stack    prints the bytes of stack that a run takes
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include HEADER
#include "model_data.h"

#if defined __has_feature
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define READ_ALL(p, n) __msan_check_mem_is_initialized(p, n)
#endif
#endif
#ifndef READ_ALL
#define READ_ALL(p, n) ((void)(p), (void)(n))
#endif

enum { MOST = 32, THREADS = 64, SAMPLES = 3, CANARY = 0x5a };
typedef enum { AT_END, AT_START, FROM_MALLOC } Place;

typedef struct Buffer {
    unsigned char *data, *base; /* base: of the pages or of malloc */
    size_t bytes, mapped;
} Buffer;

static void *checked(void *p) {
    if (!p || p == MAP_FAILED) {
        perror("memory");
        exit(3);
    }
    return p;
}

/* The gap that alignment leaves between a buffer's end and the page's is filled, and looked at by `intact`.
 */
static Buffer buffer_new(size_t bytes, size_t align, Place place) {
    Buffer b = {.bytes = bytes};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (place == FROM_MALLOC) {
        b.base = b.data = checked(malloc(bytes ? bytes : 1));
        return b;
    }
    const size_t inside = (bytes + page) / page * page;
    b.mapped = inside + 2 * page;
    b.base = checked(mmap(NULL, b.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (mprotect(b.base + page, inside, PROT_READ | PROT_WRITE) != 0) exit(3);
    memset(b.base + page, CANARY, inside);
    b.data = b.base + page + (place == AT_END ? (inside - bytes) / align * align : 0);
    return b;
}

static int intact(const Buffer *b) {
    if (!b->mapped) return 1;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (const unsigned char *p = b->base + page; p < b->base + b->mapped - page; p++)
        if ((p < b->data || p >= b->data + b->bytes) && *p != CANARY) return 0;
    return 1;
}

static void buffer_free(Buffer *b) {
    if (b->mapped)
        munmap(b->base, b->mapped);
    else
        free(b->base);
}

/* One call with all that it needs. Sparse inputs have one value in each sample, at the first place. */
typedef struct Run {
    lamina_call call;
    int64_t dims[MOST];
    Buffer in[MOST], out[MOST], workspace, state, row_ptr[MOST], index[MOST];
    lamina_csr csr[MOST];
    lamina_coo coo[MOST];
    const void *inputs[MOST];
    void *outputs[MOST];
    int status;
} Run;

static void sparse_input(Run *r, size_t i, Place place) {
    const lamina_tensor *t = &MODEL.inputs[i];
    const size_t n = r->call.batch, columns = t->format == LAMINA_CSR ? 1 : (size_t)t->rank;
    r->index[i] = buffer_new(n * columns * sizeof(int64_t), sizeof(int64_t), place);
    memset(r->index[i].data, 0, r->index[i].bytes);
    int64_t *index = (int64_t *)(void *)r->index[i].data;
    r->in[i] = buffer_new(n * element_size(t->dtype), element_size(t->dtype), place);
    fill(t, r->in[i].data, r->in[i].bytes);
    if (t->format == LAMINA_CSR) {
        r->row_ptr[i] = buffer_new((n + 1) * sizeof(int64_t), sizeof(int64_t), place);
        for (size_t k = 0; k <= n; k++) ((int64_t *)(void *)r->row_ptr[i].data)[k] = (int64_t)k;
        r->csr[i] = (lamina_csr){sizeof(lamina_csr), (int64_t)n, (int64_t *)(void *)r->row_ptr[i].data, index,
                                 r->in[i].data};
        r->inputs[i] = &r->csr[i];
    } else {
        for (size_t k = 0; k < n; k++) index[k * columns] = (int64_t)k;
        r->coo[i] = (lamina_coo){sizeof(lamina_coo), (int64_t)n, index, r->in[i].data};
        r->inputs[i] = &r->coo[i];
    }
}

static void run_prepare(Run *r, Place place, int64_t extent) {
    memset(r, 0, sizeof *r);
    lamina_call *call = &r->call;
    call->size = sizeof *call;
    const lamina_tensor *first = &MODEL.inputs[0];
    call->batch = first->rank > 0 && first->shape[0] >= 0 ? (size_t)first->shape[0] : SAMPLES;
    for (size_t i = 0; i < MODEL.n_dims; i++) r->dims[i] = extent;
    call->dims = MODEL.n_dims ? r->dims : NULL;
    for (size_t i = 0; i < MODEL.n_inputs; i++) {
        const lamina_tensor *t = &MODEL.inputs[i];
        if (t->format != LAMINA_DENSE) {
            sparse_input(r, i, place);
            continue;
        }
        r->in[i] = buffer_new(bytes_of(t, call->batch, r->dims), element_size(t->dtype), place);
        fill(t, r->in[i].data, r->in[i].bytes);
        r->inputs[i] = r->in[i].data;
    }
    for (size_t i = 0; i < MODEL.n_outputs; i++) {
        const lamina_tensor *t = &MODEL.outputs[i];
        r->out[i] = buffer_new(bytes_of(t, call->batch, r->dims), element_size(t->dtype), place);
        r->outputs[i] = r->out[i].data;
    }
    call->inputs = r->inputs;
    call->outputs = r->outputs;
    call->workspace_size = MODEL.workspace_bytes(call);
    r->workspace = buffer_new(call->workspace_size, MODEL.workspace_align ? MODEL.workspace_align : 1, place);
    call->workspace = r->workspace.data;
    r->state = buffer_new(MODEL.state_bytes, 16, place);
    if (MODEL.state_bytes) memset(r->state.data, 0, MODEL.state_bytes);
    call->state = MODEL.state_bytes ? r->state.data : NULL;
}

static void run_free(Run *r) {
    for (size_t i = 0; i < MOST; i++) {
        buffer_free(&r->in[i]);
        buffer_free(&r->out[i]);
        buffer_free(&r->row_ptr[i]);
        buffer_free(&r->index[i]);
    }
    buffer_free(&r->workspace);
    buffer_free(&r->state);
}

/* Run-time dimensions have a least size that only the model knows: the first that it takes. */
static int64_t extent_that_fits(void) {
    static const int64_t tried[] = {5, 9, 16, 33, 64};
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        Run r;
        run_prepare(&r, FROM_MALLOC, tried[i]);
        const int status = MODEL.run(&r.call);
        run_free(&r);
        if (status != LAMINA_E_DIMS) return tried[i];
    }
    return tried[0];
}

static void *run_once(void *argument) {
    Run *r = argument;
    r->status = MODEL.run(&r->call);
    return NULL;
}

static int check_run(Run *r, const char *what) {
    int faults = 0;
    if (r->status != LAMINA_OK) faults += !!printf("%s: status %d\n", what, r->status);
    for (size_t i = 0; i < MODEL.n_inputs; i++)
        if (!intact(&r->in[i])) faults += !!printf("%s: written beside input %zu\n", what, i);
    for (size_t i = 0; i < MODEL.n_outputs; i++) {
        if (!intact(&r->out[i])) faults += !!printf("%s: written beside output %zu\n", what, i);
        READ_ALL(r->out[i].data, r->out[i].bytes);
    }
    if (!intact(&r->workspace)) faults += !!printf("%s: written beside the workspace\n", what);
    if (!intact(&r->state)) faults += !!printf("%s: written beside the state\n", what);
    return faults;
}

static int compare(const Run *a, const Run *b, const char *what) {
    int faults = 0;
    for (size_t i = 0; i < MODEL.n_outputs; i++)
        if (memcmp(a->out[i].data, b->out[i].data, a->out[i].bytes) != 0)
            faults += !!printf("%s: other bits in output %zu\n", what, i);
    return faults;
}

static int guards(int64_t extent) {
    Run end, start;
    run_prepare(&end, AT_END, extent);
    run_prepare(&start, AT_START, extent);
    run_once(&end);
    run_once(&start);
    const int faults = check_run(&end, "at the end of a page") + check_run(&start, "at the start of a page") +
                       compare(&end, &start, "at the start of a page");
    run_free(&end);
    run_free(&start);
    return faults;
}

static int memory(int64_t extent) {
    Run r;
    run_prepare(&r, FROM_MALLOC, extent);
    run_once(&r);
    const int faults = check_run(&r, "malloc");
    run_free(&r);
    return faults;
}

static int threads(int64_t extent) {
    Run *runs = checked(malloc(THREADS * sizeof *runs));
    pthread_t ids[THREADS];
    int faults = 0;
    for (size_t i = 0; i < THREADS; i++) run_prepare(&runs[i], FROM_MALLOC, extent);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&ids[i], NULL, run_once, &runs[i]) != 0) exit(3);
    for (size_t i = 0; i < THREADS; i++) pthread_join(ids[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        faults += check_run(&runs[i], "a thread") + (i ? compare(&runs[0], &runs[i], "a thread") : 0);
    }
    for (size_t i = 0; i < THREADS; i++) run_free(&runs[i]);
    free(runs);
    return faults;
}

/* Flushing subnormals, rounding and exception masks: what a program has set is its own. The flags of
 * exceptions may rise. */
static int floating_point_state(int64_t extent) {
    int faults = 0;
#if defined __x86_64__ && defined __SSE__
    static const unsigned settings[] = {0x1f80, 0x9fc0,
                                        0x7f80}; /* the usual; subnormals flushed; towards zero */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        Run r;
        run_prepare(&r, FROM_MALLOC, extent);
        unsigned short x87 = 0, x87_after = 0;
        __asm__ volatile("fnstcw %0" : "=m"(x87));
        __builtin_ia32_ldmxcsr(settings[i]);
        errno = 0;
        run_once(&r);
        const unsigned after = __builtin_ia32_stmxcsr() & ~0x3fu;
        __builtin_ia32_ldmxcsr(0x1f80);
        __asm__ volatile("fnstcw %0" : "=m"(x87_after));
        if (after != settings[i]) faults += !!printf("MXCSR %#x became %#x\n", settings[i], after);
        if (x87 != x87_after) faults += !!printf("the x87 control word %#x became %#x\n", x87, x87_after);
        run_free(&r);
    }
#else
    (void)extent;
#endif
    return faults;
}

enum { STACK = 1 << 20 };
typedef struct Deep {
    Run *run;
    unsigned char *before; /* the stack pointer at the call, about */
} Deep;

static void *run_on_painted_stack(void *argument) {
    Deep *deep = argument;
    deep->before = __builtin_frame_address(0);
    run_once(deep->run);
    return NULL;
}

static int stack(int64_t extent) {
    Run r;
    run_prepare(&r, FROM_MALLOC, extent);
    run_once(&r); /* what is chosen or bound at the first call */
    unsigned char *bottom =
        checked(mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memset(bottom, CANARY, STACK);
    pthread_attr_t attributes;
    pthread_t id;
    Deep deep = {&r, NULL};
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, bottom, STACK) != 0 ||
        pthread_create(&id, &attributes, run_on_painted_stack, &deep) != 0)
        exit(3);
    pthread_join(id, NULL);
    const unsigned char *low = bottom;
    while (low < deep.before && *low == CANARY) low++;
    printf("%zu\n", (size_t)(deep.before - low));
    run_free(&r);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(int64_t extent);
    } ways[] = {{"guards", guards},
                {"memory", memory},
                {"threads", threads},
                {"state", floating_point_state},
                {"stack", stack}};
    for (size_t i = 0; argc == 2 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[1], ways[i].name) == 0) return ways[i].run(extent_that_fits()) != 0;
    fprintf(stderr, "usage: drive guards|memory|threads|state|stack\n");
    return 2;
}
