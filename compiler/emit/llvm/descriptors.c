/* The constant structures that kernels are called with. Where their members lie is read from lmrt.h
 * (cmake/Descriptors.cmake), whose layout is the same on all targets here: those with 64-bit pointers.
 */
#include <stddef.h>
#include <string.h>

#include "emit/kernels.h"
#include "emit/llvm/llvm_emitter.h"
#include "include/lmrt.h"

typedef struct Member {
    const char *type, *name; /* name NULL: the structure itself */
    size_t offset, size;
} Member;

static const Member members[] = {
#define STRUCTURE(type) {#type, NULL, 0, sizeof(type)},
#define MEMBER(type, name) {#type, #name, offsetof(type, name), sizeof(((const type *)0)->name)},
#define ENUMERATOR(name)
#include "lmrt_table.def"
#undef STRUCTURE
#undef MEMBER
#undef ENUMERATOR
};

enum { MEMBER_COUNT = sizeof members / sizeof *members, MOST_MEMBERS = 32 };

int llvm_enumerator(const char *name) {
    static const struct {
        const char *name;
        int value;
    } table[] = {
#define STRUCTURE(type)
#define MEMBER(type, name)
#define ENUMERATOR(name) {#name, name},
#include "lmrt_table.def"
#undef STRUCTURE
#undef MEMBER
#undef ENUMERATOR
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0) return table[i].value;
    return -1;
}

static const Member *find_structure(const char *type) {
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (!members[i].name && strcmp(members[i].type, type) == 0) return &members[i];
    return NULL;
}

static LLVMValueRef float_of(const LlvmEmitter *l, double value) {
    return LLVMConstReal(LLVMFloatTypeInContext(l->context), value);
}

static LLVMValueRef epilogue_of(LlvmEmitter *l, const Epilogue *epilogue) {
    const EpilogueValues v = kernel_epilogue(l->e.arena, epilogue);
    LLVMValueRef p[3] = {float_of(l, v.p[0]), float_of(l, v.p[1]), float_of(l, v.p[2])};
    LLVMValueRef map = v.map ? llvm_kernel(l, v.map) : NULL;
    LLVMValueRef values[] = {float_of(l, v.low), float_of(l, v.high), map ? map : LLVMConstNull(l->pointer),
                             LLVMConstArray(LLVMFloatTypeInContext(l->context), p, 3)};
    return LLVMConstStructInContext(l->context, values, 4, false);
}

static LLVMValueRef word(LlvmEmitter *l, LLVMTypeRef type, const Field *field, size_t i) {
    const bool given = field && i < (size_t)field->n_values && !llvm_is_open(l, field->values[i]);
    return LLVMConstInt(type, given ? (unsigned long long)field->values[i] : 0, true);
}

/* One member: the field of its name, zeros where there is none or the value is not known yet. */
static LLVMValueRef member_of(LlvmEmitter *l, const Member *member, const Field *field) {
    if (field && field->kind == FIELD_EPILOGUE) return epilogue_of(l, &field->epilogue);
    LLVMTypeRef type = LLVMIntTypeInContext(l->context, member->size < 8 ? (unsigned)member->size * 8 : 64);
    if (member->size <= 8) return word(l, type, field, 0);
    const size_t n = member->size / 8;
    LLVMValueRef *values = ARENA_ARRAY(l->e.arena, LLVMValueRef, n);
    for (size_t i = 0; i < n; i++) values[i] = word(l, type, field, i);
    return LLVMConstArray(type, values, (unsigned)n);
}

static const Field *find_field(const Descriptor *d, const char *name) {
    for (int i = 0; i < d->n_fields; i++)
        if (strcmp(d->fields[i].name, name) == 0) return &d->fields[i];
    return NULL;
}

static LLVMValueRef structure_of(LlvmEmitter *l, const Descriptor *d, const Member *structure) {
    LLVMValueRef values[MOST_MEMBERS];
    unsigned count = 0;
    int found = 0;
    for (const Member *m = structure ? structure + 1 : members + MEMBER_COUNT;
         m < members + MEMBER_COUNT && m->name && count < MOST_MEMBERS; m++) {
        const Field *field = find_field(d, m->name);
        found += field != NULL;
        values[count++] = member_of(l, m, field);
    }
    LLVMValueRef value = LLVMConstStructInContext(l->context, values, count, false);
    LLVMTargetDataRef layout = LLVMGetModuleDataLayout(l->module);
    if (!structure || found != d->n_fields ||
        LLVMABISizeOfType(layout, LLVMTypeOf(value)) != structure->size) {
        l->failed = true;
        diag_report(l->e.program->ir->diags, E900, NO_SOURCE, "lmrt.h and a step disagree on %s", d->type);
    }
    return value;
}

static bool is_open(const LlvmEmitter *l, const Descriptor *d) {
    for (int f = 0; f < d->n_fields; f++)
        for (int i = 0; i < d->fields[f].n_values; i++)
            if (llvm_is_open(l, d->fields[f].values[i])) return true;
    return false;
}

/* The structure on the stack, with what is known now. */
static LLVMValueRef open_structure(LlvmEmitter *l, const Descriptor *d, const Member *structure,
                                   LLVMValueRef value, const char *name) {
    LLVMValueRef space = LLVMBuildAlloca(l->builder, LLVMTypeOf(value), name);
    LLVMBuildStore(l->builder, value, space);
    for (const Member *m = structure + 1; m < members + MEMBER_COUNT && m->name; m++) {
        const Field *field = find_field(d, m->name);
        for (int i = 0; field && i < field->n_values; i++) {
            if (!llvm_is_open(l, field->values[i])) continue;
            LLVMValueRef at = llvm_size(l, m->offset + 8 * (size_t)i);
            LLVMTypeRef byte = LLVMInt8TypeInContext(l->context);
            LLVMValueRef address = LLVMBuildInBoundsGEP2(l->builder, byte, space, &at, 1, "");
            LLVMBuildStore(l->builder, llvm_number(l, field->values[i]), address);
        }
    }
    return space;
}

static LLVMValueRef descriptor(LlvmEmitter *l, const Descriptor *d, const char *name) {
    const Member *structure = find_structure(d->type);
    LLVMValueRef value = structure_of(l, d, structure);
    if (structure && is_open(l, d)) return open_structure(l, d, structure, value, name);
    return llvm_constant(l, value, name, 8);
}

/* NULL where it has none. */
static LLVMValueRef step_descriptor(LlvmEmitter *l, const Step *step, const char *name) {
    for (int k = 0; k < step->n_args; k++)
        if (step->args[k].kind == ARG_DESCRIPTOR) return descriptor(l, step->args[k].descriptor, name);
    return NULL;
}

void llvm_descriptors(LlvmEmitter *l) {
    const Program *p = l->e.program;
    for (size_t i = 0; i < p->steps.count; i++) {
        const Parts *parts = p->steps.at[i].parts;
        l->descriptors[i] = step_descriptor(l, &p->steps.at[i], l->e.descriptors[i]);
        if (!parts || !parts->pieces) continue;
        l->pieces[i] = ARENA_ARRAY(l->e.arena, LLVMValueRef, (size_t)parts->n_pieces);
        for (int k = 0; k < parts->n_pieces; k++)
            l->pieces[i][k] = step_descriptor(l, &parts->pieces[k], l->e.descriptors[i]);
    }
}
