/* Debug information (-g): one subprogram, NAME_run, whose lines are those of the model file: each call of a
 * kernel stands on the line of the layer call that it comes from. Kernels have none of their own, so that
 * inlined they count as that line too.
 */
#include <string.h>

#include "emit/llvm/llvm_emitter.h"

enum { DWARF_SIGNED = 5, DWARF_UNSIGNED = 7, DWARF_FLOAT = 4 };

static LLVMMetadataRef file_of(LlvmEmitter *l, uint32_t file) {
    if (!l->files[file]) {
        const char *name = sources_get(l->e.options->sources, file)->name;
        l->files[file] = LLVMDIBuilderCreateFile(l->debug, name, strlen(name), ".", 1);
    }
    return l->files[file];
}

static void module_flag(const LlvmEmitter *l, const char *name, unsigned value) {
    LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(l->context), value, false);
    LLVMAddModuleFlag(l->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(number));
}

/* The place of an op in the model file; false where it has none. */
static bool place_of(const LlvmEmitter *l, const Op *op, SourceRange *at) {
    if (!op || !op->origin || !l->e.options->sources) return false;
    *at = op->origin->at;
    return at->file != 0;
}

/* Where the function is said to begin: at the first input, which no code comes from (a debugger takes a
 * breakpoint on this line for one on the function). */
static void first_place(const LlvmEmitter *l, uint32_t *file, unsigned *line) {
    const Program *p = l->e.program;
    SourceRange at = {.file = 1};
    for (size_t i = 0; i < p->n_inputs; i++)
        if (place_of(l, p->inputs[i]->origin, &at)) break;
    *file = at.file;
    *line = sources_position(l->e.options->sources, at.file, at.begin).line;
}

