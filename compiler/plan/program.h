/* Program: what an emitter prints. Buffers, and the kernel calls that fill them, all choices made.
 *
 * In:  an Ir after the passes (plan.c).
 * Out: C (emit/c), or text (program_print).
 * Batch: where it is open, the steps run over chunks of samples, at most `chunk` at a time (0: all samples at
 * once, when nothing needs workspace). A batched buffer holds `count` elements for each sample of the chunk;
 * inputs and outputs are addressed from the chunk's first sample on. Where the batch is fixed, it is an
 * extent like any other and nothing is batched. Invariants: a step's kernel is a line of runtime/kernels.def
 * and its arguments are in that order; workspace buffers that live at the same time do not overlap.
 */
#ifndef LAMINA_PLAN_PROGRAM_H
#define LAMINA_PLAN_PROGRAM_H

#include "ir/ir.h"

typedef enum BufferKind { BUFFER_INPUT, BUFFER_OUTPUT, BUFFER_WORKSPACE, BUFFER_CONSTANT } BufferKind;

typedef struct Buffer {
    BufferKind kind;
    DType dtype;
    const char *name;   /* the user's: layer, weight path; not unique, not an identifier */
    const char *layout; /* of a constant: "[2 panels][784][16]" */
    const Op *origin;   /* names layer and line */
    bool batched;       /* holds `count` elements per sample */
    int64_t count;
    size_t index;       /* position among the inputs, outputs, constants */
    const void *data;   /* of a constant */
    size_t bytes;       /* of a workspace buffer: rounded up to WORKSPACE_SLOT */
    size_t offset;      /* of a workspace buffer: bytes from the start, times the samples of a chunk */
    size_t first, last; /* steps between which a workspace buffer lives */
} Buffer;

enum { WORKSPACE_SLOT = 64 };

/* A number of things: for each sample where `batched`. */
typedef struct Count {
    bool batched;
    int64_t factor;
} Count;

/* A field of a kernel's descriptor: a size, a list of sizes or strides, or its epilogue. */
typedef struct Field {
    const char *name;
    enum { FIELD_SIZE, FIELD_LIST, FIELD_EPILOGUE } kind;
    int64_t values[SHAPE_MAX_RANK];
    int n_values;
    Epilogue epilogue;
} Field;

typedef struct Descriptor {
    const char *type; /* "lmrt_dense" */
    Field fields[16];
    int n_fields;
} Descriptor;

typedef enum ArgKind {
    ARG_BUFFER, /* address of an element */
    ARG_NULL,
    ARG_COUNT, /* a size that may hold the batch */
    ARG_FLOAT,
    ARG_NAME,      /* an enumerator of the runtime */
    ARG_DESCRIPTOR /* address of a constant structure */
} ArgKind;

typedef struct Arg {
    ArgKind kind;
    const Buffer *buffer;
    int64_t offset; /* elements from the buffer's start */
    int64_t stride; /* elements that the address moves per round of the step */
    Count count;
    double number;
    const char *name;
    const Descriptor *descriptor;
} Arg;

enum { STEP_MAX_ARGS = 8 };

typedef struct Step {
    const char *kernel; /* "dense_f32" */
    Arg args[STEP_MAX_ARGS];
    int n_args;
    Count rounds; /* how often the kernel is called; {false, 1} mostly */
    const Op *origin;
    const char *note; /* "dense, relu, + residual": for the table of steps */
    bool may_fail;    /* not 0: an index is out of range */
} Step;

typedef struct Program {
    Arena *arena;
    const Ir *ir;
    VEC(Buffer *) buffers;
    VEC(Step) checks; /* run once before all others, on the whole batch: ids that are inputs */
    VEC(Step) steps;
    Buffer **inputs;
    size_t n_inputs;
    Buffer **outputs;
    size_t n_outputs;
    VEC(Buffer *) constants;
    bool open_batch;
    int64_t static_batch;   /* extent of axis 0 where the batch is fixed */
    int64_t chunk;          /* samples per round of the outer loop; 0: no such loop */
    size_t workspace_bytes; /* per sample of a chunk where the batch is open */
    size_t workspace_bound; /* least possible: the most that lives at any one time */
} Program;

typedef struct PlanOptions {
    int64_t chunk; /* samples per chunk; 0: chosen here */
} PlanOptions;

/* NULL after reporting (E602, E604: no kernel for this). */
Program *plan_program(Arena *arena, Ir *ir, const PlanOptions *options);
void program_print(const Program *program, const Sources *sources, FILE *out);

#endif
