/* The runtime's kernels, pasted: only those that the steps call, with what they include, each file under a
 * guard of its own, once for each vector unit. runtime/README.md says how the pieces go together. */
#include <string.h>

#include "emit/c/emitter.h"
#include "emit/kernels.h"
#include "lmrt.h"

/* A copy of the vector kernels for one unit. */
typedef struct Unit {
    const char *suffix;    /* "_avx512" */
    int level;             /* -1: what the compiler's flags allow */
    const char *attribute; /* target("..."), or NULL */
} Unit;

typedef struct Paste {
    Emitter *e;
    Text *out;
    const bool *used; /* by kernel */
    Map done;         /* files pasted in this copy */
} Paste;

/* Strict copies have names of their own. */
static const char *strictness(const Emitter *e) {
    return e->options->strict_math ? "_strict" : "";
}

const char *kernel_symbol(const Emitter *e, const char *name) {
    const KernelInfo *kernel = kernel_find(name);
    if (!kernel || !kernel_is_vector(kernel)) return arena_printf(e->arena, "lmrt_%s", name);
    return arena_printf(e->arena, "lmrt_%s%s%s", name, strictness(e),
                        e->options->link_runtime ? "" : e->target->suffix);
}

/* The file an `#include "..."` line names, or NULL. */
static const char *included_file(Arena *arena, const char *line) {
    static const char start[] = "#include \"";
    if (strncmp(line, start, sizeof start - 1) != 0) return NULL;
    const char *name = line + sizeof start - 1, *end = strchr(name, '"');
    return end ? arena_strndup(arena, name, (size_t)(end - name)) : NULL;
}

static bool is_left_out(const char *line) {
    return strncmp(line, "#include", 8) == 0 || strncmp(line, "#pragma once", 12) == 0;
}

/* The text of a file without its includes. */
static void paste_lines(Paste *p, const char *const *lines) {
    for (; *lines; lines++)
        if (!is_left_out(*lines)) text_add(p->out, *lines);
}

static const char *guard_name(Arena *arena, const char *path, const char *suffix) {
    char *name = arena_printf(arena, "LMRT_PASTED_%s%s", c_upper(arena, path), c_upper(arena, suffix));
    for (char *c = name; *c; c++)
        if (*c == '/' || *c == '.') *c = '_';
    return name;
}

/* Pastes what the file includes, then the file, both once in this copy. */
static void paste_file(Paste *p, const char *path, const char *suffix) {
    if (map_has(&p->done, path)) return;
    map_put(&p->done, path, p);
    const char *const *lines = embedded_lines(path);
    for (const char *const *line = lines; line && *line; line++) {
        const char *included = included_file(p->e->arena, *line);
        if (included) paste_file(p, included, suffix);
    }
    if (!lines) return;
    const char *guard = guard_name(p->e->arena, path, suffix);
    text_printf(p->out, "/* ---- start of lamina runtime: %s ---- */\n#ifndef %s\n#define %s\n", path, guard,
                guard);
    paste_lines(p, lines);
    text_printf(p->out, "#endif\n/* ---- end of lamina runtime: %s ---- */\n\n", path);
}

static bool any_used(const Paste *p, bool vector) {
    for (size_t i = 0; i < kernel_count; i++)
        if (p->used[i] && kernel_is_vector(&kernels[i]) == vector) return true;
    return false;
}

static void paste_kernels(Paste *p, bool vector, const char *suffix) {
    p->done = map_new(p->e->arena);
    map_put(&p->done, "include/lmrt.h", p); /* stands before all */
    for (size_t i = 0; i < kernel_count; i++)
        if (p->used[i] && kernel_is_vector(&kernels[i]) == vector) paste_file(p, kernels[i].file, suffix);
}

static void open_attribute(Text *out, const char *attribute) {
    text_printf(out,
                "#if defined(__clang__)\n"
                "#pragma clang attribute push(__attribute__((target(\"%s\"))), apply_to = function)\n"
                "#elif defined(__GNUC__)\n#pragma GCC push_options\n#pragma GCC target(\"%s\")\n#endif\n",
                attribute, attribute);
}

static void close_attribute(Text *out) {
    text_add(out, "#if defined(__clang__)\n#pragma clang attribute pop\n"
                  "#elif defined(__GNUC__)\n#pragma GCC pop_options\n#endif\n");
}

