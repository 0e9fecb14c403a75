/* Program: what an emitter prints. Buffers, and the kernel calls that fill them, all choices made.
 *
 * In:  an Ir after the passes (plan.c).
 * Out: C (emit/c), or text (program_print).
 * Batch: where it is open, the steps run over chunks of samples, at most `chunk` at a time (0: all samples at
 * once, when nothing needs workspace). A batched buffer holds `count` elements for each sample of the chunk;
 * inputs and outputs are addressed from the chunk's first sample on. Where the batch is fixed, it is an
 * extent like any other and nothing is batched. Invariants: a step's kernel is a line of runtime/kernels.def
 * and its arguments are in that order; workspace buffers that live at the same time do not overlap.
 * Run-time dimensions: where the model leaves inner extents open, the Program is planned at sample extents,
 * and every number in it stands for a Size (program_size), a function of the dimensions that the emitter
 * prints instead.
 */
#ifndef LAMINA_PLAN_PROGRAM_H
#define LAMINA_PLAN_PROGRAM_H

#include "ir/ir.h"

typedef enum BufferKind {
    BUFFER_INPUT,
    BUFFER_OUTPUT,
    BUFFER_WORKSPACE,
    BUFFER_CONSTANT,
    BUFFER_STATE
} BufferKind;

typedef struct Buffer {
    BufferKind kind;
    DType dtype;
    const char *name;   /* the user's: layer, weight path; not unique, not an identifier */
    const char *layout; /* of a constant: "[2 panels][784][16]" */
    const Op *origin;   /* names layer and line */
    bool batched;       /* holds `count` elements per sample */
    int64_t count;
    SparseFormat
        sparse;   /* of an input: the caller's pointer is to a lamina_csr or lamina_coo of the whole batch */
    size_t index; /* position among the inputs, outputs, constants */
    const void *data;    /* of a constant */
    size_t bytes;        /* of a workspace buffer: rounded up to WORKSPACE_SLOT, in units of its region */
    size_t extra;        /* and this many more, whatever the run-time dimensions are */
    size_t region;       /* of a workspace buffer: where it is */
    size_t offset;       /* in units of the region, times the samples of a chunk */
    size_t extra_offset; /* and this many bytes more */
    size_t first, last;  /* steps between which a workspace buffer lives */
    int64_t slice;       /* of a kernel's scratch that tasks may not share: what one has of it; else 0 */
} Buffer;

/* A BUFFER_STATE is a part of the caller's `state`, at `offset` bytes, and is never batched: it is read and
 * written like any other buffer and keeps its content between runs. Where state_bytes is not 0 the run
 * function has a parameter `void *state` behind `workspace`, which may not be NULL, and NAME_reset(state)
 * zeroes state_bytes. */
enum { WORKSPACE_SLOT = 64, STATE_SLOT = 16 };

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
    Field fields[24];
    int n_fields;
} Descriptor;

