/* Steps that threads share: what emit/c/tasks.c does in C. A task function finds what it needs of the run
 * function's values in the frame, an array of words on the run function's stack. While its body is made, the
 * emitter's values are those loaded from there.
 */
#include <stddef.h>

#include "emit/llvm/llvm_emitter.h"

#include "include/lamina.h"

/* The words of the frame; those of the carried values follow. */
enum { FRAME_TASKS, FRAME_SAMPLES, FRAME_START, FRAME_VALUES };

static LLVMTypeRef byte_type(const LlvmEmitter *l) {
    return LLVMInt8TypeInContext(l->context);
}

static LLVMValueRef word_at(LlvmEmitter *l, LLVMValueRef frame, size_t word) {
    LLVMValueRef at = llvm_size(l, word * sizeof(uint64_t));
    return LLVMBuildInBoundsGEP2(l->builder, byte_type(l), frame, &at, 1, "");
}

static LLVMValueRef load_word(LlvmEmitter *l, LLVMValueRef frame, size_t word, LLVMTypeRef type,
                              const char *name) {
    return LLVMBuildLoad2(l->builder, type, word_at(l, frame, word), name);
}

LLVMValueRef llvm_words(LlvmEmitter *l, size_t count, const char *name) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(l->builder), entry = LLVMGetEntryBasicBlock(l->run);
    LLVMValueRef first = LLVMGetFirstInstruction(entry);
    if (first) LLVMPositionBuilderBefore(l->builder, first);
    LLVMTypeRef words = LLVMArrayType(LLVMInt64TypeInContext(l->context), (unsigned)count);
    LLVMValueRef space = LLVMBuildAlloca(l->builder, words, name);
    LLVMPositionBuilderAtEnd(l->builder, here);
    return space;
}

/* ---- the frame ---- */

/* Where the emitter keeps the address of a buffer; NULL: it is a constant of the module. */
static LLVMValueRef *value_of(LlvmEmitter *l, const Buffer *b) {
    switch (b->kind) {
    case BUFFER_INPUT: return &l->inputs[b->index];
    case BUFFER_OUTPUT: return &l->outputs[b->index];
    case BUFFER_WORKSPACE: return &l->buffers[b->index];
    case BUFFER_STATE: return &l->state;
    case BUFFER_CONSTANT: break;
    }
    return l->weights ? &l->constants[b->index] : NULL;
}

static bool carries(const LlvmEmitter *l, LLVMValueRef *const value) {
    for (size_t i = 0; i < l->carried.count; i++)
        if (l->carried.at[i] == value) return true;
    return false;
}

static void carry(LlvmEmitter *l, const Step *step) {
    for (int k = 0; k < step->n_args; k++) {
        LLVMValueRef *value = step->args[k].kind == ARG_BUFFER ? value_of(l, step->args[k].buffer) : NULL;
        if (value && !carries(l, value)) vec_push(l->e.arena, &l->carried, value);
    }
}

void llvm_frame(LlvmEmitter *l) {
    const Program *p = l->e.program;
    bool any = false;
    for (size_t i = 0; i < p->steps.count; i++) {
        if (!p->steps.at[i].parts) continue;
        any = true;
        carry(l, &p->steps.at[i]);
    }
    if (!any) return;
    l->frame = llvm_words(l, FRAME_VALUES + l->carried.count, "frame");
    for (size_t i = 0; i < l->carried.count; i++)
        LLVMBuildStore(l->builder, *l->carried.at[i], word_at(l, l->frame, FRAME_VALUES + i));
}

void llvm_frame_place(LlvmEmitter *l, const LlvmPlace *place) {
    if (!l->frame) return;
    if (place->samples) LLVMBuildStore(l->builder, place->samples, word_at(l, l->frame, FRAME_SAMPLES));
    if (place->start) LLVMBuildStore(l->builder, place->start, word_at(l, l->frame, FRAME_START));
}

/* ---- helpers, each made once ---- */

typedef struct Function {
    LLVMValueRef function;
    LLVMBasicBlockRef before; /* where the builder was */
    LLVMMetadataRef subprogram;
} Function;

static Function begin_function(LlvmEmitter *l, const char *name, LLVMTypeRef type) {
    Function f = {.before = LLVMGetInsertBlock(l->builder), .subprogram = l->subprogram};
    f.function = LLVMAddFunction(l->module, name, type);
    LLVMSetLinkage(f.function, LLVMInternalLinkage);
    LLVMPositionBuilderAtEnd(l->builder, LLVMAppendBasicBlockInContext(l->context, f.function, "entry"));
    LLVMSetCurrentDebugLocation2(l->builder, NULL);
    return f;
}

