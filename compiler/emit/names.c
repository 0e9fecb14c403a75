/* C names from the user's names: layers and weights may be called anything. */
#include <ctype.h>
#include <string.h>

#include "emit/emitter.h"

/* Keywords of C and C++, the alternative tokens, and what common compilers and headers define as macros. */
static const char *const reserved_words[] = {"alignas",
                                             "alignof",
                                             "and",
                                             "and_eq",
                                             "asm",
                                             "auto",
                                             "bitand",
                                             "bitor",
                                             "bool",
                                             "break",
                                             "case",
                                             "catch",
                                             "char",
                                             "char16_t",
                                             "char32_t",
                                             "char8_t",
                                             "class",
                                             "co_await",
                                             "co_return",
                                             "co_yield",
                                             "compl",
                                             "concept",
                                             "const",
                                             "const_cast",
                                             "consteval",
                                             "constexpr",
                                             "constinit",
                                             "continue",
                                             "decltype",
                                             "default",
                                             "delete",
                                             "do",
                                             "double",
                                             "dynamic_cast",
                                             "else",
                                             "enum",
                                             "errno",
                                             "explicit",
                                             "export",
                                             "extern",
                                             "false",
                                             "far",
                                             "float",
                                             "for",
                                             "friend",
                                             "goto",
                                             "huge",
                                             "i386",
                                             "if",
                                             "inline",
                                             "int",
                                             "linux",
                                             "long",
                                             "mutable",
                                             "namespace",
                                             "near",
                                             "new",
                                             "noexcept",
                                             "not",
                                             "not_eq",
                                             "nullptr",
                                             "operator",
                                             "or",
                                             "or_eq",
                                             "private",
                                             "protected",
                                             "public",
                                             "register",
                                             "reinterpret_cast",
                                             "requires",
                                             "restrict",
                                             "return",
                                             "short",
                                             "signed",
                                             "sizeof",
                                             "static",
                                             "static_assert",
                                             "static_cast",
                                             "struct",
                                             "switch",
                                             "template",
                                             "this",
                                             "thread_local",
                                             "throw",
                                             "true",
                                             "try",
                                             "typedef",
                                             "typeid",
                                             "typename",
                                             "typeof",
                                             "typeof_unqual",
                                             "union",
                                             "unix",
                                             "unsigned",
                                             "using",
                                             "virtual",
                                             "void",
                                             "volatile",
                                             "wchar_t",
                                             "while",
                                             "xor",
                                             "xor_eq",
                                             "NULL",
                                             "INFINITY",
                                             "NAN",
                                             "EOF",
                                             "HUGE_VAL",
                                             "HUGE_VALF",
                                             "WIN32",
                                             "I",
                                             "complex",
                                             "main",
                                             "size_t",
                                             "int8_t",
                                             "int16_t",
                                             "int32_t",
                                             "int64_t",
                                             "uint8_t",
                                             "uint16_t",
                                             "uint32_t",
                                             "uint64_t",
                                             "memcpy",
                                             "memset",
                                             "interface",
                                             "small"};

static bool is_reserved(const char *name) {
    for (size_t i = 0; i < sizeof reserved_words / sizeof reserved_words[0]; i++)
        if (strcmp(name, reserved_words[i]) == 0) return true;
    return false;
}

/* The code point at *text, which moves behind it; an invalid byte stands for itself. */
static unsigned next_code_point(const char **text) {
    const unsigned char *s = (const unsigned char *)*text;
    const int more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    unsigned code = more == 0 ? s[0] : s[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *text += 1;
            return s[0];
        }
        code = code << 6 | (s[i] & 0x3fu);
    }
    *text += 1 + more;
    return code;
}

const char *emit_identifier(Arena *arena, const char *text) {
    Text out = text_new(arena);
    while (*text == '_') text++; /* names with leading underscores belong to the implementation */
    if (isdigit((unsigned char)*text)) text_char(&out, 'x');
    while (*text) {
        const unsigned code = next_code_point(&text);
        const bool plain = code < 0x80 && (isalnum((int)code) || code == '_');
        if (plain)
            text_char(&out, (char)code);
        else if (code < 0x80)
            text_char(&out, '_');
        else
            text_printf(&out, "u%04x", code);
    }
    if (out.length == 0) text_char(&out, 'x');
    if (is_reserved(out.data)) text_char(&out, '_');
    return out.data;
}

const char *c_upper(Arena *arena, const char *name) {
    char *upper = arena_strdup(arena, name);
    for (char *c = upper; *c; c++) *c = (char)toupper((unsigned char)*c);
    return upper;
}

Namer namer_new(Arena *arena) {
    return (Namer){.arena = arena, .used = map_new(arena)};
}

void namer_reserve(Namer *namer, const char *name) {
    map_put(&namer->used, name, namer);
}

const char *namer_unique(Namer *namer, const char *wanted) {
    const char *name = wanted;
    for (int i = 2; map_has(&namer->used, name); i++) name = arena_printf(namer->arena, "%s_%d", wanted, i);
    map_put(&namer->used, name, namer);
    return name;
}

