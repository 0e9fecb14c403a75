/* NAME_model, the descriptor, and the two functions that it points to. The structures are those of lamina.h.
 */
#include <stddef.h>
#include <string.h>

#include "emit/llvm/llvm_emitter.h"
#include "include/lamina.h"

static LLVMValueRef text(const LlvmEmitter *l, const char *string, const char *name) {
    return llvm_constant(l, llvm_bytes(l, string, strlen(string), true), name, 0);
}

static LLVMValueRef shape(const LlvmEmitter *l, const Shape *s, const char *name) {
    LLVMTypeRef word = LLVMInt64TypeInContext(l->context);
    LLVMValueRef values[SHAPE_MAX_RANK + 1] = {LLVMConstInt(word, 0, false)};
    for (int i = 0; i < s->rank; i++)
        values[i] = LLVMConstInt(word, (unsigned long long)described_extent(l->e.program, s->dim[i]), true);
    return llvm_constant(l, LLVMConstArray(word, values, s->rank ? (unsigned)s->rank : 1), name, 8);
}

static LLVMValueRef tensor(const LlvmEmitter *l, const Buffer *b, const char *name) {
    Arena *arena = l->e.arena;
    const Shape *s = &b->origin->shape;
    LLVMValueRef null = LLVMConstNull(l->pointer), zero = llvm_int(l, 0);
    LLVMValueRef values[] = {
        text(l, b->name, arena_printf(arena, "%s_%s_name", l->e.prefix, name)),
        llvm_int(l, (int)b->dtype),
        llvm_int(l, b->sparse == SPARSE_CSR   ? LAMINA_CSR
                    : b->sparse == SPARSE_COO ? LAMINA_COO
                                              : LAMINA_DENSE),
        llvm_int(l, s->rank),
        shape(l, s, arena_printf(arena, "%s_%s_shape", l->e.prefix, name)),
        null,
        null,
        zero,
        zero,
    };
    return LLVMConstStructInContext(l->context, values, sizeof values / sizeof *values, false);
}

static LLVMValueRef tensors(const LlvmEmitter *l, const char *list, Buffer *const *buffers,
                            const char *const *names, size_t n) {
    LLVMValueRef *values = ARENA_ARRAY(l->e.arena, LLVMValueRef, n);
    for (size_t i = 0; i < n; i++) values[i] = tensor(l, buffers[i], names[i]);
    LLVMValueRef array = LLVMConstArray(LLVMTypeOf(values[0]), values, (unsigned)n);
    return llvm_constant(l, array, arena_printf(l->e.arena, "%s_%s", l->e.prefix, list), 8);
}

/* A field of the lamina_call that the current function has as its parameter. */
static LLVMValueRef field(LlvmEmitter *l, LLVMTypeRef type, size_t offset, const char *name) {
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(l->builder));
    LLVMValueRef at = llvm_size(l, offset);
    LLVMTypeRef byte = LLVMInt8TypeInContext(l->context);
    LLVMValueRef address = LLVMBuildInBoundsGEP2(l->builder, byte, LLVMGetParam(function, 0), &at, 1, "");
    return LLVMBuildLoad2(l->builder, type, address, name);
}
#define CALL_FIELD(l, type, name) field((l), (type), offsetof(lamina_call, name), #name)

static LLVMValueRef begin(LlvmEmitter *l, LLVMTypeRef result, const char *name) {
    LLVMTypeRef type = LLVMFunctionType(result, &l->pointer, 1, false);
    LLVMValueRef function =
        LLVMAddFunction(l->module, arena_printf(l->e.arena, "%s_%s", l->e.prefix, name), type);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    LLVMSetValueName2(LLVMGetParam(function, 0), "call", 4);
    LLVMPositionBuilderAtEnd(l->builder, LLVMAppendBasicBlockInContext(l->context, function, "entry"));
    LLVMSetCurrentDebugLocation2(l->builder, NULL);
    return function;
}

/* The call's run-time dimensions stand for the run function's while the current function is made. */
static void load_dims(LlvmEmitter *l) {
    const Program *p = l->e.program;
    if (p->n_dims == 0) return;
    LLVMValueRef list = CALL_FIELD(l, l->pointer, dims);
    for (size_t i = 0; i < p->n_dims; i++) {
        LLVMValueRef at = llvm_size(l, i),
                     address = LLVMBuildInBoundsGEP2(l->builder, l->size, list, &at, 1, "");
        l->dims[i] = LLVMBuildLoad2(l->builder, l->size, address, l->e.dims[i]);
    }
}

static LLVMValueRef least_of(LlvmEmitter *l, LLVMValueRef a, LLVMValueRef b) {
    return LLVMBuildSelect(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, a, b, ""), a, b, "samples");
}