void llvm_debug_open(LlvmEmitter *l) {
    const Sources *sources = l->e.options->sources;
    if (!l->e.options->debug || !sources || sources->count == 0) return;
    l->debug = LLVMCreateDIBuilder(l->module);
    l->files = ARENA_ARRAY(l->e.arena, LLVMMetadataRef, sources->count + 1);
    l->scopes = ARENA_ARRAY(l->e.arena, LLVMMetadataRef, sources->count + 1);
    module_flag(l, "Debug Info Version", LLVMDebugMetadataVersion());
    module_flag(l, "Dwarf Version", 5);
    uint32_t file;
    unsigned line;
    first_place(l, &file, &line);
    const char *producer = arena_printf(l->e.arena, "Lamina %s", l->e.options->version);
    l->compile_unit = LLVMDIBuilderCreateCompileUnit(
        l->debug, LLVMDWARFSourceLanguageC99, file_of(l, file), producer, strlen(producer),
        l->e.options->level > 0, "", 0, 0, "", 0, LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
}

static LLVMMetadataRef basic(LlvmEmitter *l, const char *name, uint64_t bits, unsigned encoding) {
    return LLVMDIBuilderCreateBasicType(l->debug, name, strlen(name), bits, encoding, LLVMDIFlagZero);
}

static LLVMMetadataRef data_type(LlvmEmitter *l, DType dtype) {
    const bool real = dtype == DTYPE_FLOAT32 || dtype == DTYPE_FLOAT64;
    const char *name = c_type(dtype);
    LLVMMetadataRef type = basic(l, name, dtype_size(dtype) * 8,
                                 real             ? DWARF_FLOAT
                                 : name[0] == 'u' ? DWARF_UNSIGNED
                                                  : DWARF_SIGNED);
    return LLVMDIBuilderCreatePointerType(l->debug, type, 64, 64, 0, "", 0);
}

/* The parameters' types, the result's first. */
static unsigned parameter_types(LlvmEmitter *l, LLVMMetadataRef *types) {
    const Program *p = l->e.program;
    unsigned n = 0;
    types[n++] = basic(l, "int", 32, DWARF_SIGNED);
    for (size_t i = 0; i < (l->batch != NULL) + p->n_dims; i++)
        types[n++] = basic(l, "size_t", 64, DWARF_UNSIGNED);
    for (size_t i = 0; i < p->n_inputs; i++) types[n++] = data_type(l, p->inputs[i]->dtype);
    for (size_t i = 0; i < p->n_outputs; i++) types[n++] = data_type(l, p->outputs[i]->dtype);
    while (n <= LLVMCountParams(l->run))
        types[n++] = LLVMDIBuilderCreatePointerType(l->debug, NULL, 64, 64, 0, "", 0);
    return n;
}

static void describe_parameter(LlvmEmitter *l, unsigned i, LLVMMetadataRef file, LLVMMetadataRef type,
                               unsigned line) {
    LLVMValueRef parameter = LLVMGetParam(l->run, i);
    size_t length;
    const char *name = LLVMGetValueName2(parameter, &length);
    LLVMMetadataRef variable = LLVMDIBuilderCreateParameterVariable(
        l->debug, l->subprogram, name, length, i + 1, file, line, type, true, LLVMDIFlagZero);
    LLVMMetadataRef expression = LLVMDIBuilderCreateExpression(l->debug, NULL, 0);
    LLVMMetadataRef at = LLVMDIBuilderCreateDebugLocation(l->context, line, 0, l->subprogram, NULL);
    LLVMBasicBlockRef block = LLVMGetInsertBlock(l->builder);
#if LLVM_VERSION_MAJOR >= 19
    LLVMDIBuilderInsertDbgValueRecordAtEnd(l->debug, parameter, variable, expression, at, block);
#else
    LLVMDIBuilderInsertDbgValueAtEnd(l->debug, parameter, variable, expression, at, block);
#endif
}

void llvm_debug_run(LlvmEmitter *l) {
    if (!l->debug) return;
    uint32_t file;
    unsigned line;
    first_place(l, &file, &line);
    const unsigned parameters = LLVMCountParams(l->run);
    LLVMMetadataRef *types = ARENA_ARRAY(l->e.arena, LLVMMetadataRef, parameters + 1);
    const unsigned n = parameter_types(l, types);
    LLVMMetadataRef type =
        LLVMDIBuilderCreateSubroutineType(l->debug, file_of(l, file), types, n, LLVMDIFlagZero);
    const char *name = arena_printf(l->e.arena, "%s_run", l->e.prefix);
    l->subprogram = LLVMDIBuilderCreateFunction(l->debug, file_of(l, file), name, strlen(name), "", 0,
                                                file_of(l, file), line, type, false, true, line,
                                                LLVMDIFlagPrototyped, l->e.options->level > 0);
    LLVMSetSubprogram(l->run, l->subprogram);
    l->scopes[file] = l->subprogram;
    llvm_debug_at(l, NULL);
    for (unsigned i = 0; i < parameters; i++) describe_parameter(l, i, file_of(l, file), types[i + 1], line);
}

void llvm_debug_at(LlvmEmitter *l, const Op *origin) {
    if (!l->debug) return;
    SourceRange at;
    LLVMMetadataRef scope = l->subprogram;
    SourcePosition position = {0, 0};
    if (place_of(l, origin, &at)) {
        position = sources_position(l->e.options->sources, at.file, at.begin);
        if (!l->scopes[at.file])
            l->scopes[at.file] =
                LLVMDIBuilderCreateLexicalBlockFile(l->debug, l->subprogram, file_of(l, at.file), 0);
        scope = l->scopes[at.file];
    }
    LLVMSetCurrentDebugLocation2(l->builder, LLVMDIBuilderCreateDebugLocation(l->context, position.line,
                                                                              position.column, scope, NULL));
}

/* Scopes lie inside a function. */
static void forget_scopes(LlvmEmitter *l) {
    for (size_t i = 0; i <= l->e.options->sources->count; i++) l->scopes[i] = NULL;
}

void llvm_debug_task(LlvmEmitter *l, LLVMValueRef function, const Op *origin) {
    SourceRange at;
    if (!l->debug || !place_of(l, origin, &at)) return;
    const unsigned line = sources_position(l->e.options->sources, at.file, at.begin).line;
    LLVMMetadataRef file = file_of(l, at.file), types[] = {NULL};
    LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(l->debug, file, types, 1, LLVMDIFlagZero);
    size_t length;
    const char *name = LLVMGetValueName2(function, &length);
    l->subprogram = LLVMDIBuilderCreateFunction(l->debug, file, name, length, "", 0, file, line, type, true,
                                                true, line, LLVMDIFlagZero, l->e.options->level > 0);
    LLVMSetSubprogram(function, l->subprogram);
    forget_scopes(l);
    llvm_debug_at(l, origin);
}

void llvm_debug_leave(LlvmEmitter *l, LLVMMetadataRef subprogram) {
    l->subprogram = subprogram;
    if (l->debug) forget_scopes(l);
}

void llvm_debug_close(LlvmEmitter *l) {
    if (!l->debug) return;
    LLVMDIBuilderFinalize(l->debug);
    LLVMDisposeDIBuilder(l->debug);
    l->debug = NULL;
}
