/* Prototypes of the functions that the user supplies for layers (--extern), in the header. */
#include <inttypes.h>
#include <string.h>

#include "emit/emitter.h"

/* "kernel" of the weight "wave/kernel"; "input"; "output" */
static const char *parameter_name(const Emitter *e, const Step *step, int k) {
    const Buffer *b = step->args[k].buffer;
    const bool weight = b->kind == BUFFER_CONSTANT && b->name;
    const char *slash = weight ? strrchr(b->name, '/') : NULL;
    if (k == step->n_args - 1) return "output";
    return weight ? emit_identifier(e->arena, slash ? slash + 1 : b->name) : "input";
}

static const Op *operand(const Step *step, int k) {
    return k == step->n_args - 1 ? step->origin : step->origin->inputs[k - 1];
}

static void emit_extents(Text *out, const Shape *shape) {
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == DIM_UNKNOWN)
            text_add(out, "[samples]");
        else
            text_printf(out, "[%" PRId64 "]", shape->dim[i]);
    }
}

static bool is_first(const Program *p, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (p->steps.at[i].external && strcmp(p->steps.at[i].kernel, p->steps.at[at].kernel) == 0)
            return false;
    return true;
}

static void emit_prototype(Emitter *e, const Step *step, Text *out) {
    Namer names = namer_new(e->arena);
    namer_reserve(&names, "samples");
    text_add(out, "/* Supplied by the program, for layer ");
    c_comment(out, ir_origin_text(e->arena, e->options->sources, step->origin));
    text_add(out,
             ". Row-major; 0, or the code that\n * the run function shall return; may be called for parts of "
             "the batch, in any order. */\n");
    text_printf(out, "int %s(size_t samples", step->kernel);
    const int indent = (int)strlen(step->kernel) + 5;
    for (int k = 1; k < step->n_args; k++) {
        const bool last = k == step->n_args - 1;
        text_printf(out, ",\n%*s%s%s *%s /* ", indent, "", last ? "" : "const ",
                    c_type(step->args[k].buffer->dtype), namer_unique(&names, parameter_name(e, step, k)));
        emit_extents(out, &operand(step, k)->shape);
        text_add(out, " */");
    }
    text_add(out, ");\n");
}

void emit_externals(Emitter *e, Text *out) {
    const Program *p = e->program;
    for (size_t i = 0; i < p->steps.count; i++) {
        if (!p->steps.at[i].external || !is_first(p, i)) continue;
        text_char(out, '\n');
        emit_prototype(e, &p->steps.at[i], out);
    }
}

bool emitter_has_externals(const Emitter *e) {
    for (size_t i = 0; i < e->program->steps.count; i++)
        if (e->program->steps.at[i].external) return true;
    return false;
}
