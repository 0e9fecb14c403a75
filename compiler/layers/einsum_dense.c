/* EinsumDense: a product with a trained tensor, summed as an equation says. Keras:
 * layers/core/einsum_dense.py.
 *
 * The equation is [X],[Y]->[Z], ...[X],[Y]->...[Z] or [X]...,[Y]->[Z]...; the axes of the kernel are found in
 * the input or in the result, whose extents `output_shape` gives.
 */
#include "layers/einsum.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

typedef struct EinsumDenseAttrs {
    Value equation, output_shape, bias_axes;
    ActivationRef activation;
    Initializer kernel_initializer, bias_initializer;
} EinsumDenseAttrs;

static const ParamSpec einsum_dense_params[] = {
    {FIELD(EinsumDenseAttrs, equation), .kind = PARAM_VALUE, .required = true,
     .about = "such as \"ab,bc->ac\""},
    {FIELD(EinsumDenseAttrs, output_shape), .kind = PARAM_VALUE, .required = true,
     .about = "without the batch and the ellipsis; None: as the input's"},
    {FIELD(EinsumDenseAttrs, activation), .kind = PARAM_ACTIVATION, .fallback = "None"},
    {FIELD(EinsumDenseAttrs, bias_axes), .kind = PARAM_VALUE, .fallback = "None",
     .about = "axes of the result that the bias has"},
    {FIELD(EinsumDenseAttrs, kernel_initializer), .kind = PARAM_INITIALIZER, .fallback = "'glorot_uniform'"},
    {FIELD(EinsumDenseAttrs, bias_initializer), .kind = PARAM_INITIALIZER, .fallback = "'zeros'"},
    IGNORED("kernel_regularizer"),
    IGNORED("bias_regularizer"),
    IGNORED("kernel_constraint"),
    IGNORED("bias_constraint"),
    IGNORED("lora_rank"),
    IGNORED("lora_alpha"),
    IGNORED("gptq_unpacked_column_size"),
    IGNORED("quantization_config"),
    {0},
};

/* The three terms of an equation; `left`: the ellipsis stands in front. */
typedef struct Parts {
    const char *input, *kernel, *output;
    bool dots, left;
} Parts;

typedef struct EinsumDenseShapes {
    Shape kernel, bias, output;
} EinsumDenseShapes;

static const char *letters(Arena *arena, const char **at) {
    const char *start = *at;
    while (isalpha((unsigned char)**at)) ++*at;
    return arena_strndup(arena, start, (size_t)(*at - start));
}

static bool skip(const char **at, const char *text) {
    if (strncmp(*at, text, strlen(text)) != 0) return false;
    *at += strlen(text);
    return true;
}

static bool split_equation(Arena *arena, const char *equation, Parts *out) {
    const char *at = equation;
    out->left = skip(&at, "...");
    out->input = letters(arena, &at);
    const bool right = !out->left && skip(&at, "...");
    out->dots = out->left || right;
    if (!skip(&at, ",")) return false;
    out->kernel = letters(arena, &at);
    if (!skip(&at, "->") || (out->left && !skip(&at, "..."))) return false;
    out->output = letters(arena, &at);
    if (right && (!skip(&at, "...") || strlen(out->input) < 2)) return false;
    return *at == '\0' && *out->input && *out->kernel && *out->output;
}

static bool invalid(LayerCall *call, const char *format, ...) DIAG_PRINTF(2, 3);
static bool invalid(LayerCall *call, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(call->graph->arena, format, args);
    va_end(args);
    diag_report(call->graph->diags, E258, call->at, "%s", text);
    if (call->n_inputs > 0) layer_note_input(call, 0);
    return false;
}

