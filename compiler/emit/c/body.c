/* The run function: checks, the loop over chunks of samples, and in it one call per step. Also the constant
 * structures that the steps are called with. */
#include <inttypes.h>
#include <string.h>

#include "emit/c/emitter.h"
#include "emit/kernels.h"

/* The loop variable of the chunk's first sample is known to be the only one: no inner counts. */
static bool one_sample(const Emitter *e) {
    return e->program->open_batch && e->program->chunk == 1;
}
static bool has_chunks(const Emitter *e) {
    return e->program->open_batch && e->program->chunk > 0;
}
CPlace c_place(const Emitter *e) {
    const bool chunks = has_chunks(e);
    return (CPlace){.of = "", .samples = chunks ? "n" : "batch", .in_chunks = chunks, .piece = -1};
}

/* ---- descriptors ---- */

static void emit_epilogue(Emitter *e, const Epilogue *epilogue, Text *out) {
    const EpilogueValues v = kernel_epilogue(e->arena, epilogue);
    text_char(out, '{');
    c_float(out, v.low);
    text_add(out, ", ");
    c_float(out, v.high);
    text_printf(out, ", %s, {", v.map ? kernel_symbol(e, v.map) : "NULL");
    for (int i = 0; i < 3; i++) {
        if (i) text_add(out, ", ");
        c_float(out, v.p[i]);
    }
    text_add(out, "}}");
}

static void emit_field(Emitter *e, const Field *field, Text *out) {
    text_printf(out, ".%s = ", field->name);
    if (field->kind == FIELD_EPILOGUE) {
        emit_epilogue(e, &field->epilogue, out);
        return;
    }
    const size_t length = strlen(field->name);
    const bool strides = length > 6 && strcmp(field->name + length - 6, "stride") == 0;
    if (field->kind == FIELD_LIST) text_char(out, '{');
    for (int i = 0; i < field->n_values; i++) {
        if (i) text_add(out, ", ");
        if (strides && c_is_open(e, field->values[i])) text_add(out, "(ptrdiff_t)");
        c_size(e, out, field->values[i]);
    }
    if (field->kind == FIELD_LIST) text_char(out, '}');
}

/* "{...}", over several lines. */
static void emit_fields(Emitter *e, const Descriptor *d, const char *start_of_line, Text *out) {
    enum { LINE = 100 };
    text_char(out, '{');
    size_t start = out->length;
    text_printf(out, "\n%s", start_of_line);
    for (int f = 0; f < d->n_fields; f++) {
        const bool full = out->length - start > LINE - 30;
        if (f) text_add(out, full ? "," : ", ");
        if (f && full) text_printf(out, "\n%s", start_of_line);
        if (full) start = out->length;
        emit_field(e, &d->fields[f], out);
    }
    text_char(out, '}');
}

static void emit_descriptor(Emitter *e, const Descriptor *d, const char *start_of_line, const char *name,
                            Text *out) {
    text_printf(out, "%s %s = ", d->type, name);
    emit_fields(e, d, start_of_line, out);
    text_add(out, ";\n");
}

/* The descriptors of a step's pieces, which are its `argument`, and then its own, as one array. */
static void emit_pieces(Emitter *e, const Step *step, int argument, const char *name, Text *out) {
    const Parts *parts = step->parts;
    const Descriptor *whole = step->args[argument].descriptor;
    text_printf(out, "static const %s %s[%d] = {", whole->type, name, parts->n_pieces + 1);
    for (int i = 0; i < parts->n_pieces; i++) {
        emit_fields(e, parts->pieces[i].args[argument].descriptor, "    ", out);
        text_add(out, ", ");
    }
    emit_fields(e, whole, "    ", out);
    text_add(out, "};\n");
}

static bool descriptor_is_open(const Emitter *e, const Descriptor *d) {
    for (int f = 0; f < d->n_fields; f++)
        for (int i = 0; i < d->fields[f].n_values; i++)
            if (c_is_open(e, d->fields[f].values[i])) return true;
    return false;
}

