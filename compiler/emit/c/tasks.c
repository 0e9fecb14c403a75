/* Steps that threads share: for each a task function, which the caller's parallel-for calls with a number,
 * and in place of the call, the call of that parallel-for. What tasks need of the run function's values is
 * handed to them in one structure, the frame, where it has the same names.
 */
#include <inttypes.h>

#include "base/map.h"
#include "base/vec.h"
#include "emit/c/emitter.h"

static bool any_parts(const Program *p) {
    for (size_t i = 0; i < p->steps.count; i++)
        if (p->steps.at[i].parts) return true;
    return false;
}

/* ---- the frame ---- */

static const char *frame_field(const Emitter *e, const Buffer *b) {
    switch (b->kind) {
    case BUFFER_INPUT: return e->inputs[b->index];
    case BUFFER_OUTPUT: return e->outputs[b->index];
    case BUFFER_WORKSPACE: return e->workspace[b->index];
    default: return NULL;
    }
}

/* The buffers that tasks read or write. */
typedef struct Fields {
    VEC(const Buffer *) buffers;
} Fields;

static Fields fields_of(const Emitter *e) {
    const Program *p = e->program;
    Fields fields = {0};
    Map seen = map_new(e->arena);
    for (size_t i = 0; i < p->steps.count; i++)
        for (int k = 0; k < p->steps.at[i].n_args && p->steps.at[i].parts; k++) {
            const Arg *arg = &p->steps.at[i].args[k];
            const char *name = arg->kind == ARG_BUFFER ? frame_field(e, arg->buffer) : NULL;
            if (!name || map_has(&seen, name)) continue;
            map_put(&seen, name, &fields);
            vec_push(e->arena, &fields.buffers, arg->buffer);
        }
    return fields;
}

static void emit_frame(Emitter *e, Text *out) {
    const Program *p = e->program;
    const CPlace place = c_place(e);
    text_printf(out,
                "/* What tasks take from the run function. */\ntypedef struct %s_frame {\n    size_t tasks",
                e->prefix);
    if (p->open_batch) text_printf(out, ", %s", place.samples);
    if (place.in_chunks) text_add(out, ", start");
    text_add(out, ";\n    int status;\n");
    const Fields fields = fields_of(e);
    for (size_t i = 0; i < fields.buffers.count; i++) {
        const Buffer *b = fields.buffers.at[i];
        const bool input = b->kind == BUFFER_INPUT;
        text_printf(out, "    %s%s *%s;\n", input ? "const " : "", input ? c_input_type(b) : c_type(b->dtype),
                    frame_field(e, b));
    }
    if (p->state_bytes) text_add(out, "    void *state;\n");
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, "    const void *weights;\n");
    text_printf(out, "} %s_frame;\n\n", e->prefix);
}

void emit_frame_values(Emitter *e, Text *out) {
    const Program *p = e->program;
    if (!any_parts(p)) {
        if (p->threads > 0 && p->split_batch == 0)
            text_add(out, "    (void)parallel; /* no step is worth it */\n");
        return;
    }
    text_printf(out, "    %s_frame frame;\n", e->prefix);
    const Fields fields = fields_of(e);
    for (size_t i = 0; i < fields.buffers.count; i++) {
        const char *name = frame_field(e, fields.buffers.at[i]);
        text_printf(out, "    frame.%s = %s;\n", name, name);
    }
    if (p->state_bytes) text_add(out, "    frame.state = state;\n");
    if (e->options->weights == WEIGHTS_BINARY) text_add(out, "    frame.weights = weights;\n");
    if (p->open_batch && p->chunk == 0) text_add(out, "    frame.batch = batch;\n");
}

void emit_frame_chunk(Emitter *e, Text *out) {
    if (!any_parts(e->program)) return;
    text_add(out, "        frame.start = start;\n");
    text_printf(out, "        frame.n = %s;\n", e->program->chunk == 1 ? "1" : "n");
}

/* ---- the functions ---- */

static void emit_cut(Emitter *e, Text *out) {
    text_printf(
        out,
        "/* Where the range of a task begins. */\n"
        "LMRT_INLINE size_t %s_cut(size_t all, size_t index, size_t tasks, size_t align) {\n"
        "    const size_t rest = all %% tasks, at = all / tasks * index + (index < rest ? index : rest);\n"
        "    return index == tasks ? all : at - at %% align;\n"
        "}\n\n",
        e->prefix);
}

static void emit_helpers(Emitter *e, Text *out) {
    text_printf(
        out,
        "/* Runs a step's tasks: where there is a parallel-for, by it. */\n"
        "static int %s_share(const lamina_parallel *parallel, size_t tasks, void (*task)(void *, size_t, "
        "size_t),\n"
        "    %s_frame *frame) {\n"
        "    frame->tasks = tasks;\n"
        "    frame->status = LAMINA_OK;\n"
        "    if (parallel && tasks > 1) frame->status = parallel->run(parallel->context, tasks, task, "
        "frame);\n"
        "    else\n"
        "        for (size_t i = 0; i < tasks; i++) task(frame, i, 0);\n"
        "    return frame->status;\n"
        "}\n\n",
        e->prefix, e->prefix);
    text_printf(out,
                "/* Into how many tasks `all` things are cut, none of less than `grain`. */\n"
                "LMRT_INLINE size_t %s_tasks(const lamina_parallel *parallel, size_t all, size_t grain) {\n"
                "    const size_t most = parallel ? all / grain : 1;\n"
                "    return most < 2 ? 1 : most < %d ? most : %d;\n"
                "}\n\n",
                e->prefix, e->program->threads, e->program->threads);
}

