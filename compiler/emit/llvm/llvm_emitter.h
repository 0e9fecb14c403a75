/* What the parts of the LLVM emitter share: the module under construction, its types, and the values that
 * stand for a Program's buffers.
 *
 * In:  a Program and the names that emit/emitter.h decides; the kernels as bitcode.
 * Out: one LLVM module with the run function, the descriptor and the kernels it calls, optimised.
 * Like emit/c it switches on the kinds of arguments only, never on operations or layers.
 */
#ifndef LAMINA_EMIT_LLVM_LLVM_EMITTER_H
#define LAMINA_EMIT_LLVM_LLVM_EMITTER_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "emit/emitter.h"
#include "emit/llvm/emit_llvm.h"

/* The target as LLVM names it. */
typedef struct LlvmTarget {
    const char *triple, *cpu, *features;
    const char *tune;    /* the CPU whose instructions are ordered for; NULL: `cpu` */
    const char *kernels; /* which bitcode */
    const char *isa;     /* in_process: the copy in liblamina_rt; NULL: the best */
    bool native;         /* the kernels are called in liblamina_rt, in this process */
} LlvmTarget;

typedef struct LlvmEmitter {
    Emitter e;
    Target described; /* for the header, where the target is this machine */
    LlvmTarget target;
    LLVMContextRef context;
    LLVMModuleRef module, kernels; /* kernels: the bitcode, until it is linked */
    LLVMTargetMachineRef machine;
    LLVMBuilderRef builder;
    LLVMTypeRef pointer, size, status; /* of data, size_t, int */
    LLVMValueRef run;                  /* the function NAME_run */
    LLVMValueRef reset;                /* the function that zeroes the state; NULL without states */
    LLVMValueRef batch, workspace, state, weights, parallel; /* its parameters; NULL where it has none */
    LLVMValueRef dims[PROGRAM_MAX_DIMS];                     /* those of run-time dimensions */
    LLVMValueRef *inputs, *outputs;                          /* and those for data */
    LLVMValueRef *buffers;       /* workspace buffers, by position in the program */
    LLVMValueRef *constants;     /* by Buffer.index */
    LLVMValueRef *descriptors;   /* by step */
    LLVMValueRef **pieces;       /* the same of a step's pieces; NULL where it has none */
    LLVMValueRef frame;          /* what tasks find the run function's values in, or NULL */
    VEC(LLVMValueRef *) carried; /* those values: where they are kept here */
    LLVMDIBuilderRef debug;      /* NULL without -g */
    LLVMMetadataRef *files, compile_unit, subprogram, *scopes; /* files and scopes by source file */
    bool failed;                                               /* something was reported */
} LlvmEmitter;

/* Where a step stands: the samples it works on, and the variables of the loops around it. */
typedef struct LlvmPlace {
    LLVMValueRef samples; /* how many; NULL where the batch is fixed */
    LLVMValueRef start;   /* the first sample of the chunk, or NULL outside the loop over chunks */
    LLVMValueRef round;   /* of the step's own loop, or NULL */
    bool single;          /* samples is 1 */
    LLVMValueRef task;    /* its number, in a task function, or NULL */
    const Parts *range;   /* what the task's range is of: it begins at `first` and counts `count`; or NULL */
    LLVMValueRef first, count;
} LlvmPlace;

/* ---- types.c ---- */
LLVMTypeRef llvm_type(const LlvmEmitter *l, DType dtype);
LLVMValueRef llvm_size(const LlvmEmitter *l, uint64_t value);
LLVMValueRef llvm_int(const LlvmEmitter *l, int value);
LLVMValueRef llvm_bytes(const LlvmEmitter *l, const void *data, size_t size, bool terminated);
/* An address of this process. */
LLVMValueRef llvm_known_address(const LlvmEmitter *l, const void *address);
/* A constant of the file, not visible outside. */
LLVMValueRef llvm_constant(const LlvmEmitter *l, LLVMValueRef value, const char *name, unsigned align);

/* ---- target.c ---- */
bool llvm_target_open(LlvmEmitter *l);

/* ---- kernels.c ---- */
bool llvm_kernels_open(LlvmEmitter *l);
/* A kernel: its declaration here, with the type it has in the bitcode, or its address in this process; NULL
 * after reporting. */