static void emit_descriptors_of(Emitter *e, bool open, Text *out) {
    for (size_t i = 0; i < e->program->steps.count; i++) {
        const Step *step = &e->program->steps.at[i];
        for (int k = 0; k < step->n_args; k++) {
            if (step->args[k].kind != ARG_DESCRIPTOR) continue;
            const Descriptor *d = step->args[k].descriptor;
            if (descriptor_is_open(e, d) != open) continue;
            if (step->parts && step->parts->pieces) {
                emit_pieces(e, step, k, e->descriptors[i], out);
                continue;
            }
            text_add(out, open ? "    const " : "static const ");
            emit_descriptor(e, d, open ? "        " : "    ", e->descriptors[i], out);
        }
    }
}

void emit_descriptors(Emitter *e, Text *out) {
    emit_descriptors_of(e, false, out);
    text_char(out, '\n');
}

void emit_open_descriptors(Emitter *e, Text *out) {
    emit_descriptors_of(e, true, out);
}

/* ---- one call ---- */

static void emit_count(const Emitter *e, Count count, const CPlace *place, Text *out) {
    if (!count.batched || (one_sample(e) && place->in_chunks)) {
        c_size(e, out, count.factor);
        return;
    }
    if (count.factor != 1) {
        c_size(e, out, count.factor);
        text_add(out, " * ");
    }
    text_printf(out, "%s%s", place->of, place->samples);
}

static const char *buffer_name(const Emitter *e, const Buffer *b, const CPlace *place) {
    switch (b->kind) {
    case BUFFER_INPUT: return arena_printf(e->arena, "%s%s", place->of, e->inputs[b->index]);
    case BUFFER_OUTPUT: return arena_printf(e->arena, "%s%s", place->of, e->outputs[b->index]);
    case BUFFER_WORKSPACE: return arena_printf(e->arena, "%s%s", place->of, e->workspace[b->index]);
    case BUFFER_STATE:
        return arena_printf(e->arena, "((%s *)(void *)((unsigned char *)%sstate + %zu))", c_type(b->dtype),
                            place->of, b->offset);
    default: return place->of[0] ? c_constant_address(e, b, place->of) : e->constant_values[b->index];
    }
}

static void add_term(const Emitter *e, Text *out, int64_t factor, const char *of, const char *variable) {
    if (factor == 0) return;
    text_add(out, " + ");
    if (factor != 1) {
        c_size(e, out, factor);
        text_add(out, " * ");
    }
    text_printf(out, "%s%s", of, variable);
}

static void emit_address(const Emitter *e, const Arg *arg, int64_t move, const CPlace *place, Text *out) {
    const Buffer *b = arg->buffer;
    const bool caller = (b->kind == BUFFER_INPUT && b->sparse == SPARSE_NONE) || b->kind == BUFFER_OUTPUT;
    text_add(out, buffer_name(e, b, place));
    if (arg->offset) {
        text_add(out, " + ");
        c_size(e, out, arg->offset);
    }
    if (caller && b->batched && place->in_chunks) add_term(e, out, b->count, place->of, "start");
    if (place->in_rounds) add_term(e, out, arg->stride, "", "i");
    add_term(e, out, move, "", "first");
    if (place->of[0]) add_term(e, out, b->slice, "", "index");
}

static void emit_arg(Emitter *e, size_t step, const Arg *arg, int64_t move, const CPlace *place, Text *out) {
    switch (arg->kind) {
    case ARG_BUFFER: emit_address(e, arg, move, place, out); break;
    case ARG_NULL: text_add(out, "NULL"); break;
    case ARG_COUNT: emit_count(e, arg->count, place, out); break;
    case ARG_START:
        if (place->in_chunks)
            text_printf(out, "%sstart", place->of);
        else
            text_char(out, '0');
        break;
    case ARG_FLOAT: c_float(out, arg->number); break;
    case ARG_NAME: text_add(out, arg->name); break;
    case ARG_DESCRIPTOR: text_printf(out, "&%s", e->descriptors[step]); break;
    }
    const Parts *parts = e->program->steps.at[step].parts;
    if (arg->kind == ARG_DESCRIPTOR && parts && parts->pieces)
        text_printf(out, "[%d]", place->piece < 0 ? parts->n_pieces : place->piece);
}

