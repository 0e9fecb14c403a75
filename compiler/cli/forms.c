#include "cli/forms.h"

#include <string.h>

#include "data/bytes.h"
#include "emit/c/emit_c.h"

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
#else
    return "portable";
#endif
}

static WeightsForm weights_form(const Driver *driver) {
    const char *form = option_value(driver->options, OPT_WEIGHTS_AS);
    if (form && strcmp(form, "binary") == 0) return WEIGHTS_BINARY;
    return form && strcmp(form, "incbin") == 0 ? WEIGHTS_INCBIN : WEIGHTS_INLINE;
}

bool forms_write_c(Driver *driver, const char *path, const char *prefix, const char *target) {
    Arena *arena = driver->arena;
    const bool device = bytes_is_device(path);
    if (!target) target = option_value(driver->options, OPT_TARGET);
    if (!target) target = "portable";
    if (strcmp(target, "host") == 0) target = host_target();
    const EmitOptions options = {.prefix = prefix,
                                  .stem = device ? driver_model_stem(driver) : forms_stem(arena, path),
                                  .target = target,
                                  .weights = weights_form(driver),
                                  .model_file = sources_get(&driver->sources, driver->file)->name,
                                  .weights_file = option_value(driver->options, OPT_WEIGHTS),
                                  .link_runtime = option_given(driver->options, OPT_LINK_RUNTIME),
                                  .strict_math = option_given(driver->options, OPT_STRICT_MATH),
                                  .version = LAMINA_VERSION,
                                  .sources = &driver->sources,
                                  .with_header = device};
    Text source = text_new(arena), header = text_new(arena);
    Blob weights = {0};
    if (!emit_c(driver->program, &options, &source, &header, &weights)) return false;
    BytesFile files[3] = {{path, source.data, source.length}};
    size_t count = 1;
    if (!device)
        files[count++] = (BytesFile){forms_with_suffix(arena, path, ".h"), header.data, header.length};
    if (weights.size)
        files[count++] =
            (BytesFile){forms_with_suffix(arena, path, ".weights.bin"), weights.data, weights.size};
    return bytes_write_all(driver->diags, files, count);
}