typedef enum ArgKind {
    ARG_BUFFER, /* address of an element */
    ARG_NULL,
    ARG_COUNT, /* a size that may hold the batch */
    ARG_START, /* the chunk's first sample; 0 outside of the loop over chunks */
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

enum { STEP_MAX_ARGS = 10 };

/* How a step is cut into tasks that threads share (parts.c). No sum is cut: the results are the same bits.
 * With pieces, a task is one of them in one round: together they are the round's call. Else a count is cut
 * when the model runs, into ranges of at least `grain` that begin at multiples of `align`, and the addresses
 * move by `move` elements for each thing counted. With both, the pieces are those of a count of one. */
typedef struct Parts {
    const struct Step *pieces;
    int n_pieces;
    int argument; /* which holds that count; -1: it is the rounds, whose addresses move as they do */
    int64_t grain, align, move[STEP_MAX_ARGS];
} Parts;

/* The pieces are tasks in whatever number things are counted. */
static inline bool parts_are_pieces(const Parts *parts) {
    return parts->pieces && parts->argument < 0;
}

typedef struct Step {
    const char *kernel; /* "dense_f32" */
    Arg args[STEP_MAX_ARGS];
    int n_args;
    Count rounds; /* how often the kernel is called; {false, 1} mostly */
    const Op *origin;
    const char *note;   /* "dense, relu, + residual": for the table of steps */
    const char *why;    /* of the choice of this kernel among others, or NULL */
    bool may_fail;      /* not 0: an index is out of range */
    bool external;      /* `kernel` is a function of the user's: what it returns, where not 0, ends the run */
    const Parts *parts; /* NULL: one thread does all of it */
} Step;

enum { PROGRAM_MAX_DIMS = IR_MAX_OPEN };

/* constant + factor * the product of the run-time dimensions, each to its power. Factor 0: a number. */
typedef struct Size {
    int64_t constant, factor;
    unsigned char power[PROGRAM_MAX_DIMS];
} Size;

/* A number of the Program that stands for a Size. */
typedef struct KnownSize {
    int64_t number;
    Size size;
} KnownSize;

/* An extent that is known when the generated function is called. */
typedef struct RunTimeDim {
    const char *name;
    int64_t sample;       /* stands for it in the numbers of this Program */
    int64_t least;        /* what the model needs: less is LAMINA_E_DIMS */
    int64_t most, most32; /* more would overflow size_t of 64 or 32 bits: LAMINA_E_DIMS too */
} RunTimeDim;

/* A part of the workspace for buffers that grow alike with the run-time dimensions: `bytes` times the
 * product of the dimensions to these powers, plus `extra`. Regions stand one after another. */
typedef struct Region {
    unsigned char power[PROGRAM_MAX_DIMS];
    size_t bytes, extra;
} Region;

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
    VEC(Region) regions;    /* one of power 0 where no dimension is left to run time */
    size_t workspace_bytes; /* of the first region where it is the only one: per sample of a chunk if open */
    size_t state_bytes;     /* of all BUFFER_STATE */
    size_t workspace_bound; /* least possible: the most that lives at any one time */
    RunTimeDim dims[PROGRAM_MAX_DIMS]; /* arguments after `batch`, in this order */
    size_t n_dims;
    VEC(KnownSize) sizes; /* the numbers that depend on dims */
    int threads; /* 0: none; else the run function takes a parallel-for, and cuts steps into so many tasks */
    int64_t task_work;
    int64_t split_batch; /* from so many samples on, tasks take samples, each in a workspace of its own; 0:
                            never */
} Program;

/* Where samples are shared: with so many chunks for each thread it matters no more if one has one more. */
enum { SPLIT_MANY_CHUNKS = 4 };

/* How 3x3 convolutions of stride 1 are computed: as the cost model says, directly, or in tiles of 2x2 or 4x4
 * outputs wherever that can be. */
typedef enum ConvWay { CONV_AUTO, CONV_DIRECT, CONV_WINOGRAD2, CONV_WINOGRAD4 } ConvWay;

typedef struct PlanOptions {
    int64_t chunk;          /* samples per chunk; 0: chosen here */
    const RunTimeDim *dims; /* by name and sample: the Program is one of those that plan_dims makes one of */
    size_t n_dims;
    ConvWay conv;
    int lanes;         /* of the target's vectors, for the cost model; 0: unknown */
    int threads;       /* of the Program */
    int64_t task_work; /* multiply-adds, or as much of other work, that are worth a task; 0: chosen here */
} PlanOptions;

/* NULL after reporting (E602, E604: no kernel for this). */
Program *plan_program(Arena *arena, Ir *ir, const PlanOptions *options);
/* Makes of Programs for the same model, planned at different sample extents, one for all extents: the first,
 * with `sizes` filled and the workspace laid out. False after reporting (E641) where a number of theirs is no
 * Size; *retry is set where other samples may do better. */
bool plan_dims(Program *const *programs, size_t count, bool *retry);
/* What a number of the Program stands for. */
Size program_size(const Program *program, int64_t number);
static inline bool program_has_workspace(const Program *program) {
    return program->n_dims > 0 ? program->regions.count > 0 : program->workspace_bytes > 0;
}
static inline bool size_is_number(Size size) {
    return size.factor == 0;
}
void program_print(const Program *program, const Sources *sources, FILE *out);

#endif