void emit_call(Emitter *e, size_t index, const Step *step, const CPlace *place, Text *out) {
    const Parts *range = place->range;
    if (step->external)
        text_printf(out, "if ((status = %s(", step->kernel);
    else
        text_printf(out, step->may_fail ? "if (%s(" : "%s(", kernel_symbol(e, step->kernel));
    for (int k = 0; k < step->n_args; k++) {
        if (k) text_add(out, ", ");
        if (range && k == range->argument)
            text_add(out, "last - first");
        else
            emit_arg(e, index, &step->args[k], range ? range->move[k] : 0, place, out);
    }
    if (step->external)
        text_add(out, ")) != 0) return status;\n");
    else
        text_add(out, step->may_fail ? ") != 0) return LAMINA_E_INDEX;\n" : ");\n");
}

bool c_has_rounds(const Emitter *e, const Step *step) {
    return (step->rounds.batched && !one_sample(e)) || step->rounds.factor > 1; /* a sample is > 1 */
}

void emit_step(Emitter *e, size_t index, const Step *step, const char *indent, CPlace place, Text *out) {
    if (step->rounds.factor == 0) return;
    place.in_rounds = c_has_rounds(e, step);
    text_add(out, indent);
    if (place.in_rounds) {
        text_add(out, "for (size_t i = 0; i < ");
        emit_count(e, step->rounds, &place, out);
        text_printf(out, "; i++)\n%s    ", indent);
    }
    emit_call(e, index, step, &place, out);
}

/* The count that the ranges of a step are ranges of, or how many pieces there are in all rounds. */
void emit_total(Emitter *e, const Step *step, const CPlace *place, Text *out) {
    const Parts *parts = step->parts;
    const Count rounds = step->rounds;
    if (!parts_are_pieces(parts)) {
        emit_count(e, parts->argument < 0 ? rounds : step->args[parts->argument].count, place, out);
        return;
    }
    text_printf(out, "%d", parts->n_pieces);
    if (!c_has_rounds(e, step)) return;
    text_add(out, " * ");
    emit_count(e, rounds, place, out);
}

/* ---- the function ---- */

static void emit_null_checks(Emitter *e, Text *out) {
    text_add(out, "    if (");
    for (size_t i = 0; i < e->program->n_inputs; i++)
        text_printf(out, "%s!%s", i ? " || " : "", e->inputs[i]);
    for (size_t i = 0; i < e->program->n_outputs; i++)
        text_printf(out, "%s!%s", i + e->program->n_inputs ? " || " : "", e->outputs[i]);
    if (e->weights_bytes && e->options->weights == WEIGHTS_BINARY) text_add(out, " || !weights");
    if (e->program->state_bytes) text_add(out, " || !state");
    if (e->program->threads > 0)
        text_add(out, " ||\n        (parallel && (parallel->size < sizeof *parallel || !parallel->run))");
    text_add(out, ") return LAMINA_E_NULL;\n");
}

/* With run-time dimensions: where the later parts of the workspace start. */
static void emit_regions(Emitter *e, Text *out) {
    const Program *p = e->program;
    for (size_t i = 1; i < p->regions.count; i++) {
        const Region *before = &p->regions.at[i - 1];
        text_printf(out, "    unsigned char *const memory_%zu = memory", i);
        if (i > 1) text_printf(out, "_%zu", i - 1);
        text_printf(out, " + %zu * ", before->bytes);
        c_product(e, out, before->power);
        text_printf(out, before->extra ? " + %zu;\n" : ";\n", before->extra);
    }
}

static void emit_workspace_check(Emitter *e, Text *out) {
    text_printf(
        out,
        "    if (!workspace || (uintptr_t)workspace %% %s_WORKSPACE_ALIGN != 0) return LAMINA_E_WORKSPACE;\n",
        e->upper);
}

