/* The descriptor: NAME_model, and the two functions it points to. */
#include <inttypes.h>

#include "emit/c/emitter.h"

static void emit_shape(const Emitter *e, const Buffer *b, const char *name, Text *out) {
    const Shape *shape = &b->origin->shape;
    text_printf(out, "static const int64_t %s[] = {", name);
    for (int i = 0; i < shape->rank; i++)
        text_printf(out, "%s%" PRId64, i ? ", " : "", described_extent(e->program, shape->dim[i]));
    if (shape->rank == 0) text_char(out, '0');
    text_add(out, "};\n");
}

static void emit_tensors(Emitter *e, const char *list, Buffer *const *buffers, const char *const *names,
                         size_t n, Text *out) {
    static const char *const FORMATS[] = {"LAMINA_DENSE", "LAMINA_CSR", "LAMINA_COO"};
    const char **shapes = ARENA_ARRAY(e->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        shapes[i] = namer_unique(&e->globals, arena_printf(e->arena, "%s_%s_shape", e->prefix, names[i]));
        emit_shape(e, buffers[i], shapes[i], out);
    }
    text_printf(out, "static const lamina_tensor %s_%s[] = {\n", e->prefix, list);
    for (size_t i = 0; i < n; i++) {
        text_add(out, "    {");
        c_string(out, buffers[i]->name);
        text_printf(out, ", %s, %s, %d, %s, NULL, NULL, 0, 0},\n", c_dtype_enumerator(buffers[i]->dtype),
                    FORMATS[buffers[i]->sparse], buffers[i]->origin->shape.rank, shapes[i]);
    }
    text_add(out, "};\n");
}

static void emit_call_dims(const Emitter *e, Text *out) {
    for (size_t i = 0; i < e->program->n_dims; i++)
        text_printf(out, "%s(size_t)call->dims[%zu]", i ? ", " : "", i);
}

static void emit_workspace_function(Emitter *e, Text *out) {
    text_printf(out, "static size_t %s_workspace_bytes(const lamina_call *call) {\n", e->prefix);
    const bool has = program_has_workspace(e->program);
    if (!has || (!e->program->open_batch && e->program->n_dims == 0)) text_add(out, "    (void)call;\n");
    if (!has)
        text_add(out, "    return 0;\n}\n");
    else if (e->program->n_dims > 0) {
        text_printf(out, "    return %s_WORKSPACE_BYTES(%s", e->upper,
                    e->program->open_batch ? "call->batch, " : "");
        emit_call_dims(e, out);
        text_add(out, ");\n}\n");
    } else if (e->program->split_batch > 0) {
        const char *chunk = arena_printf(e->arena, "%" PRId64, e->program->chunk);
        text_printf(out,
                    "    const size_t samples = call->parallel || call->batch < %s ? call->batch : %s;\n"
                    "    return %s_WORKSPACE_BYTES(samples);\n}\n",
                    chunk, chunk, e->upper);
    } else
        text_printf(out, "    return %s_WORKSPACE_BYTES%s;\n}\n", e->upper,
                    e->program->open_batch ? "(call->batch)" : "");
}

static void emit_pointer_checks(Emitter *e, Text *out) {
    text_add(out, "    if (!call->inputs || !call->outputs) return LAMINA_E_NULL;\n");
    if (!program_has_workspace(e->program)) return;
    text_printf(out,
                "    for (size_t i = 0; i < %zu; i++)\n        if (!call->inputs[i]) return LAMINA_E_NULL;\n",
                e->program->n_inputs);
    text_printf(
        out, "    for (size_t i = 0; i < %zu; i++)\n        if (!call->outputs[i]) return LAMINA_E_NULL;\n",
        e->program->n_outputs);
    text_printf(out, "    if (call->workspace_size < %s_workspace_bytes(call)) return LAMINA_E_WORKSPACE;\n",
                e->prefix);
}

static void emit_call_function(Emitter *e, Text *out) {
    const Program *p = e->program;
    text_printf(out,
                "static int %s_call(const lamina_call *call) {\n"
                "    if (!call || call->size < LAMINA_CALL_SIZE_1) return LAMINA_E_NULL;\n",
                e->prefix);
    if (p->open_batch)
        text_add(out, "    if (call->batch == 0) return LAMINA_OK;\n");
    else
        text_printf(out, "    if (call->batch != %" PRId64 ") return LAMINA_E_BATCH;\n", p->static_batch);
    if (p->n_dims > 0)
        text_printf(out,
                    "    if (!call->dims) return LAMINA_E_NULL;\n"
                    "    for (size_t i = 0; i < %zu; i++)\n"
                    "        if (call->dims[i] < 1) return LAMINA_E_DIMS;\n",
                    p->n_dims);
    emit_pointer_checks(e, out);
    text_printf(out, "    return %s_run(", e->prefix);
    if (p->open_batch) text_add(out, "call->batch, ");
    if (p->n_dims > 0) {
        emit_call_dims(e, out);
        text_add(out, ", ");
    }
    for (size_t i = 0; i < p->n_inputs; i++)
        text_printf(out, "(const %s *)call->inputs[%zu], ", c_input_type(p->inputs[i]), i);
    for (size_t i = 0; i < p->n_outputs; i++)
        text_printf(out, "(%s *)call->outputs[%zu], ", c_type(p->outputs[i]->dtype), i);
    text_printf(out, "call->workspace%s%s%s);\n}\n", p->state_bytes ? ", call->state" : "",
                e->options->weights == WEIGHTS_BINARY ? ", call->weights" : "",
                p->threads > 0 ? ", call->parallel" : "");
}

static void emit_dim_names(const Emitter *e, Text *out) {
    text_printf(out, "static const char *const %s_dims[] = {", e->prefix);
    for (size_t i = 0; i < e->program->n_dims; i++) {
        if (i) text_add(out, ", ");
        c_string(out, e->program->dims[i].name);
    }
    text_add(out, "};\n");
}

void emit_model(Emitter *e, Text *out) {
    const Program *p = e->program;
    text_add(out, "\n/* The same, described: for programs that handle any model. */\n");
    emit_workspace_function(e, out);
    emit_call_function(e, out);
    emit_tensors(e, "inputs", p->inputs, e->inputs, p->n_inputs, out);
    emit_tensors(e, "outputs", p->outputs, e->outputs, p->n_outputs, out);
    if (p->n_dims > 0) emit_dim_names(e, out);
    text_printf(
        out,
        "const lamina_model %s_model = {\n    LAMINA_ABI, sizeof(lamina_model), sizeof(lamina_tensor), 0, ",
        e->prefix);
    c_string(out, e->prefix);
    text_printf(out, ", \"Lamina %s\",\n    %zu, %zu, %zu, %s_inputs, %s_outputs, ", e->options->version,
                p->n_inputs, p->n_outputs, p->n_dims, e->prefix, e->prefix);
    text_printf(out, p->n_dims > 0 ? "%s_dims,\n" : "NULL,\n", e->prefix);
    const bool binary = e->options->weights == WEIGHTS_BINARY;
    text_printf(out, "    %s_WORKSPACE_ALIGN, %zu, %zu, %s_workspace_bytes, %s_call};\n", e->upper,
                p->state_bytes, binary ? e->weights_bytes : 0, e->prefix, e->prefix);
}