/* Where the samples are shared, each thread has its chunk. */
static LLVMValueRef split_samples(LlvmEmitter *l, LLVMValueRef batch, LLVMValueRef samples) {
    const Program *p = l->e.program;
    LLVMValueRef given = LLVMBuildIsNotNull(l->builder, CALL_FIELD(l, l->pointer, parallel), "");
    LLVMValueRef enough =
        LLVMBuildICmp(l->builder, LLVMIntUGE, batch, llvm_size(l, (uint64_t)p->split_batch), "");
    return LLVMBuildSelect(l->builder, LLVMBuildAnd(l->builder, given, enough, ""),
                           llvm_size(l, (uint64_t)p->chunk * (uint64_t)p->threads), samples, "");
}

/* NAME_WORKSPACE_BYTES of the header. */
static LLVMValueRef workspace_function(LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMValueRef function = begin(l, l->size, "workspace_bytes"), bytes = llvm_size(l, 0);
    if (!program_has_workspace(p)) {
        LLVMBuildRet(l->builder, bytes);
        return function;
    }
    load_dims(l);
    for (size_t i = 0; i < p->regions.count && p->n_dims > 0; i++) {
        const Region *r = &p->regions.at[i];
        LLVMValueRef region = llvm_product(l, llvm_size(l, r->bytes), r->power, r->extra);
        bytes = LLVMBuildAdd(l->builder, bytes, region, "");
    }
    if (p->n_dims == 0) bytes = llvm_size(l, p->workspace_bytes);
    if (p->open_batch) {
        const int64_t chunk = p->n_dims > 0 ? 1 : p->chunk;
        LLVMValueRef batch = CALL_FIELD(l, l->size, batch);
        LLVMValueRef samples = least_of(l, batch, llvm_size(l, (uint64_t)chunk));
        if (p->split_batch > 0) samples = split_samples(l, batch, samples);
        bytes = LLVMBuildMul(l->builder, bytes, samples, "");
    }
    LLVMBuildRet(l->builder, bytes);
    return function;
}

static void check_call_dims(LlvmEmitter *l) {
    const Program *p = l->e.program;
    if (p->n_dims == 0) return;
    LLVMValueRef list = CALL_FIELD(l, l->pointer, dims);
    llvm_return_if(l, LLVMBuildIsNull(l->builder, list, ""), LAMINA_E_NULL, "no_dims");
    load_dims(l);
    for (size_t i = 0; i < p->n_dims; i++) {
        LLVMValueRef less = LLVMBuildICmp(l->builder, LLVMIntSLT, l->dims[i], llvm_size(l, 1), "");
        llvm_return_if(l, less, LAMINA_E_DIMS, "dimension");
    }
}

static LLVMValueRef list_item(LlvmEmitter *l, LLVMValueRef list, size_t i) {
    LLVMValueRef at = llvm_size(l, i);
    LLVMValueRef address = LLVMBuildInBoundsGEP2(l->builder, l->pointer, list, &at, 1, "");
    return LLVMBuildLoad2(l->builder, l->pointer, address, "");
}

/* Pointers first, then the size of the workspace: the run function does not know it. */
static void check_call(LlvmEmitter *l, LLVMValueRef *inputs, LLVMValueRef *outputs,
                       LLVMValueRef workspace_bytes) {
    const Program *p = l->e.program;
    LLVMValueRef in = CALL_FIELD(l, l->pointer, inputs), out = CALL_FIELD(l, l->pointer, outputs);
    LLVMValueRef any = LLVMBuildOr(l->builder, LLVMBuildIsNull(l->builder, in, ""),
                                   LLVMBuildIsNull(l->builder, out, ""), "");
    llvm_return_if(l, any, LAMINA_E_NULL, "null");
    for (size_t i = 0; i < p->n_inputs; i++) inputs[i] = list_item(l, in, i);
    for (size_t i = 0; i < p->n_outputs; i++) outputs[i] = list_item(l, out, i);
    if (!program_has_workspace(p)) return;
    any = NULL;
    for (size_t i = 0; i < p->n_inputs + p->n_outputs; i++) {
        LLVMValueRef item = i < p->n_inputs ? inputs[i] : outputs[i - p->n_inputs];
        LLVMValueRef one = LLVMBuildIsNull(l->builder, item, "");
        any = any ? LLVMBuildOr(l->builder, any, one, "") : one;
    }
    llvm_return_if(l, any, LAMINA_E_NULL, "null_data");
    LLVMValueRef self = LLVMGetParam(LLVMGetBasicBlockParent(LLVMGetInsertBlock(l->builder)), 0);
    LLVMValueRef needed = LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(workspace_bytes), workspace_bytes,
                                         &self, 1, "needed");
    LLVMValueRef given = CALL_FIELD(l, l->size, workspace_size);
    llvm_return_if(l, LLVMBuildICmp(l->builder, LLVMIntULT, given, needed, ""), LAMINA_E_WORKSPACE,
                   "too_small");
}

