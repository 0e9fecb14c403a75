/* The target: a name of targets.def becomes a triple, a CPU, its features and an LLVM target machine. Triples
 * are written out, so that one name gives the same bytes on every machine.
 */
#include <pthread.h>
#include <string.h>

#include <llvm-c/Target.h>

#include "emit/llvm/llvm_emitter.h"
#include "lmrt_library.h"

typedef struct TargetRow {
    const char *name, *arch, *cpu, *features, *kernels, *about;
} TargetRow;

static const TargetRow rows[] = {
#define LLVM_TARGET(name, arch, cpu, features, kernels, about) {name, arch, cpu, features, kernels, about},
#include "emit/llvm/targets.def"
#undef LLVM_TARGET
};

static const TargetRow *find_row(const char *name) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

static const char *taken(Arena *arena, char *message) {
    const char *copy = arena_strdup(arena, message);
    LLVMDisposeMessage(message);
    return copy;
}

/* The triple of an architecture; of this machine where it is NULL. */
static const char *triple_of(Arena *arena, const char *arch) {
    const char *host = taken(arena, LLVMGetDefaultTargetTriple());
    if (!arch) {
        arch = strncmp(host, "x86_64-", 7) == 0    ? "x86_64"
               : strncmp(host, "aarch64-", 8) == 0 ? "aarch64"
                                                   : NULL;
        if (!arch || !strstr(host, "linux")) return host;
    }
    /* as Debian's clang names them, so that it takes our IR without a warning */
    return arena_printf(arena, "%s-%s-linux-gnu", arch, strcmp(arch, "x86_64") == 0 ? "pc" : "unknown");
}

/* This machine's x86-64 is tuned for as its level. Measured on one AMD Zen 5 machine only, where kernels were
 * 3 to 6 % faster than in the order that LLVM's own model of that processor gives them. */
static const char *tuning_for(const char *kernels) {
    if (strcmp(kernels, "x86_64_v4") == 0) return "x86-64-v4";
    return strcmp(kernels, "x86_64_v3") == 0 ? "x86-64-v3" : NULL;
}

static bool has(const char *features, const char *feature) {
    const size_t length = strlen(feature);
    for (const char *at = strstr(features, feature); at; at = strstr(at + 1, feature))
        if (at[length] == '\0' || at[length] == ',') return true;
    return false;
}

/* The kernels that run on a processor: those of the widest vectors that it has. */
static const char *kernels_for(const char *triple, const char *features) {
    if (strncmp(triple, "aarch64", 7) == 0) return "aarch64";
    if (strncmp(triple, "x86_64", 6) != 0) return "generic";
    if (has(features, "+avx512f") && has(features, "+avx512vl") && has(features, "+avx512dq") &&
        has(features, "+avx512bw"))
        return "x86_64_v4";
    return has(features, "+avx2") && has(features, "+fma") ? "x86_64_v3" : "x86_64";
}

/* LLVM's list of targets is one for all threads, and may be filled by one at a time. */
static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); /* the int8 kernels have instructions in words */
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    LLVMInitializeNativeAsmParser();
}

static bool isa_is_here(const char *isa) {
    for (const char *const *here = lmrt_isas(); *here; here++)
        if (strcmp(*here, isa) == 0) return true;
    return false;
}

/* Kernels that run here and that liblamina_rt has no copy of. */
static bool only_bitcode(const char *kernels) {
#if defined(__aarch64__)
    if (strcmp(kernels, "aarch64") == 0) return true;
#endif
    return strcmp(kernels, "generic") == 0;
}

/* What is to run here: by liblamina_rt's kernels for the target, or by those of the bitcode. */
static bool choose_in_process(LlvmEmitter *l, const TargetRow *row) {
    LlvmTarget *t = &l->target;
    t->isa = row->kernels;
    t->native = !t->isa || !only_bitcode(t->isa);
    if (!t->native || !t->isa || isa_is_here(t->isa)) return true;
    return diag_report(l->e.program->ir->diags, E620, NO_SOURCE,
                       "this machine cannot run code for target \"%s\"", row->name);
}

static void choose(LlvmEmitter *l, const TargetRow *row) {
    Arena *arena = l->e.arena;
    LlvmTarget *t = &l->target;
    t->triple = triple_of(arena, row->arch);
    const bool baseline =
        row->cpu && strcmp(row->cpu, "generic") == 0 && strncmp(t->triple, "x86_64", 6) == 0;
    t->cpu = baseline ? "x86-64" : row->cpu ? row->cpu : taken(arena, LLVMGetHostCPUName());
    t->features = row->cpu ? row->features : taken(arena, LLVMGetHostCPUFeatures());
    t->kernels = row->kernels ? row->kernels : kernels_for(t->triple, t->features);
    t->tune = row->cpu ? NULL : tuning_for(t->kernels);
    if (l->e.options->strict_math) t->kernels = arena_printf(arena, "%s_strict", t->kernels);
    l->described = (Target){.name = row->cpu ? row->name : t->cpu,
                            .about = row->about,
                            .suffix = "",
                            .stack = target_find("portable")->stack};
    l->e.target = &l->described;
}

bool llvm_target_open(LlvmEmitter *l) {
    Diagnostics *diags = l->e.program->ir->diags;
    const char *name = l->e.options->target;
    const TargetRow *row = find_row(name);
    if (!row) return diag_report(diags, E612, NO_SOURCE, "LLVM forms have no target \"%s\"", name);
    if (l->e.options->in_process && !choose_in_process(l, row)) return false;
    pthread_once(&initialized, initialize);
    choose(l, row);
    LLVMTargetRef target = NULL;
    char *error = NULL;
    if (LLVMGetTargetFromTriple(l->target.triple, &target, &error)) {
        const char *text = taken(l->e.arena, error);
        return diag_report(diags, E612, NO_SOURCE, "target \"%s\": %s", name, text);
    }
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                 LLVMCodeGenLevelDefault, LLVMCodeGenLevelAggressive};
    const int level = l->target.native ? 0 : l->e.options->level & 3;
    l->machine = LLVMCreateTargetMachine(target, l->target.triple, l->target.cpu, l->target.features,
                                         levels[level], LLVMRelocPIC, LLVMCodeModelDefault);
    if (!l->machine) return diag_report(diags, E612, NO_SOURCE, "LLVM makes no code for target \"%s\"", name);
    return true;
}
