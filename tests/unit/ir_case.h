/* Test help: a small Ir built by hand, then compiled to C by the system's compiler, run, and compared with
 * the reference executor in float64 (which runs the Ir as built, before any pass). Include once per test
 * program. */
#ifndef LAMINA_TESTS_IR_CASE_H
#define LAMINA_TESTS_IR_CASE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "emit/c/emit_c.h"
#include "ir/execute.h"
#include "lamina.h"
#include "passes/passes.h"

enum { CASE_MOST = 8 };

typedef struct Case {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Ir *ir;
    Lowering l;
    uint32_t random;
} Case;

static inline Case case_new(void) {
    Case c = {.arena = arena_new(), .random = 12345};
    c.sources = sources_new(c.arena);
    c.diags = diag_new(c.arena, &c.sources, &(DiagOptions){0});
    c.ir = ir_new(c.arena, c.diags);
    c.ir->model_name = "test";
    c.ir->inputs = ARENA_ARRAY(c.arena, Op *, CASE_MOST);
    c.ir->input_names = ARENA_ARRAY(c.arena, const char *, CASE_MOST);
    c.ir->outputs = ARENA_ARRAY(c.arena, Op *, CASE_MOST);
    c.ir->output_names = ARENA_ARRAY(c.arena, const char *, CASE_MOST);
    c.l = (Lowering){.ir = c.ir};
    return c;
}

#define CASE_SHAPE(...) ((Shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})

/* -1 .. 1, the same on every machine */
static inline double case_random(Case *c) {
    c->random = c->random * 1664525u + 1013904223u;
    return (double)(c->random >> 8) / (double)(1u << 23) - 1.0;
}

static inline Op *case_input(Case *c, const char *name, Shape shape, DType dtype) {
    const size_t i = c->ir->n_inputs++;
    c->ir->input_names[i] = name;
    return c->ir->inputs[i] = ir_input(&c->l, NULL, name, &shape, dtype, i);
}

static inline Op *case_weights(Case *c, const char *name, Shape shape) {
    int64_t count = 0;
    shape_count(&shape, 0, &count);
    float *data = ARENA_ARRAY(c->arena, float, (size_t)count);
    for (int64_t i = 0; i < count; i++) data[i] = (float)case_random(c);
    return ir_constant(&c->l, NULL, name, &shape, DTYPE_FLOAT32, data);
}

static inline void case_output(Case *c, const char *name, Op *op) {
    c->ir->output_names[c->ir->n_outputs] = name;
    c->ir->outputs[c->ir->n_outputs++] = op;
}

/* ---- running ---- */

typedef struct CaseRun {
    size_t batch;
    const char *target;   /* NULL: portable */
    const char *flags;    /* of the C compiler; NULL: -O1 */
    const char *compiler; /* NULL: cc */
    const char *disabled; /* a pass to leave out */
    WeightsForm weights;
    int64_t chunk;
    int level;        /* 0: -O2; -1: no passes at all */
    double tolerance; /* 0: 1e-5 */
} CaseRun;

static inline void case_write(const char *directory, const char *name, const void *data, size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline size_t case_elements(const Op *op, size_t batch) {
    size_t n = 1;
    for (int i = 0; i < op->shape.rank; i++)
        n *= op->shape.dim[i] == DIM_UNKNOWN ? batch : (size_t)op->shape.dim[i];
    return n;
}

/* `count` values as doubles and in the type of the argument. */
static inline void *case_values(Case *c, DType dtype, size_t count, double *as_double) {
    void *data = arena_alloc_array(c->arena, count + 1, dtype_size(dtype));
    for (size_t i = 0; i < count; i++) {
        const double value = case_random(c);
        switch (dtype) {
        case DTYPE_FLOAT32: as_double[i] = ((float *)data)[i] = (float)value; break;
        case DTYPE_INT32: as_double[i] = ((int32_t *)data)[i] = (int32_t)((value + 1.0) * 2.0); break;
        case DTYPE_INT64:
            as_double[i] = (double)(((int64_t *)data)[i] = (int64_t)((value + 1.0) * 2.0));
            break;
        case DTYPE_UINT8: as_double[i] = ((uint8_t *)data)[i] = (uint8_t)((value + 1.0) * 100.0); break;
        default: as_double[i] = ((uint8_t *)data)[i] = value > 0.0; break;
        }
    }
    return data;
}

static inline double case_read(DType dtype, const void *data, size_t i) {
    switch (dtype) {
    case DTYPE_FLOAT32: return (double)((const float *)data)[i];
    case DTYPE_INT32: return ((const int32_t *)data)[i];
    case DTYPE_INT64: return (double)((const int64_t *)data)[i];
    default: return ((const uint8_t *)data)[i];
    }
}

static inline void case_compare(const Op *op, size_t output, const void *got, const double *wanted,
                                size_t count, double bound) {
    double most = 1.0;
    for (size_t i = 0; i < count; i++) most = fmax(most, isfinite(wanted[i]) ? fabs(wanted[i]) : 0.0);
    for (size_t i = 0; i < count; i++) {
        const double y = case_read(op->dtype, got, i);
        if ((isnan(y) && isnan(wanted[i])) || y == wanted[i] || fabs(y - wanted[i]) <= bound * most) continue;
        fail_msg("output %zu, element %zu of %zu: %.9g, reference %.9g", output, i, count, y, wanted[i]);
    }
}

/* Compiles directory/m.c as a shared object with every warning an error; the descriptor of the model in it.
 */
static inline const lamina_model *case_compile(const char *directory, const CaseRun *run, void **library) {
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && %s %s -std=c99 -shared -fPIC -Wall -Wextra -Wpedantic -Wconversion -Wshadow "
             "-Wsign-conversion"
             " -Wdouble-promotion -Wvla -Werror m.c -o m.so -lm 2>&1",
             directory, run->compiler ? run->compiler : "cc", run->flags ? run->flags : "-O1");
    if (system(command) != 0) fail_msg("the emitted C in %s does not compile", directory);
    snprintf(command, sizeof command, "%s/m.so", directory);
    *library = dlopen(command, RTLD_NOW | RTLD_LOCAL);
    if (!*library) fail_msg("%s", dlerror());
    return dlsym(*library, "m_model");
}