static void emit_workspace(Emitter *e, Text *out) {
    const Program *p = e->program;
    text_add(out, "    unsigned char *const memory = (unsigned char *)workspace;\n");
    emit_regions(e, out);
    const bool scaled = p->open_batch && p->chunk > 1;
    bool placed = false; /* a buffer beside the first one, at an offset that grows with the chunk */
    for (size_t i = 0; i < p->buffers.count; i++)
        placed |= p->buffers.at[i]->kind == BUFFER_WORKSPACE && p->buffers.at[i]->offset != 0;
    if (scaled && placed)
        text_printf(out,
                    "    const size_t most = batch < %" PRId64 " ? batch : %" PRId64
                    "; /* samples at a time */\n",
                    p->chunk, p->chunk);
    for (size_t i = 0; i < p->buffers.count; i++) {
        const Buffer *b = p->buffers.at[i];
        if (b->kind != BUFFER_WORKSPACE || b->first == SIZE_MAX) continue;
        const char *type = c_type(b->dtype);
        text_printf(out, "    %s *const %s = (%s *)(void *)(memory", type, e->workspace[i], type);
        if (b->region) text_printf(out, "_%zu", b->region);
        if (b->offset) text_printf(out, scaled ? " + %zu * most" : " + %zu", b->offset);
        if (b->offset && p->n_dims > 0 && c_grows(e, p->regions.at[b->region].power)) {
            text_add(out, " * ");
            c_product(e, out, p->regions.at[b->region].power);
        }
        if (b->extra_offset) text_printf(out, " + %zu", b->extra_offset);
        text_add(out, ");\n");
    }
}

static void emit_chunk_loop(Emitter *e, Text *out) {
    const int64_t chunk = e->program->chunk;
    if (chunk == 1) {
        text_add(out, "    for (size_t start = 0; start < batch; start++) {\n");
        emit_frame_chunk(e, out);
        return;
    }
    text_printf(out,
                "    for (size_t start = 0; start < batch; start += %" PRId64 ") {\n"
                "        const size_t n = batch - start < %" PRId64 " ? batch - start : %" PRId64 ";\n",
                chunk, chunk, chunk);
    emit_frame_chunk(e, out);
}

/* The program that measures, in whose process this C is loaded, is told where the run is. */
static void emit_tell_step(const Emitter *e, size_t step, const char *indent, Text *out) {
    const EmitOptions *options = e->options;
    if (!options->on_step) return;
    text_printf(out, "%s((void (*)(void *, size_t))(uintptr_t)%" PRIuPTR "u)((void *)(uintptr_t)%" PRIuPTR "u, %zu);\n",
                indent, (uintptr_t)options->on_step, (uintptr_t)options->on_step_context, step);
}

void emit_run(Emitter *e, Text *out) {
    const Program *p = e->program;
    emit_signature(e, out);
    text_add(out, " {\n");
    if (p->open_batch) text_add(out, "    if (batch == 0) return LAMINA_OK;\n");
    emit_null_checks(e, out);
    emit_dims_check(e, out);
    if (program_has_workspace(p)) emit_workspace_check(e, out);
    if (p->threads > 0) text_add(out, "    if (parallel && parallel->n_workers < 2) parallel = NULL;\n");
    emit_shared_samples(e, out);
    if (program_has_workspace(p))
        emit_workspace(e, out);
    else
        text_add(out, "    (void)workspace;\n");
    if (emitter_has_externals(e)) text_add(out, "    int status;\n");
    emit_constant_locals(e, out);
    emit_open_descriptors(e, out);
    CPlace place = {.of = "", .samples = "batch", .piece = -1};
    for (size_t i = 0; i < p->checks.count; i++) emit_step(e, i, &p->checks.at[i], "    ", place, out);
    emit_frame_values(e, out);
    const bool chunks = has_chunks(e);
    place = c_place(e);
    if (chunks) emit_chunk_loop(e, out);
    const char *indent = chunks ? "        " : "    ", *last = "";
    for (size_t i = 0; i < p->steps.count; i++) {
        const char *origin = ir_origin_text(e->arena, e->options->sources, p->steps.at[i].origin);
        if (strcmp(origin, last) != 0) {
            text_printf(out, "%s/* ", indent);
            c_comment(out, origin);
            text_add(out, " */\n");
        }
        last = origin;
        emit_tell_step(e, i, indent, out);
        if (p->steps.at[i].parts)
            emit_shared_step(e, i, &p->steps.at[i], indent, out);
        else
            emit_step(e, i, &p->steps.at[i], indent, place, out);
    }
    emit_tell_step(e, p->steps.count, indent, out);
    if (chunks) text_add(out, "    }\n");
    text_add(out, "    return LAMINA_OK;\n}\n");
}
