#include "cli/forms.h"

#include <string.h>

#include "data/bytes.h"
#include "cli/link.h"
#include "data/archive.h"
#include "emit/c/emit_c.h"
#include "emit/llvm_module.h"
#include "emit/python/emit_python.h"

static const Form FORMS[] = {{"c", "c", FORM_C, 0},
                             {"ll", "ll", FORM_LLVM, LLVM_FORM_IR},
                             {"bc", "bc", FORM_LLVM, LLVM_FORM_BITCODE},
                             {"s", "s", FORM_LLVM, LLVM_FORM_ASSEMBLY},
                             {"o", "o", FORM_LLVM, LLVM_FORM_OBJECT},
                             {"so", "so", FORM_SHARED, 0},
                             {"a", "a", FORM_ARCHIVE, 0},
                             {"python", "py", FORM_PYTHON, 0}};

const Form *form_find(const char *name) {
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (strcmp(FORMS[i].name, name) == 0) return &FORMS[i];
    return NULL;
}

const Form *form_of_suffix(const char *suffix) {
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (strcmp(FORMS[i].suffix, suffix) == 0) return &FORMS[i];
    return NULL;
}

const char *form_names(Arena *arena) {
    Text text = text_new(arena);
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        text_printf(&text, "%s%s", i ? ", " : "", FORMS[i].name);
    return text.data;
}

/* The end of the path without its suffix. */
static size_t stem_end(const char *path) {
    const char *name = source_base_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? (size_t)(dot - path) : strlen(path);
}

const char *forms_stem(Arena *arena, const char *path) {
    const size_t begin = (size_t)(source_base_name(path) - path);
    return arena_strndup(arena, path + begin, stem_end(path) - begin);
}

const char *forms_with_suffix(Arena *arena, const char *path, const char *suffix) {
    return arena_printf(arena, "%.*s%s", (int)stem_end(path), path, suffix);
}

/* The target that "host" names: the vector unit of this machine. */
static const char *host_target(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        return "x86-64-v4";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "x86-64-v3";
    return "x86-64";
#elif defined(__aarch64__)
    return "aarch64";
#else
    return "portable";
#endif
}

static WeightsForm weights_form(const Driver *driver) {
    const char *form = option_value(driver->options, OPT_WEIGHTS_AS);
    if (form && strcmp(form, "binary") == 0) return WEIGHTS_BINARY;
    return form && strcmp(form, "incbin") == 0 ? WEIGHTS_INCBIN : WEIGHTS_INLINE;
}

static EmitOptions emit_options(Driver *driver, const char *stem, const char *prefix, const char *target) {
    const char *level = option_value(driver->options, OPT_OPTIMIZE);
    return (EmitOptions){.prefix = prefix,
                         .stem = stem,
                         .target = target,
                         .weights = weights_form(driver),
                         .model_file = sources_get(&driver->sources, driver->file)->name,
                         .weights_file = driver->weights_bytes.data
                                             ? driver->weights_bytes.path
                                             : option_value(driver->options, OPT_WEIGHTS),
                         .link_runtime = option_given(driver->options, OPT_LINK_RUNTIME),
                         .strict_math = option_given(driver->options, OPT_STRICT_MATH),
                         .version = LAMINA_VERSION,
                         .sources = &driver->sources,
                         .level = level ? level[0] - '0' : 2,
                         .debug = option_given(driver->options, OPT_DEBUG),
                         .on_step = driver->on_step,
                         .on_step_context = driver->on_step_context};
}

/* "dir/mlp.py" -> "dir/libmlp.so": not mlp.so, which Python would take for the module itself. */
static const char *library_path(Arena *arena, const char *path) {
    const char *name = source_base_name(path);
    return arena_printf(arena, "%.*slib%s.so", (int)(name - path), path, forms_stem(arena, path));
}

/* PATH, and beside it, unless it is a device, what goes with it. */
static bool write_files(Driver *driver, const char *path, const FormOutput *out) {
    Arena *arena = driver->arena;
    BytesFile files[3] = {{path, out->code.data, out->code.size}};
    size_t count = 1;
    if (out->library.size)
        files[count++] = (BytesFile){library_path(arena, path), out->library.data, out->library.size};
    else if (!bytes_is_device(path))
        files[count++] =
            (BytesFile){forms_with_suffix(arena, path, ".h"), out->header.data, out->header.length};
    if (out->weights.size)
        files[count++] =
            (BytesFile){forms_with_suffix(arena, path, ".weights.bin"), out->weights.data, out->weights.size};
    return bytes_write_all(driver->diags, files, count);
}

