/* What the emitters share: names and the layout of the weights decided once, the header, and C's spelling of
 * values. */
#ifndef LAMINA_EMIT_EMITTER_H
#define LAMINA_EMIT_EMITTER_H

#include "base/map.h"
#include "emit/emit.h"

/* A set of vector units that kernels are compiled for. */
typedef struct Target {
    const char *name;
    const char *suffix;    /* of the kernels that steps call: "" for the dispatching wrappers */
    int level;             /* LMRT_LEVEL of the one copy; -1: several copies, chosen at run time */
    const char *attribute; /* target("...") of the one copy, or NULL */
    const char *about;
    int stack;  /* bytes that a run stays below, by gcc and clang at -O2 and -O3: held by
                   tests/generated_code.py */
    const char *compiler; /* that makes objects of the C, with its options */
} Target;

/* Names in one scope: each given out once. */
typedef struct Namer {
    Arena *arena;
    Map used;
} Namer;

typedef struct Emitter {
    Arena *arena;
    const Program *program;
    const EmitOptions *options;
    const Target *target;
    const char *prefix, *upper; /* "mlp", "MLP" */
    Namer globals, locals;
    const char **inputs, **outputs; /* parameters of the run function */
    const char **dims;              /* and those for run-time dimensions */
    const char **constants;         /* file-scope names, by position */
    const char **constant_values;   /* in C, the expressions that stand for their addresses */
    size_t *constant_offsets;       /* in the weights file; NULL where weights are inline */
    size_t weights_bytes;           /* of the weights file; 0 where weights are inline */
    const char **workspace;         /* locals, by Buffer.index */
    const char **descriptors;       /* file-scope names, by step */
    const char **tasks;             /* and those of the task functions of steps with parts */
} Emitter;

/* ---- names.c ---- */
Namer namer_new(Arena *arena);
void namer_reserve(Namer *namer, const char *name);
const char *namer_unique(Namer *namer, const char *wanted);
const char *c_upper(Arena *arena, const char *name);
void emitter_names(Emitter *e);

/* ---- layout.c: memory that the caller gives, and the weights file ---- */
enum { WEIGHTS_ALIGN = 64, WORKSPACE_ALIGN = 16 };
size_t constant_bytes(const Buffer *b);
void emitter_layout(Emitter *e);
Blob emitter_weights(const Emitter *e);

/* ---- emitter.c ---- */
/* Names and layout decided; the target is the caller's matter. */
void emitter_names_begin(Emitter *e, Arena *arena, const Program *program, const EmitOptions *options);
/* The same, and a target of target.c. False after reporting an unknown one (E607). */
bool emitter_begin(Emitter *e, Arena *arena, const Program *program, const EmitOptions *options);

/* ---- target.c ---- */
const Target *target_find(const char *name);

/* ---- literals.c ---- */
const char *c_type(DType dtype);               /* "float", "int32_t"; "uint8_t" for bool */
const char *c_input_type(const Buffer *input); /* what a sparse one points to: "lamina_csr" */
const char *c_dtype_enumerator(DType dtype);   /* "LAMINA_FLOAT32" */
void c_float(Text *out, double value);         /* 1.0f, INFINITY, -0.0f */
void c_string(Text *out, const char *text);    /* quoted */
void c_comment(Text *out, const char *text);   /* what is safe inside a comment */
void c_grouped(Text *out, size_t number);      /* 2,112 */

/* ---- sizes.c: numbers of the Program that may hold run-time dimensions, in C ---- */
void c_size(const Emitter *e, Text *out, int64_t number);                /* "16", "8 * x_dim1" */
void c_product(const Emitter *e, Text *out, const unsigned char *power); /* "x_dim1 * x_dim1", "1" */
bool c_grows(const Emitter *e, const unsigned char *power); /* not the power 0 of all dimensions */
bool c_is_open(const Emitter *e, int64_t number);
void emit_dims_check(const Emitter *e, Text *out);
/* As lamina_tensor.shape has it: -2 - k for the k-th run-time dimension. */
int64_t described_extent(const Program *program, int64_t extent);

/* ---- header.c, signature.c ---- */
void emit_signature(Emitter *e, Text *out);
void emit_header(Emitter *e, Text *out);
/* The embedded file of that path, or NULL. */
const char *const *embedded_lines(const char *path);

/* ---- external.c: functions that the user supplies for layers ---- */
bool emitter_has_externals(const Emitter *e);
/* Their prototypes. */
void emit_externals(Emitter *e, Text *out);

#endif
