#include "emit/python/emit_python.h"

#include <inttypes.h>
#include <string.h>

#include "emit/embedded.h"
#include "emit/emitter.h"

extern const EmbeddedFile embedded_python[];

/* "(None, 32)", as a Python tuple and as a shape to read. */
static void add_shape(Text *out, const Program *program, const Buffer *b) {
    const Shape *shape = &b->origin->shape;
    text_char(out, '(');
    for (int i = 0; i < shape->rank; i++) {
        const int64_t extent = described_extent(program, shape->dim[i]);
        if (i) text_add(out, ", ");
        if (extent < 0)
            text_add(out, "None");
        else
            text_printf(out, "%" PRId64, extent);
    }
    text_add(out, shape->rank == 1 ? ",)" : ")");
}

/* A Python string: names may hold anything. */
static void add_string(Text *out, const char *text) {
    text_char(out, '"');
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            text_printf(out, "\\x%02x", c);
        else
            text_char(out, *text);
    }
    text_char(out, '"');
}

static void add_tensors(Text *out, const Program *program, Buffer *const *buffers, size_t count) {
    text_char(out, '(');
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ", (" : "(");
        add_string(out, buffers[i]->name);
        text_printf(out, ", \"%s\", ", dtype_name(buffers[i]->dtype));
        add_shape(out, program, buffers[i]);
        text_add(out, ")");
    }
    text_add(out, count == 1 ? ",)" : ")");
}

static void add_signature(Text *out, const Program *program, const char *what, Buffer *const *buffers,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        Text name = text_new(out->arena);
        add_string(&name, buffers[i]->name);
        text_printf(out, "    %s %.*s: %s ", what, (int)name.length - 2, name.data + 1,
                    dtype_name(buffers[i]->dtype));
        add_shape(out, program, buffers[i]);
        text_add(out, buffers[i]->sparse ? ", sparse\n" : "\n");
    }
}

/* A name of a file or symbol, which is fit for a string as it is. */
static const char *base(Arena *arena, const char *path) {
    Text safe = text_new(arena);
    add_string(&safe, source_base_name(path));
    return arena_strndup(arena, safe.data + 1, safe.length - 2);
}

static void add_docstring(Text *out, const Program *program, const EmitOptions *options) {
    Arena *arena = out->arena;
    text_printf(out, "\"\"\"%s, compiled by Lamina %s", base(arena, options->model_file), options->version);
    if (options->weights_file) text_printf(out, " with %s", base(arena, options->weights_file));
    text_printf(out, ".\n\n    import %s\n    y = %s.predict(x)\n\n", options->stem, options->stem);
    add_signature(out, program, "input ", program->inputs, program->n_inputs);
    add_signature(out, program, "output", program->outputs, program->n_outputs);
    text_add(out, "\nAxis 0 is the batch. Arrays come and go as numpy's. Any number of threads may call it "
                  "at once, without the\n"
                  "interpreter's lock. Generated: do not edit.\n\"\"\"\n");
}

typedef struct Blank {
    const char *mark, *text;
} Blank;

static void add_line(Text *out, const char *line, const Blank *blanks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(line, blanks[i].mark);
        if (!at) continue;
        text_add_n(out, line, (size_t)(at - line));
        text_add(out, blanks[i].text);
        line = at + strlen(blanks[i].mark);
    }
    text_add(out, line);
}

void emit_python(const Program *program, const EmitOptions *options, const char *library, const char *weights,
                 Text *out) {
    Arena *arena = out->arena;
    Text inputs = text_new(arena), outputs = text_new(arena);
    add_tensors(&inputs, program, program->inputs, program->n_inputs);
    add_tensors(&outputs, program, program->outputs, program->n_outputs);
    const Blank blanks[] = {{"\"@INPUTS@\"", inputs.data},
                            {"\"@OUTPUTS@\"", outputs.data},
                            {"@LIBRARY@", base(arena, library)},
                            {"@SYMBOL@", arena_printf(arena, "%s_model", options->prefix)},
                            {"@WEIGHTS@", base(arena, weights)}};
    add_docstring(out, program, options);
    for (const char *const *line = embedded_python[0].lines; *line; line++)
        add_line(out, *line, blanks, sizeof blanks / sizeof *blanks);
}