static void paste_unit(Paste *p, const Unit *unit) {
    const char *suffix = arena_printf(p->e->arena, "%s%s", strictness(p->e), unit->suffix);
    if (unit->attribute) open_attribute(p->out, unit->attribute);
    if (p->e->options->strict_math) text_add(p->out, "#define LMRT_STRICT 1\n");
    text_printf(p->out, "#define LMRT_ISA %s\n", suffix);
    if (unit->level >= 0) text_printf(p->out, "#define LMRT_LEVEL %d\n", unit->level);
    paste_lines(p, embedded_lines("simd/simd_begin.h"));
    text_char(p->out, '\n');
    paste_kernels(p, true, suffix);
    paste_lines(p, embedded_lines("simd/simd_end.h"));
    if (unit->attribute) close_attribute(p->out);
    text_char(p->out, '\n');
}

static const char *dispatch_guard(const Paste *p, const KernelInfo *kernel) {
    return guard_name(p->e->arena, kernel->name,
                      p->e->options->strict_math ? "_STRICT_DISPATCH" : "_DISPATCH");
}

static void paste_dispatch(Paste *p) {
    text_add(p->out,
             "/* Which copy of the kernels this processor runs. */\n"
             "#ifndef LMRT_DISPATCH\n"
             "#if defined(LMRT_UNITS)\n"
             "LMRT_INLINE int lmrt_unit(void) {\n"
             "    if (__builtin_cpu_supports(\"avx512f\") && __builtin_cpu_supports(\"avx512vl\") &&\n"
             "        __builtin_cpu_supports(\"avx512dq\") && __builtin_cpu_supports(\"avx512bw\"))\n"
             "        return 3;\n"
             "    return __builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\") ? 2 : 1;\n"
             "}\n"
             "#define LMRT_DISPATCH(name, parameters, arguments) \\\n"
             "    LMRT_KERNEL void name parameters { \\\n"
             "        const int unit = lmrt_unit(); \\\n"
             "        if (unit == 3) name##_avx512 arguments; \\\n"
             "        else if (unit == 2) name##_avx2 arguments; \\\n"
             "        else name##_base arguments; \\\n"
             "    }\n"
             "#else\n"
             "#define LMRT_DISPATCH(name, parameters, arguments) \\\n"
             "    LMRT_INLINE void name parameters { name##_base arguments; }\n"
             "#endif\n"
             "#endif\n");
    for (size_t i = 0; i < kernel_count; i++) {
        if (!p->used[i] || !kernel_is_vector(&kernels[i])) continue;
        const char *guard = dispatch_guard(p, &kernels[i]);
        text_printf(p->out, "#ifndef %s\n#define %s\nLMRT_DISPATCH(%s, %s, %s)\n#endif\n", guard, guard,
                    kernel_symbol(p->e, kernels[i].name), kernels[i].parameters, kernels[i].arguments);
    }
    text_char(p->out, '\n');
}

static void paste_portable(Paste *p) {
    static const Unit avx512 = {"_avx512", 3, "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"};
    static const Unit avx2 = {"_avx2", 2, "avx2,fma"}, base = {"_base", -1, NULL};
    text_add(p->out,
             "/* Compiled for plain x86-64 the kernels come in copies for AVX2 and AVX-512 as well. */\n"
             "#if defined(__x86_64__) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 9)) && \\\n"
             "    !(defined(__AVX2__) && defined(__FMA__))\n"
             "#define LMRT_UNITS 3\n");
    paste_unit(p, &avx512);
    paste_unit(p, &avx2);
    text_add(p->out, "#endif\n\n");
    paste_unit(p, &base);
    paste_dispatch(p);
}

/* ---- the library instead ---- */

/* What is declared here must not be defined by another model's paste in the same translation unit: the guards
 * are those that stand around the definitions. */
static void declare_kernel(Paste *p, const KernelInfo *kernel) {
    const char *symbol = kernel_symbol(p->e, kernel->name);
    text_printf(p->out, "%s %s%s;\n", kernel->result, symbol, kernel->parameters);
}

static void declare_kernels(Paste *p) {
    for (size_t i = 0; i < kernel_count; i++) {
        const KernelInfo *kernel = &kernels[i];
        if (!p->used[i]) continue;
        const char *guard =
            kernel_is_vector(kernel) ? dispatch_guard(p, kernel) : guard_name(p->e->arena, kernel->file, "");
        if (map_has(&p->done, guard)) continue;
        map_put(&p->done, guard, p);
        text_printf(p->out, "#ifndef %s\n#define %s\n", guard, guard);
        for (size_t k = 0; k < kernel_count; k++)
            if (k == i || (!kernel_is_vector(kernel) && strcmp(kernels[k].file, kernel->file) == 0))
                declare_kernel(p, &kernels[k]);
        text_add(p->out, "#endif\n");
    }
    text_char(p->out, '\n');
}