static inline void case_emit(Case *c, const CaseRun *run, const char *directory, Blob *weights) {
    const PassOptions options = {
        .level = run->level < 0 ? 0 : 2, .disabled = &run->disabled, .n_disabled = run->disabled ? 1 : 0};
    if (!passes_run(c->ir, &options)) {
        diag_render(c->diags, stderr);
        fail_msg("the passes failed");
    }
    const Program *program = plan_program(c->arena, c->ir, &(PlanOptions){.chunk = run->chunk});
    if (!program) {
        diag_render(c->diags, stderr);
        fail_msg("the plan failed");
    }
    Text source = text_new(c->arena), header = text_new(c->arena);
    const EmitOptions emit = {.prefix = "m",
                               .stem = "m",
                               .target = run->target ? run->target : "portable",
                               .weights = run->weights,
                               .model_file = "m.lam",
                               .version = "0",
                               .sources = &c->sources};
    assert_true(emit_c(program, &emit, &source, &header, weights));
    case_write(directory, "m.c", source.data, source.length);
    case_write(directory, "m.h", header.data, header.length);
    if (weights->size) case_write(directory, "m.weights.bin", weights->data, weights->size);
}

/* Runs the Ir by the reference, then (after the passes) as C, and compares. The Ir cannot be used again. */
static inline void case_check(Case *c, CaseRun run) {
    ir_renumber(c->ir);
    if (!ir_verify(c->ir)) {
        diag_render(c->diags, stderr);
        fail_msg("the ir is invalid");
    }
    const double *wide[CASE_MOST];
    double *wanted[CASE_MOST] = {0};
    const void *inputs[CASE_MOST];
    void *outputs[CASE_MOST];
    for (size_t i = 0; i < c->ir->n_inputs; i++) {
        const size_t count = case_elements(c->ir->inputs[i], run.batch);
        double *values = ARENA_ARRAY(c->arena, double, count + 1);
        inputs[i] = case_values(c, c->ir->inputs[i]->dtype, count, values);
        wide[i] = values;
    }
    const char *error = NULL;
    assert_true(ir_execute(c->arena, c->ir, run.batch, wide, wanted, &error));
    for (size_t i = 0; i < c->ir->n_outputs; i++)
        outputs[i] = arena_alloc_array(c->arena, case_elements(c->ir->outputs[i], run.batch) + 1, 8);
    char directory[] = "/tmp/lamina-case-XXXXXX", command[64];
    assert_non_null(mkdtemp(directory));
    Blob weights = {0};
    case_emit(c, &run, directory, &weights);
    void *library = NULL;
    const lamina_model *model = case_compile(directory, &run, &library);
    lamina_call call = {.size = sizeof call,
                        .batch = run.batch,
                        .inputs = inputs,
                        .outputs = outputs,
                        .weights = weights.data};
    call.workspace_size = model->workspace_bytes(&call);
    call.workspace = call.workspace_size ? malloc(call.workspace_size) : NULL;
    assert_int_equal(model->run(&call), LAMINA_OK);
    for (size_t i = 0; i < c->ir->n_outputs; i++)
        case_compare(c->ir->outputs[i], i, outputs[i], wanted[i], case_elements(c->ir->outputs[i], run.batch),
                     run.tolerance > 0.0 ? run.tolerance : 1e-5);
    free(call.workspace);
    dlclose(library);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    arena_free(c->arena);
}

#endif