static const char *global(Emitter *e, const char *wanted) {
    const char *name = arena_printf(e->arena, "%s_%s", e->prefix, emit_identifier(e->arena, wanted));
    return namer_unique(&e->globals, name);
}

/* What follows the prefix in the names that generated code takes at file scope. */
static const char *const globals[] = {"run",  "call",  "model",           "inputs",      "outputs",
                                      "dims", "reset", "workspace_bytes", "weights_data"};

bool emit_takes_name(const char *prefix, const char *name) {
    const size_t length = strlen(prefix);
    if (strncmp(name, "lamina_", 7) == 0 || strncmp(name, "lmrt_", 5) == 0) return true;
    if (strncmp(name, prefix, length) != 0 || name[length] != '_') return false;
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++)
        if (strcmp(name + length + 1, globals[i]) == 0) return true;
    return false;
}

static void reserve(Emitter *e) {
    static const char *const locals[] = {"batch", "workspace", "start", "most", "n", "i", "status", "memory"};
    for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++)
        namer_reserve(&e->globals, arena_printf(e->arena, "%s_%s", e->prefix, globals[i]));
    for (size_t i = 0; i < sizeof locals / sizeof locals[0]; i++) namer_reserve(&e->locals, locals[i]);
    if (e->program->state_bytes) namer_reserve(&e->locals, "state");
    if (e->options->weights == WEIGHTS_BINARY) namer_reserve(&e->locals, "weights");
    if (e->program->threads > 0) namer_reserve(&e->locals, "parallel");
    for (size_t i = 1; i < e->program->regions.count; i++)
        namer_reserve(&e->locals, arena_printf(e->arena, "memory_%zu", i));
    for (size_t i = 0; i < e->program->steps.count; i++) {
        if (!e->program->steps.at[i].external) continue;
        namer_reserve(&e->locals, e->program->steps.at[i].kernel);
        namer_reserve(&e->globals, e->program->steps.at[i].kernel);
    }
    static const char *const threaded[] = {"frame", "tasks", "task", "share", "cut", "shared", "samples", "all"};
    for (size_t i = 0; i < sizeof threaded / sizeof threaded[0] && e->program->threads > 0; i++) {
        namer_reserve(&e->globals, arena_printf(e->arena, "%s_%s", e->prefix, threaded[i]));
        namer_reserve(&e->locals, threaded[i]);
    }
}

static void name_arguments(Emitter *e) {
    const Program *p = e->program;
    e->dims = ARENA_ARRAY(e->arena, const char *, p->n_dims);
    for (size_t i = 0; i < p->n_dims; i++)
        e->dims[i] = namer_unique(&e->locals, emit_identifier(e->arena, p->dims[i].name));
    e->inputs = ARENA_ARRAY(e->arena, const char *, p->n_inputs);
    e->outputs = ARENA_ARRAY(e->arena, const char *, p->n_outputs);
    for (size_t i = 0; i < p->n_inputs; i++)
        e->inputs[i] = namer_unique(&e->locals, emit_identifier(e->arena, p->inputs[i]->name));
    for (size_t i = 0; i < p->n_outputs; i++) {
        const char *wanted = emit_identifier(e->arena, p->outputs[i]->name);
        for (size_t k = 0; k < p->n_inputs; k++)
            if (strcmp(wanted, e->inputs[k]) == 0) wanted = arena_printf(e->arena, "%s_out", wanted);
        e->outputs[i] = namer_unique(&e->locals, wanted);
    }
}

static void name_buffers(Emitter *e) {
    const Program *p = e->program;
    e->workspace = ARENA_ARRAY(e->arena, const char *, p->buffers.count);
    for (size_t i = 0; i < p->buffers.count; i++)
        if (p->buffers.at[i]->kind == BUFFER_WORKSPACE)
            e->workspace[i] = namer_unique(&e->locals, emit_identifier(e->arena, p->buffers.at[i]->name));
    e->constants = ARENA_ARRAY(e->arena, const char *, p->constants.count);
    e->constant_values = ARENA_ARRAY(e->arena, const char *, p->constants.count);
    for (size_t i = 0; i < p->constants.count; i++) e->constants[i] = global(e, p->constants.at[i]->name);
    e->descriptors = ARENA_ARRAY(e->arena, const char *, p->steps.count);
    for (size_t i = 0; i < p->steps.count; i++)
        for (int k = 0; k < p->steps.at[i].n_args; k++)
            if (p->steps.at[i].args[k].kind == ARG_DESCRIPTOR)
                e->descriptors[i] =
                    global(e, arena_printf(e->arena, "%s_sizes", p->steps.at[i].origin->name));
    e->tasks = ARENA_ARRAY(e->arena, const char *, p->steps.count);
    for (size_t i = 0; i < p->steps.count; i++)
        if (p->steps.at[i].parts)
            e->tasks[i] = global(e, arena_printf(e->arena, "%s_task", p->steps.at[i].origin->name));
}

void emitter_names(Emitter *e) {
    e->prefix = e->options->prefix;
    e->upper = c_upper(e->arena, e->prefix);
    e->globals = namer_new(e->arena);
    e->locals = namer_new(e->arena);
    reserve(e);
    name_arguments(e);
    name_buffers(e);
}
