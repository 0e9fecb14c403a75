/* program_print: the plan as text, for --print-after=plan and for tests. */
#include <inttypes.h>

#include "base/text.h"
#include "plan/program.h"

static void print_count(Text *t, Count count) {
    if (count.batched)
        text_printf(t, count.factor == 1 ? "batch" : "batch*%" PRId64, count.factor);
    else
        text_printf(t, "%" PRId64, count.factor);
}

static void print_buffer(Text *t, const Buffer *b) {
    static const char *const kinds[] = {"input", "output", "workspace", "constant", "state"};
    text_printf(t, "  %s %zu %s: %s", kinds[b->kind], b->index, b->name, dtype_name(b->dtype));
    text_printf(t, b->batched ? " [batch][%" PRId64 "]" : " [%" PRId64 "]", b->count);
    if (b->layout) text_printf(t, " as %s", b->layout);
    if (b->kind == BUFFER_WORKSPACE)
        text_printf(t, ", bytes %zu..%zu, steps %zu..%zu", b->offset, b->offset + b->bytes, b->first,
                    b->last);
    text_char(t, '\n');
}

static void print_field(Text *t, const Field *field) {
    if (field->kind == FIELD_EPILOGUE) {
        text_add(t, unary_function_name(field->epilogue.function));
        return;
    }
    text_printf(t, "%s", field->name);
    for (int i = 0; i < field->n_values; i++) text_printf(t, " %" PRId64, field->values[i]);
}

static void print_arg(Text *t, const Arg *arg) {
    switch (arg->kind) {
    case ARG_BUFFER:
        text_add(t, arg->buffer->name);
        if (arg->buffer->kind == BUFFER_WORKSPACE) text_printf(t, "@%zu", arg->buffer->offset);
        if (arg->offset) text_printf(t, "+%" PRId64, arg->offset);
        break;
    case ARG_NULL: text_add(t, "-"); break;
    case ARG_COUNT: print_count(t, arg->count); break;
    case ARG_START: text_add(t, "start"); break;
    case ARG_FLOAT: text_printf(t, "%.9g", arg->number); break;
    case ARG_NAME: text_add(t, arg->name); break;
    case ARG_DESCRIPTOR:
        text_char(t, '{');
        for (int i = 0; i < arg->descriptor->n_fields; i++) {
            if (i) text_add(t, ", ");
            print_field(t, &arg->descriptor->fields[i]);
        }
        text_char(t, '}');
        break;
    }
}

static void print_step(Text *t, const char *label, size_t i, const Step *step, const Sources *sources) {
    text_printf(t, "  %s%zu %s(", label, i, step->kernel);
    for (int k = 0; k < step->n_args; k++) {
        if (k) text_add(t, ", ");
        print_arg(t, &step->args[k]);
    }
    text_char(t, ')');
    if (step->rounds.batched || step->rounds.factor != 1) {
        text_add(t, " x ");
        print_count(t, step->rounds);
    }
    text_printf(t, "    ; %s, %s%s%s\n", step->note, ir_origin_text(t->arena, sources, step->origin),
                step->why ? "; " : "", step->why ? step->why : "");
}

void program_print(const Program *program, const Sources *sources, FILE *out) {
    Arena *arena = arena_new();
    Text t = text_new(arena);
    if (program->open_batch && program->chunk)
        text_printf(&t, "batch open, %" PRId64 " at a time", program->chunk);
    else if (program->open_batch)
        text_add(&t, "batch open, all at once");
    else
        text_printf(&t, "batch %" PRId64, program->static_batch);
    text_printf(&t, "; workspace %zu bytes%s, least possible %zu\n", program->workspace_bytes,
                program->open_batch ? " per sample" : "", program->workspace_bound);
    for (size_t i = 0; i < program->buffers.count; i++) print_buffer(&t, program->buffers.at[i]);
    for (size_t i = 0; i < program->checks.count; i++)
        print_step(&t, "check ", i, &program->checks.at[i], sources);
    for (size_t i = 0; i < program->steps.count; i++) print_step(&t, "", i, &program->steps.at[i], sources);
    fputs(t.data, out);
    arena_free(arena);
}