/* The whole shape of the result: the batch and the axes behind the ellipsis are the input's. */
static bool output_shape(LayerCall *call, const EinsumDenseAttrs *attrs, const Parts *p, Shape *out) {
    const Shape *input = &call->inputs[0]->shape;
    const int elided = input->rank - (int)strlen(p->input);
    const Value value = attrs->output_shape;
    const bool list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    const size_t count = list ? value.as.list->items.count : 1;
    *out = (Shape){1, {input->dim[0]}};
    if (elided < 0 || (!p->dots && elided > 0) || (int)count + elided + 1 > SHAPE_MAX_RANK)
        return invalid(call, "The equation '%s' does not fit an input of shape %s",
                       value_text(call->graph->arena, attrs->equation),
                       shape_text(call->graph->arena, input));
    for (int i = 1; p->left && i < elided; i++) out->dim[out->rank++] = input->dim[i];
    for (size_t i = 0; i < count; i++) {
        const Value item = list ? value.as.list->items.at[i] : value;
        if (value_is_none(item))
            out->dim[out->rank++] = DIM_UNKNOWN;
        else if (!value_as_int(item, &out->dim[out->rank++]))
            return invalid(call,
                           "`output_shape` is an int or a tuple of ints and None. Received: output_shape=%s",
                           value_text(call->graph->arena, value));
    }
    for (int i = input->rank - elided; !p->left && i < input->rank; i++)
        out->dim[out->rank++] = input->dim[i];
    if (out->rank == (int)strlen(p->output) + elided) return true;
    return invalid(call, "output_shape=%s does not have the axes of '%s' in the equation '%s'",
                   value_text(call->graph->arena, value), p->output,
                   value_text(call->graph->arena, attrs->equation));
}

static int place(const char *term, char letter, int shift) {
    const char *at = strchr(term, letter);
    return at ? (int)(at - term) + shift : -1;
}

static bool check_shared(LayerCall *call, const Parts *p, int shift, const Shape *output) {
    const Shape *input = &call->inputs[0]->shape;
    for (const char *c = p->input; *c; c++) {
        const int to = place(p->output, *c, shift);
        const int64_t own = input->dim[place(p->input, *c, shift)];
        if (to < 0 || output->dim[to] == DIM_UNKNOWN || output->dim[to] == own) continue;
        return invalid(
            call,
            "Input shape and output shape do not match at shared dimension '%c'. Input shape is %lld, and "
            "output shape is %lld.",
            *c, (long long)own, (long long)output->dim[to]);
    }
    for (const char *c = p->output; *c; c++)
        if (!strchr(p->input, *c) && !strchr(p->kernel, *c))
            return invalid(
                call,
                "Dimension '%c' was specified in the output '%s' but has no corresponding dim in the input "
                "spec '%s' or weight spec '%s'",
                *c, p->output, p->input, p->output);
    return true;
}

static bool kernel_shape(LayerCall *call, const Parts *p, int shift, EinsumDenseShapes *out) {
    out->kernel = (Shape){0};
    for (const char *c = p->kernel; *c; c++) {
        const int to = place(p->output, *c, shift), from = place(p->input, *c, shift);
        if (to < 0 && from < 0)
            return invalid(
                call,
                "Weight dimension '%c' did not have a match in either the input spec '%s' or the output spec "
                "'%s'. For this layer, the weight must be fully specified.",
                *c, p->input, p->output);
        if (out->kernel.rank == SHAPE_MAX_RANK) return invalid(call, "the kernel has too many axes");
        out->kernel.dim[out->kernel.rank++] =
            to >= 0 ? out->output.dim[to] : call->inputs[0]->shape.dim[from];
    }
    return layer_expect_known(call, &out->kernel, "kernel");
}

static bool bias_shape(LayerCall *call, const EinsumDenseAttrs *attrs, const Parts *p, int elided,
                       EinsumDenseShapes *out) {
    const char *axes = value_c_str(attrs->bias_axes);
    const int shift = p->left ? elided : 0;
    int first = (int)strlen(p->output);
    out->bias = (Shape){0};
    if (!axes) return true;
    for (const char *c = axes; *c; c++) {
        const int at = place(p->output, *c, 0);
        if (at < 0)
            return invalid(call, "Bias dimension '%c' was requested, but is not part of the output spec '%s'",
                           *c, p->output);
        if (at < first) first = at;
    }
    for (const char *c = p->output + first; *c; c++)
        out->bias.dim[out->bias.rank++] = strchr(axes, *c) ? out->output.dim[place(p->output, *c, shift)] : 1;
    for (int i = 0; !p->left && i < elided; i++) out->bias.dim[out->bias.rank++] = 1;
    return layer_expect_known(call, &out->bias, "bias");
}