static bool make_c(Driver *driver, EmitOptions *options, FormOutput *out) {
    if (strcmp(options->target, "host") == 0) options->target = host_target();
    Text source = text_new(driver->arena);
    if (!emit_c(driver->program, options, &source, &out->header, &out->weights)) return false;
    out->code = (Blob){(const unsigned char *)source.data, source.length};
    return true;
}

/* The library of one object, which defines the symbols of the interface. */
static bool archive_object(Driver *driver, const EmitOptions *options, Blob *code) {
    const char *symbols[] = {arena_printf(driver->arena, "%s_run", options->prefix),
                             arena_printf(driver->arena, "%s_model", options->prefix),
                             arena_printf(driver->arena, "%s_reset", options->prefix)};
    const char *member = arena_printf(driver->arena, "%s.o", options->stem);
    const Bytes object = {member, (unsigned char *)(uintptr_t)code->data, code->size};
    const Bytes archive =
        archive_of_object(driver->arena, &object, symbols, driver->program->state_bytes ? 3 : 2);
    *code = (Blob){archive.data, archive.size};
    return true;
}

static bool make_llvm(Driver *driver, const Form *form, const EmitOptions *options, FormOutput *out) {
    const LlvmModule *llvm = llvm_module_load(driver->arena, driver->diags);
    const LlvmForm llvm_form = form->kind == FORM_LLVM ? (LlvmForm)form->llvm : LLVM_FORM_OBJECT;
    LlvmOutput made = {0};
    if (!llvm || !llvm->emit(driver->arena, driver->program, options, llvm_form, &made)) return false;
    *out = (FormOutput){.code = made.code, .header = made.header, .weights = made.weights};
    if (form->kind == FORM_ARCHIVE) return archive_object(driver, options, &out->code);
    return form->kind != FORM_SHARED || link_shared(driver, options, &out->code);
}

/* The library by LLVM, or where there is none by the system's C compiler; and the module that loads it. */
static bool make_python(Driver *driver, EmitOptions *options, FormOutput *out) {
    if (!llvm_module_built()) options->with_header = true; /* one file for the C compiler */
    if (!(llvm_module_built() ? make_llvm(driver, form_find("so"), options, out)
                              : make_c(driver, options, out) && link_c(driver, &out->code)))
        return false;
    Text module = text_new(driver->arena);
    const char *weights = arena_printf(driver->arena, "%s.weights.bin", options->stem);
    emit_python(driver->program, options, library_path(driver->arena, options->stem), weights, &module);
    out->library = out->code;
    out->code = (Blob){(const unsigned char *)module.data, module.length};
    return true;
}

/* `device`: C holds its header. */
static bool make(Driver *driver, const Form *form, const char *stem, const char *prefix, const char *target,
                 bool device, FormOutput *out) {
    const bool c = form->kind == FORM_C;
    if (!target) target = option_value(driver->options, OPT_TARGET);
    if (!target) target = c ? "portable" : "host";
    EmitOptions options = emit_options(driver, stem, prefix, target);
    driver_stage(driver, c ? "writing C" : "compiling by LLVM");
    options.with_header = device;
    *out = (FormOutput){.header = text_new(driver->arena)};
    if (form->kind == FORM_PYTHON) return make_python(driver, &options, out);
    return c ? make_c(driver, &options, out) : make_llvm(driver, form, &options, out);
}

bool forms_make(Driver *driver, const Form *form, const char *stem, FormOutput *out) {
    const char *prefix = forms_prefix(driver, stem);
    return driver_externals_apart(driver, prefix) && make(driver, form, stem, prefix, NULL, false, out);
}

static bool write_form(Driver *driver, const Form *form, const char *path, const char *prefix,
                       const char *target) {
    const bool device = bytes_is_device(path);
    const char *stem = device ? driver_model_stem(driver) : forms_stem(driver->arena, path);
    FormOutput out;
    if (!prefix) prefix = forms_prefix(driver, stem);
    return driver_externals_apart(driver, prefix) && make(driver, form, stem, prefix, target, device, &out) &&
           write_files(driver, path, &out);
}

bool forms_write_c(Driver *driver, const char *path, const char *prefix, const char *target) {
    return write_form(driver, form_find("c"), path, prefix, target);
}

bool forms_write(Driver *driver, const Form *form, const char *path) {
    return write_form(driver, form, path, NULL, NULL);
}