static void emit_pieces(Emitter *e, size_t index, const Step *step, CPlace place, const char *indent,
                        Text *out) {
    const Parts *parts = step->parts;
    place.in_rounds = c_has_rounds(e, step);
    if (place.in_rounds) text_printf(out, "%sconst size_t i = index / %d;\n", indent, parts->n_pieces);
    text_printf(out, place.in_rounds ? "%sswitch (index %% %d) {\n" : "%sswitch (index) {\n", indent,
                parts->n_pieces);
    for (place.piece = 0; place.piece < parts->n_pieces; place.piece++) {
        if (place.piece + 1 < parts->n_pieces)
            text_printf(out, "%scase %d: ", indent, place.piece);
        else
            text_printf(out, "%sdefault: ", indent);
        emit_call(e, index, &parts->pieces[place.piece], &place, out);
        text_printf(out, "%s    break;\n", indent);
    }
    text_printf(out, "%s}\n", indent);
}

static void emit_range(Emitter *e, size_t index, const Step *step, CPlace place, Text *out) {
    const Parts *parts = step->parts;
    text_add(out, "    const size_t all = ");
    emit_total(e, step, &place, out);
    text_printf(out,
                ", first = %s_cut(all, index, frame->tasks, %" PRId64
                "),\n                 last = %s_cut(all, index + 1, frame->tasks, %" PRId64 ");\n",
                e->prefix, parts->align, e->prefix, parts->align);
    if (parts->pieces) {
        text_add(out, "    if (all < frame->tasks) { /* the columns of one row */\n");
        emit_pieces(e, index, step, place, "        ", out);
        text_add(out, "        return;\n    }\n");
    }
    place.in_rounds = parts->argument < 0;
    place.range = place.in_rounds ? NULL : parts;
    text_add(out, place.in_rounds ? "    for (size_t i = first; i < last; i++)\n        "
                                  : "    if (first < last)\n        ");
    emit_call(e, index, step, &place, out);
}

static bool uses_frame(const Emitter *e, const Step *step) {
    if (!parts_are_pieces(step->parts)) return true;
    for (int k = 0; k < step->n_args; k++)
        if (step->args[k].kind == ARG_BUFFER && step->args[k].buffer->kind != BUFFER_CONSTANT) return true;
    return e->options->weights == WEIGHTS_BINARY;
}

void emit_tasks(Emitter *e, Text *out) {
    const Program *p = e->program;
    if (any_parts(p) || p->split_batch) emit_cut(e, out);
    emit_samples(e, out);
    if (!any_parts(p)) return;
    emit_frame(e, out);
    emit_helpers(e, out);
    CPlace place = c_place(e);
    place.of = "frame->";
    for (size_t i = 0; i < p->steps.count; i++) {
        const Step *step = &p->steps.at[i];
        if (!step->parts) continue;
        text_printf(out, "static void %s(void *argument, size_t index, size_t worker) {\n", e->tasks[i]);
        if (uses_frame(e, step))
            text_printf(out, "    const %s_frame *const frame = (const %s_frame *)argument;\n", e->prefix,
                        e->prefix);
        text_add(out, "    (void)worker;\n");
        if (parts_are_pieces(step->parts))
            emit_pieces(e, i, step, place, "    ", out);
        else
            emit_range(e, i, step, place, out);
        text_add(out, "}\n\n");
    }
}

/* "2 * n", "NAME_tasks(parallel, n, 17)" */
static void emit_task_count(Emitter *e, const Step *step, const CPlace *place, Text *out) {
    const Parts *parts = step->parts;
    if (!parts_are_pieces(parts)) {
        if (parts->pieces) {
            text_add(out, "parallel && ");
            emit_total(e, step, place, out);
            text_printf(out, " == 1 ? %d : ", parts->n_pieces);
        }
        text_printf(out, "%s_tasks(parallel, ", e->prefix);
    }
    emit_total(e, step, place, out);
    if (!parts_are_pieces(parts)) text_printf(out, ", %" PRId64 ")", parts->grain);
}

/* A step that is cut into pieces here is whole where nobody shares it. */
void emit_shared_step(Emitter *e, size_t index, const Step *step, const char *indent, Text *out) {
    const CPlace place = c_place(e);
    text_add(out, indent);
    if (parts_are_pieces(step->parts)) {
        text_add(out, "if (!parallel) {\n");
        emit_step(e, index, step, arena_printf(e->arena, "%s    ", indent), place, out);
        text_printf(out, "%s} else ", indent);
    }
    text_printf(out, "if (%s_share(parallel, ", e->prefix);
    emit_task_count(e, step, &place, out);
    text_printf(out, ", %s, &frame)) return frame.status;\n", e->tasks[index]);
}