static bool shapes_of(LayerCall *call, EinsumDenseShapes *out, Parts *p) {
    const EinsumDenseAttrs *attrs = call->layer->attrs;
    const char *equation = value_c_str(attrs->equation);
    if (!equation || !split_equation(call->graph->arena, equation, p))
        return invalid(
            call,
            "Invalid einsum equation '%s'. Equations must be in the form [X],[Y]->[Z], ...[X],[Y]->...[Z], "
            "or [X]...,[Y]->[Z]....",
            value_text(call->graph->arena, attrs->equation));
    const int elided = call->inputs[0]->shape.rank - (int)strlen(p->input);
    if (!output_shape(call, attrs, p, &out->output)) return false;
    const int shift = p->left ? elided : 0;
    return check_shared(call, p, shift, &out->output) && kernel_shape(call, p, shift, out) &&
           bias_shape(call, attrs, p, elided, out);
}

static bool einsum_dense_accept(LayerCall *call) {
    const Layer *layer = call->layer;
    return !layer->built || layer_expect_rank(call, 0, layer->built_shapes[0].rank);
}

static bool einsum_dense_build(LayerCall *call) {
    const EinsumDenseAttrs *attrs = call->layer->attrs;
    EinsumDenseShapes shapes;
    Parts parts;
    if (!shapes_of(call, &shapes, &parts)) return false;
    layer_add_weight(call, "kernel", &shapes.kernel, true, attrs->kernel_initializer);
    if (value_c_str(attrs->bias_axes))
        layer_add_weight(call, "bias", &shapes.bias, true, attrs->bias_initializer);
    return true;
}

static bool einsum_dense_infer(LayerCall *call) {
    const EinsumDenseAttrs *attrs = call->layer->attrs;
    EinsumDenseShapes shapes;
    Parts parts;
    if (!shapes_of(call, &shapes, &parts)) return false;
    call->output_shapes[0] = shapes.output;
    return activation_infer(call, &attrs->activation, &call->output_shapes[0]);
}

/* Keras' sum on TensorFlow takes a bias with one extent beside ones for a bias of the last axis, or else of
 * axis 1. */
Op *einsum_bias(Lowering *l, const Node *node, Op *y, Op *bias) {
    const Shape *shape = &y->shape;
    int64_t count = 1, last = shape->dim[shape->rank - 1];
    int wide = 0;
    for (int i = 0; i < bias->shape.rank; i++) {
        wide += bias->shape.dim[i] > 1;
        count *= bias->shape.dim[i];
    }
    if (wide == 1 && shape->rank > 1 && (count == last || count == shape->dim[1])) {
        Shape broadcast = {.rank = shape->rank};
        for (int i = 0; i < shape->rank; i++) broadcast.dim[i] = 1;
        broadcast.dim[count == last ? shape->rank - 1 : 1] = count;
        bias = ir_reshape(l, node, bias, &broadcast);
    }
    return ir_binary(l, node, BIN_ADD, y, bias);
}

static bool einsum_dense_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const EinsumDenseAttrs *attrs = node->layer->attrs;
    Op *kernel = lower_weight(l, node, 0);
    Op *operands[] = {ir_cast(l, node, inputs[0], kernel->dtype), kernel};
    const int ranks[] = {inputs[0]->shape.rank, kernel->shape.rank};
    Einsum einsum;
    const char *wrong = einsum_parse(l->ir->arena, value_c_str(attrs->equation), ranks, 2, &einsum);
    if (wrong) return lower_unsupported(l, node, "%s", wrong);
    Op *y = einsum_lower(l, node, &einsum, operands);
    if (!y) return false;
    if (node->layer->weights.count > 1) y = einsum_bias(l, node, y, lower_weight(l, node, 1));
    outputs[0] = activation_lower(l, node, &attrs->activation, y);
    return outputs[0] != NULL;
}

const LayerClass LAYER_CLASS_EINSUM_DENSE = {
    .name = "EinsumDense",
    .module = "keras.layers",
    .about = "a product with a trained tensor, summed as an equation says",
    .params = einsum_dense_params,
    .attrs_size = sizeof(EinsumDenseAttrs),
    .accept = einsum_dense_accept,
    .build = einsum_dense_build,
    .infer = einsum_dense_infer,
    .lower = einsum_dense_lower,
};