static LLVMBasicBlockRef block(LlvmEmitter *l, const char *name) {
    LLVMValueRef function = LLVMGetBasicBlockParent(LLVMGetInsertBlock(l->builder));
    return LLVMAppendBasicBlockInContext(l->context, function, name);
}

static LLVMTypeRef task_type(const LlvmEmitter *l) {
    LLVMTypeRef types[] = {l->pointer, l->size, l->size};
    return LLVMFunctionType(LLVMVoidTypeInContext(l->context), types, 3, false);
}

static LLVMValueRef field_of(LlvmEmitter *l, LLVMValueRef base, size_t offset) {
    LLVMValueRef at = llvm_size(l, offset);
    LLVMValueRef address = LLVMBuildInBoundsGEP2(l->builder, byte_type(l), base, &at, 1, "");
    return LLVMBuildLoad2(l->builder, l->pointer, address, "");
}

LLVMValueRef llvm_parallel_run(LlvmEmitter *l, LLVMValueRef parallel, LLVMValueRef tasks, LLVMValueRef task,
                               LLVMValueRef argument) {
    LLVMTypeRef types[] = {l->pointer, l->size, l->pointer, l->pointer};
    LLVMTypeRef type = LLVMFunctionType(l->status, types, 4, false);
    LLVMValueRef run = field_of(l, parallel, offsetof(lamina_parallel, run));
    LLVMValueRef arguments[] = {field_of(l, parallel, offsetof(lamina_parallel, context)), tasks, task,
                                argument};
    return LLVMBuildCall2(l->builder, type, run, arguments, 4, "status");
}

/* for (i = from; i < to; i++): returns i, with the builder in the body. */
static LLVMValueRef begin_loop(LlvmEmitter *l, LLVMValueRef from, LLVMValueRef to, LLVMBasicBlockRef *after) {
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder), head = block(l, "head"),
                      body = block(l, "body");
    *after = block(l, "after");
    LLVMBuildBr(l->builder, head);
    LLVMPositionBuilderAtEnd(l->builder, head);
    LLVMValueRef i = LLVMBuildPhi(l->builder, l->size, "i");
    LLVMAddIncoming(i, &from, &before, 1);
    LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, i, to, ""), body, *after);
    LLVMPositionBuilderAtEnd(l->builder, body);
    return i;
}

static void end_loop(LlvmEmitter *l, LLVMValueRef i, LLVMBasicBlockRef after) {
    LLVMValueRef next = LLVMBuildNUWAdd(l->builder, i, llvm_size(l, 1), "");
    LLVMBasicBlockRef last = LLVMGetInsertBlock(l->builder);
    LLVMAddIncoming(i, &next, &last, 1);
    LLVMBuildBr(l->builder, LLVMGetInstructionParent(i));
    LLVMPositionBuilderAtEnd(l->builder, after);
}

static LLVMValueRef named(const LlvmEmitter *l, const char *what, const char **name) {
    *name = arena_printf(l->e.arena, "%s_%s", l->e.prefix, what);
    return LLVMGetNamedFunction(l->module, *name);
}

/* int share(parallel, tasks, task, frame): by the parallel-for, or one task after another. */
static LLVMValueRef share_function(LlvmEmitter *l) {
    const char *name;
    LLVMValueRef here = named(l, "share", &name);
    if (here) return here;
    LLVMTypeRef types[] = {l->pointer, l->size, l->pointer, l->pointer};
    const Function f = begin_function(l, name, LLVMFunctionType(l->status, types, 4, false));
    LLVMValueRef parallel = LLVMGetParam(f.function, 0), tasks = LLVMGetParam(f.function, 1),
                 task = LLVMGetParam(f.function, 2), frame = LLVMGetParam(f.function, 3);
    LLVMBuildStore(l->builder, tasks, word_at(l, frame, FRAME_TASKS));
    LLVMValueRef alone =
        LLVMBuildOr(l->builder, LLVMBuildIsNull(l->builder, parallel, ""),
                    LLVMBuildICmp(l->builder, LLVMIntULT, tasks, llvm_size(l, 2), ""), "alone");
    LLVMBasicBlockRef together = block(l, "together"), serial = block(l, "serial"), after;
    LLVMBuildCondBr(l->builder, alone, serial, together);
    LLVMPositionBuilderAtEnd(l->builder, together);
    LLVMBuildRet(l->builder, llvm_parallel_run(l, parallel, tasks, task, frame));
    LLVMPositionBuilderAtEnd(l->builder, serial);
    LLVMValueRef i = begin_loop(l, llvm_size(l, 0), tasks, &after);
    LLVMBuildCall2(l->builder, task_type(l), task, (LLVMValueRef[]){frame, i, llvm_size(l, 0)}, 3, "");
    end_loop(l, i, after);
    LLVMBuildRet(l->builder, llvm_int(l, 0));
    LLVMPositionBuilderAtEnd(l->builder, f.before);
    return f.function;
}