static LLVMValueRef call_function(LlvmEmitter *l, LLVMValueRef workspace_bytes) {
    const Program *p = l->e.program;
    LLVMValueRef function = begin(l, l->status, "call");
    llvm_return_if(l, LLVMBuildIsNull(l->builder, LLVMGetParam(function, 0), ""), LAMINA_E_NULL, "no_call");
    LLVMValueRef size = CALL_FIELD(l, l->size, size), least = llvm_size(l, LAMINA_CALL_SIZE_1);
    llvm_return_if(l, LLVMBuildICmp(l->builder, LLVMIntULT, size, least, ""), LAMINA_E_NULL, "short_call");
    LLVMValueRef batch = CALL_FIELD(l, l->size, batch);
    LLVMValueRef fixed = llvm_size(l, p->open_batch ? 0 : (uint64_t)p->static_batch);
    llvm_return_if(l, LLVMBuildICmp(l->builder, p->open_batch ? LLVMIntEQ : LLVMIntNE, batch, fixed, ""),
                   p->open_batch ? LAMINA_OK : LAMINA_E_BATCH, "batch_checked");

    check_call_dims(l);
    LLVMValueRef *arguments =
        ARENA_ARRAY(l->e.arena, LLVMValueRef, p->n_dims + p->n_inputs + p->n_outputs + 5);
    unsigned n = 0;
    if (p->open_batch) arguments[n++] = batch;
    for (size_t i = 0; i < p->n_dims; i++) arguments[n++] = l->dims[i];
    check_call(l, arguments + n, arguments + n + p->n_inputs, workspace_bytes);
    n += (unsigned)(p->n_inputs + p->n_outputs);
    arguments[n++] = CALL_FIELD(l, l->pointer, workspace);
    if (l->state) arguments[n++] = CALL_FIELD(l, l->pointer, state);
    if (l->weights) arguments[n++] = CALL_FIELD(l, l->pointer, weights);
    if (l->parallel) arguments[n++] = CALL_FIELD(l, l->pointer, parallel);
    LLVMBuildRet(l->builder,
                 LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(l->run), l->run, arguments, n, ""));
    return function;
}

static LLVMValueRef dim_names(const LlvmEmitter *l) {
    const Program *p = l->e.program;
    LLVMValueRef names[PROGRAM_MAX_DIMS];
    if (p->n_dims == 0) return LLVMConstNull(l->pointer);
    for (size_t i = 0; i < p->n_dims; i++)
        names[i] =
            text(l, p->dims[i].name, arena_printf(l->e.arena, "%s_%s_name", l->e.prefix, l->e.dims[i]));
    LLVMValueRef list = LLVMConstArray(l->pointer, names, (unsigned)p->n_dims);
    return llvm_constant(l, list, arena_printf(l->e.arena, "%s_dims", l->e.prefix), 8);
}

/* NAME_reset */
static void reset_function(LlvmEmitter *l) {
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(l->context), &l->pointer, 1, false);
    LLVMValueRef function =
        LLVMAddFunction(l->module, arena_printf(l->e.arena, "%s_reset", l->e.prefix), type);
    LLVMPositionBuilderAtEnd(l->builder, LLVMAppendBasicBlockInContext(l->context, function, "entry"));
    LLVMSetCurrentDebugLocation2(l->builder, NULL);
    LLVMBuildMemSet(l->builder, LLVMGetParam(function, 0),
                    LLVMConstInt(LLVMInt8TypeInContext(l->context), 0, false),
                    llvm_size(l, l->e.program->state_bytes), 1);
    LLVMBuildRetVoid(l->builder);
    l->reset = function;
}

void llvm_model(LlvmEmitter *l) {
    const Program *p = l->e.program;
    if (p->state_bytes) reset_function(l);
    Arena *arena = l->e.arena;
    const char *prefix = l->e.prefix;
    LLVMValueRef workspace_bytes = workspace_function(l), call = call_function(l, workspace_bytes);
    LLVMValueRef values[] = {
        llvm_int(l, LAMINA_ABI),
        llvm_int(l, (int)sizeof(lamina_model)),
        llvm_int(l, (int)sizeof(lamina_tensor)),
        llvm_int(l, 0),
        text(l, prefix, arena_printf(arena, "%s_name", prefix)),
        text(l, arena_printf(arena, "Lamina %s", l->e.options->version),
             arena_printf(arena, "%s_producer", prefix)),
        llvm_size(l, p->n_inputs),
        llvm_size(l, p->n_outputs),
        llvm_size(l, p->n_dims),
        tensors(l, "inputs", p->inputs, l->e.inputs, p->n_inputs),
        tensors(l, "outputs", p->outputs, l->e.outputs, p->n_outputs),
        dim_names(l),
        llvm_size(l, WORKSPACE_ALIGN),
        llvm_size(l, p->state_bytes),
        llvm_size(l, l->weights ? l->e.weights_bytes : 0),
        workspace_bytes,
        call,
    };
    LLVMValueRef value = LLVMConstStructInContext(l->context, values, sizeof values / sizeof *values, false);
    LLVMValueRef model = LLVMAddGlobal(l->module, LLVMTypeOf(value), arena_printf(arena, "%s_model", prefix));
    LLVMSetInitializer(model, value);
    LLVMSetGlobalConstant(model, true);
    LLVMSetAlignment(model, 8);
}