LLVMValueRef llvm_kernel(LlvmEmitter *l, const char *name);
/* The type that a step calls it by. */
/* The user's function of an external step; NULL after reporting. */
LLVMValueRef llvm_external(LlvmEmitter *l, const Step *step);
LLVMTypeRef llvm_kernel_type(const LlvmEmitter *l, LLVMValueRef kernel, const Step *step);
bool llvm_kernels_link(LlvmEmitter *l);

/* ---- constants.c, descriptors.c ---- */
void llvm_constants(LlvmEmitter *l);
/* All steps' descriptors: constants, or where they hold run-time dimensions, on the run function's stack. */
void llvm_descriptors(LlvmEmitter *l);
/* The value of an enumerator of lmrt.h, or -1. */
int llvm_enumerator(const char *name);

/* ---- signature.c ---- */
void llvm_declare_run(LlvmEmitter *l);

/* ---- counts.c: numbers, a Count, and the address of an argument ---- */
/* A number of the Program, which may stand for a size that depends on the run-time dimensions. */
LLVMValueRef llvm_number(LlvmEmitter *l, int64_t number);
/* start * the product of the dimensions to these powers + extra. */
LLVMValueRef llvm_product(LlvmEmitter *l, LLVMValueRef start, const unsigned char *power, uint64_t extra);
bool llvm_is_open(const LlvmEmitter *l, int64_t number);
LLVMValueRef llvm_count(LlvmEmitter *l, Count count, const LlvmPlace *place);
/* Of argument k of a step. */
LLVMValueRef llvm_address(LlvmEmitter *l, const Arg *arg, int k, const LlvmPlace *place);

/* ---- step.c ---- */
void llvm_step(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place);
void llvm_whole_step(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place); /* on this thread */
/* One call of its kernel. */
void llvm_call(LlvmEmitter *l, size_t index, const Step *step, const LlvmPlace *place);
/* Returns `code` from the function where the condition holds; goes on otherwise. */
void llvm_return_if(LlvmEmitter *l, LLVMValueRef condition, int code, const char *name);
void llvm_return_value_if(LlvmEmitter *l, LLVMValueRef condition, LLVMValueRef code, const char *name);

/* ---- tasks.c, samples.c: work that threads share; nothing where there is none ---- */
/* The frame, once the run function has all its values. */
void llvm_frame(LlvmEmitter *l);
/* The samples that the steps from here on work on. */
void llvm_frame_place(LlvmEmitter *l, const LlvmPlace *place);
void llvm_shared_step(LlvmEmitter *l, size_t index, const Step *step, const LlvmPlace *place);
/* After the checks: from Program.split_batch on, the whole call in ranges of samples. */
void llvm_shared_samples(LlvmEmitter *l);
/* So many words of 64 bits on the run function's stack. */
LLVMValueRef llvm_words(LlvmEmitter *l, size_t count, const char *name);
/* Where range `index` of `tasks` begins. */
LLVMValueRef llvm_cut(LlvmEmitter *l, LLVMValueRef all, LLVMValueRef index, LLVMValueRef tasks,
                      int64_t align);
/* The call of the caller's parallel-for. */
LLVMValueRef llvm_parallel_run(LlvmEmitter *l, LLVMValueRef parallel, LLVMValueRef tasks, LLVMValueRef task,
                               LLVMValueRef argument);

/* ---- run.c, model.c ---- */
void llvm_run(LlvmEmitter *l);
void llvm_model(LlvmEmitter *l);

/* ---- debug.c ---- */
void llvm_debug_open(LlvmEmitter *l);
void llvm_debug_run(LlvmEmitter *l);
/* What follows comes from the op's line; NULL: from no line. */
void llvm_debug_at(LlvmEmitter *l, const Op *origin);
/* The function that is made now is a task of the op; and back to the one with that subprogram. */
void llvm_debug_task(LlvmEmitter *l, LLVMValueRef function, const Op *origin);
void llvm_debug_leave(LlvmEmitter *l, LLVMMetadataRef subprogram);
void llvm_debug_close(LlvmEmitter *l);

/* ---- optimize.c ---- */
bool llvm_optimize(LlvmEmitter *l);

#endif