/* size_t cut(all, index, tasks, align): where the range of a task begins. */
static LLVMValueRef cut_function(LlvmEmitter *l) {
    const char *name;
    LLVMValueRef here = named(l, "cut", &name);
    if (here) return here;
    LLVMTypeRef types[] = {l->size, l->size, l->size, l->size};
    const Function f = begin_function(l, name, LLVMFunctionType(l->size, types, 4, false));
    LLVMBuilderRef b = l->builder;
    LLVMValueRef all = LLVMGetParam(f.function, 0), index = LLVMGetParam(f.function, 1),
                 tasks = LLVMGetParam(f.function, 2), align = LLVMGetParam(f.function, 3);
    LLVMValueRef rest = LLVMBuildURem(b, all, tasks, "rest"), share = LLVMBuildUDiv(b, all, tasks, "share");
    LLVMValueRef few = LLVMBuildICmp(b, LLVMIntULT, index, rest, "");
    LLVMValueRef more = LLVMBuildSelect(b, few, index, rest, "");
    LLVMValueRef at = LLVMBuildAdd(b, LLVMBuildMul(b, share, index, ""), more, "at");
    LLVMValueRef begin = LLVMBuildSub(b, at, LLVMBuildURem(b, at, align, ""), "begin");
    LLVMBuildRet(b, LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntEQ, index, tasks, ""), all, begin, ""));
    LLVMPositionBuilderAtEnd(b, f.before);
    return f.function;
}

LLVMValueRef llvm_cut(LlvmEmitter *l, LLVMValueRef all, LLVMValueRef index, LLVMValueRef tasks,
                      int64_t align) {
    LLVMValueRef cut = cut_function(l), arguments[] = {all, index, tasks, llvm_size(l, (uint64_t)align)};
    return LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(cut), cut, arguments, 4, "");
}

/* ---- the task functions ---- */

/* How many things the ranges are ranges of. */
static LLVMValueRef all_of(LlvmEmitter *l, const Step *step, const LlvmPlace *place) {
    const Parts *parts = step->parts;
    LLVMValueRef all =
        llvm_count(l, parts->argument < 0 ? step->rounds : step->args[parts->argument].count, place);
    return parts_are_pieces(parts)
               ? LLVMBuildMul(l->builder, all, llvm_size(l, (uint64_t)parts->n_pieces), "")
               : all;
}

static void pieces_body(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place) {
    const Parts *parts = step->parts;
    LLVMValueRef n = llvm_size(l, (uint64_t)parts->n_pieces);
    LLVMValueRef piece = LLVMBuildURem(l->builder, place.task, n, "piece");
    place.round = LLVMBuildUDiv(l->builder, place.task, n, "i");
    LLVMValueRef whole = l->descriptors[index];
    LLVMBasicBlockRef after = block(l, "after"), other = block(l, "other");
    LLVMValueRef choice = LLVMBuildSwitch(l->builder, piece, other, (unsigned)parts->n_pieces);
    LLVMPositionBuilderAtEnd(l->builder, other);
    LLVMBuildUnreachable(l->builder);
    for (int k = 0; k < parts->n_pieces; k++) {
        LLVMBasicBlockRef one = block(l, "piece");
        LLVMAddCase(choice, llvm_size(l, (uint64_t)k), one);
        LLVMPositionBuilderAtEnd(l->builder, one);
        l->descriptors[index] = l->pieces[index][k];
        llvm_call(l, index, &parts->pieces[k], &place);
        LLVMBuildBr(l->builder, after);
    }
    LLVMPositionBuilderAtEnd(l->builder, after);
    l->descriptors[index] = whole;
}

static void range_body(LlvmEmitter *l, size_t index, const Step *step, LlvmPlace place, LLVMValueRef frame) {
    const Parts *parts = step->parts;
    LLVMValueRef all = all_of(l, step, &place), tasks = load_word(l, frame, FRAME_TASKS, l->size, "tasks");
    LLVMValueRef next = LLVMBuildNUWAdd(l->builder, place.task, llvm_size(l, 1), "");
    LLVMValueRef first = llvm_cut(l, all, place.task, tasks, parts->align),
                 last = llvm_cut(l, all, next, tasks, parts->align);
    if (parts->pieces) { /* the columns of one row */
        LLVMBasicBlockRef row = block(l, "row"), rows = block(l, "rows");
        LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, all, tasks, ""), row, rows);
        LLVMPositionBuilderAtEnd(l->builder, row);
        pieces_body(l, index, step, place);
        LLVMBuildRetVoid(l->builder);
        LLVMPositionBuilderAtEnd(l->builder, rows);
    }
    if (parts->argument >= 0) {
        LLVMBasicBlockRef some = block(l, "some"), none = block(l, "none");
        LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULT, first, last, ""), some, none);
        LLVMPositionBuilderAtEnd(l->builder, some);
        place.range = parts;
        place.first = first;
        place.count = LLVMBuildNUWSub(l->builder, last, first, "");
        llvm_call(l, index, step, &place);
        LLVMBuildBr(l->builder, none);
        LLVMPositionBuilderAtEnd(l->builder, none);
        return;
    }
    LLVMBasicBlockRef after;
    place.round = begin_loop(l, first, last, &after);
    llvm_call(l, index, step, &place);
    end_loop(l, place.round, after);
}