/* gcc, having put this model's sizes into a kernel, warns of rounds that a loop can then be seen never to
 * make; clang warns where all functions of a section stand in another model's text already. */
static void open_warnings(Text *out) {
    text_add(out, "#if defined(__clang__)\n#pragma clang diagnostic push\n"
                  "#pragma clang diagnostic ignored \"-Wpragma-clang-attribute\"\n"
                  "#elif defined(__GNUC__)\n#pragma GCC diagnostic push\n"
                  "#pragma GCC diagnostic ignored \"-Waggressive-loop-optimizations\"\n#endif\n");
}

static void close_warnings(Text *out) {
    text_add(out, "#if defined(__clang__)\n#pragma clang diagnostic pop\n"
                  "#elif defined(__GNUC__)\n#pragma GCC diagnostic pop\n#endif\n\n");
}

/* Code is as dear as time. */
static bool is_small(const Emitter *e) {
    return e->target->stack <= 1024;
}

/* The forms that the model's shapes call for, by name. */
static void open_forms(Paste *p) {
    static const struct {
        unsigned form;
        const char *name;
    } FORMS[] = {{LMRT_FORM_TILE_PAIR, "TILE_PAIR"}, {LMRT_FORM_TILE_HALF, "TILE_HALF"},
                 {LMRT_FORM_STRIP_3_1, "STRIP_3_1"}, {LMRT_FORM_STRIP_3_2, "STRIP_3_2"},
                 {LMRT_FORM_STRIP_5_1, "STRIP_5_1"}, {LMRT_FORM_STRIP_5_2, "STRIP_5_2"},
                 {LMRT_FORM_NARROW_3, "NARROW_3"},   {LMRT_FORM_NARROW_5, "NARROW_5"}};
    const unsigned narrow = LMRT_FORM_NARROW_3 | LMRT_FORM_NARROW_5; /* a copy for each width of an image */
    const unsigned forms = kernel_forms(p->e->program) & ~(is_small(p->e) ? narrow : 0u);
    text_add(p->out, "#define LMRT_FORMS (0");
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (forms & FORMS[i].form) text_printf(p->out, " | LMRT_FORM_%s", FORMS[i].name);
    text_add(p->out, ")\n");
}

static bool is_portable(const Emitter *e) {
    return e->target->level < 0;
}

/* Kernels apart: put into each other they would hold the values of all of them on the stack at once. */
static void open_kernels(Emitter *e, Text *out) {
    if (!is_small(e)) return;
    text_add(out, "#if defined(__GNUC__) && !defined(LMRT_KERNEL)\n"
                  "#define LMRT_KERNEL static __attribute__((noinline, unused))\n#endif\n\n");
}

void emit_runtime(Emitter *e, Text *out) {
    Paste p = {.e = e, .out = out, .used = kernels_used(e->arena, e->program)};
    if (!any_used(&p, true) && !any_used(&p, false)) return;
    text_add(out, "/* What Lamina put into this file, the parts between \"lamina runtime\" markers too, may "
                  "be used by anyone "
                  "for any\n * purpose, without conditions (MIT-0): no notice has to be kept. The model and "
                  "its weights are their "
                  "owner's. */\n\n");
    if (!e->options->link_runtime) open_warnings(out);
    open_kernels(e, out);
    text_add(out, "/* ---- start of lamina runtime: include/lmrt.h ---- */\n");
    paste_lines(&p, embedded_lines("include/lmrt.h"));
    text_add(out, "/* ---- end of lamina runtime: include/lmrt.h ---- */\n\n");
    if (e->options->link_runtime) {
        p.done = map_new(e->arena);
        declare_kernels(&p);
        return;
    }
    if (any_used(&p, false)) paste_kernels(&p, false, "");
    if (any_used(&p, true)) open_forms(&p);
    const Unit one = {e->target->suffix, e->target->level, e->target->attribute};
    if (any_used(&p, true) && is_portable(e))
        paste_portable(&p);
    else if (any_used(&p, true))
        paste_unit(&p, &one);
    if (any_used(&p, true)) text_add(out, "#undef LMRT_FORMS\n");
    close_warnings(out);
}