static LLVMValueRef task_function(LlvmEmitter *l, size_t index, const Step *step, const LlvmPlace *around) {
    LLVMValueRef *saved = ARENA_ARRAY(l->e.arena, LLVMValueRef, l->carried.count);
    const Function f = begin_function(l, l->e.tasks[index], task_type(l));
    LLVMValueRef frame = LLVMGetParam(f.function, 0);
    llvm_debug_task(l, f.function, step->origin);
    for (size_t i = 0; i < l->carried.count; i++) {
        saved[i] = *l->carried.at[i];
        *l->carried.at[i] = load_word(l, frame, FRAME_VALUES + i, l->pointer, LLVMGetValueName(saved[i]));
    }
    LlvmPlace place = {.single = around->single, .task = LLVMGetParam(f.function, 1)};
    if (around->samples) place.samples = load_word(l, frame, FRAME_SAMPLES, l->size, "n");
    if (around->start) place.start = load_word(l, frame, FRAME_START, l->size, "start");
    if (parts_are_pieces(step->parts))
        pieces_body(l, index, step, place);
    else
        range_body(l, index, step, place, frame);
    LLVMBuildRetVoid(l->builder);
    for (size_t i = 0; i < l->carried.count; i++) *l->carried.at[i] = saved[i];
    llvm_debug_leave(l, f.subprogram);
    LLVMPositionBuilderAtEnd(l->builder, f.before);
    return f.function;
}

/* Into how many tasks `all` things are cut, none of less than the grain. */
static LLVMValueRef count_tasks(LlvmEmitter *l, const Parts *parts, LLVMValueRef all) {
    if (parts_are_pieces(parts)) return all;
    LLVMBuilderRef b = l->builder;
    LLVMValueRef one = llvm_size(l, 1), most = llvm_size(l, (uint64_t)l->e.program->threads);
    LLVMValueRef worth = LLVMBuildUDiv(b, all, llvm_size(l, (uint64_t)parts->grain), "");
    worth = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntULT, worth, one, ""), one, worth, "");
    worth = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntULT, worth, most, ""), worth, most, "");
    if (parts->pieces) { /* the columns of one row */
        LLVMValueRef row = LLVMBuildICmp(b, LLVMIntEQ, all, one, "row");
        worth = LLVMBuildSelect(b, row, llvm_size(l, (uint64_t)parts->n_pieces), worth, "");
    }
    return LLVMBuildSelect(b, LLVMBuildIsNull(b, l->parallel, ""), one, worth, "tasks");
}

/* A step that is cut into pieces here is whole where nobody shares it. Returns where both ways meet. */
static LLVMBasicBlockRef whole_if_alone(LlvmEmitter *l, size_t index, const Step *step,
                                        const LlvmPlace *place) {
    LLVMBasicBlockRef alone = block(l, "alone"), shared = block(l, "shared"), after = block(l, "after");
    LLVMBuildCondBr(l->builder, LLVMBuildIsNull(l->builder, l->parallel, ""), alone, shared);
    LLVMPositionBuilderAtEnd(l->builder, alone);
    llvm_whole_step(l, index, step, *place);
    LLVMBuildBr(l->builder, after);
    LLVMPositionBuilderAtEnd(l->builder, shared);
    return after;
}

void llvm_shared_step(LlvmEmitter *l, size_t index, const Step *step, const LlvmPlace *place) {
    LLVMValueRef task = task_function(l, index, step, place), share = share_function(l);
    llvm_debug_at(l, step->origin);
    LLVMBasicBlockRef after = parts_are_pieces(step->parts) ? whole_if_alone(l, index, step, place) : NULL;
    LLVMValueRef tasks = count_tasks(l, step->parts, all_of(l, step, place));
    LLVMValueRef arguments[] = {l->parallel, tasks, task, l->frame};
    LLVMValueRef status =
        LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(share), share, arguments, 4, "status");
    LLVMValueRef failed = LLVMBuildICmp(l->builder, LLVMIntNE, status, llvm_int(l, 0), "");
    llvm_return_value_if(l, failed, status, "not_shared");
    if (!after) return;
    LLVMBuildBr(l->builder, after);
    LLVMPositionBuilderAtEnd(l->builder, after);
}
