/* Activations: one table, read from arguments and lowered to IR.
 *
 * In:  activation='relu', keras.activations.gelu, keras.ops.silu, tf.nn.relu6, LeakyReLU(0.1), None.
 * Out: an ActivationRef, and ops with Keras' own formulas (NaN and infinities included).
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "layers/rules.h"

typedef enum Form { FORM_UNARY, FORM_ROW, FORM_GELU, FORM_GLU, FORM_RELU, FORM_THRESHOLD, FORM_LINE } Form;

typedef struct ActivationRow {
    const char *name;
    Form form;
    int function; /* UnaryFunction or RowFunction */
    double parameter[3];
} ActivationRow;

static const ActivationRow rows[] = {
#define ACTIVATION(id, name, class_name, params, form, function, ...)                                        \
    {name, form, (int)(function), {__VA_ARGS__}},
#include "layers/activation.def"
#undef ACTIVATION
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const char *const names[] = {
#define ACTIVATION(id, name, ...) name,
#include "layers/activation.def"
#undef ACTIVATION
};

const char *activation_name(int id) {
    return rows[id].name;
}

const char *const *activation_all(size_t *count) {
    *count = ACTIVATION_KERAS_COUNT;
    return names;
}

static int find_row(const char *name, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) return (int)i;
    }
    return -1;
}

int activation_find(const char *name) {
    return find_row(name, ROW_COUNT);
}

ActivationRef activation_make(int id) {
    ActivationRef ref = {.id = id, .given = true, .axis = -1};
    memcpy(ref.parameter, rows[id].parameter, sizeof ref.parameter);
    return ref;
}

static bool report_unknown(Graph *graph, Value value, const char *name, SourceRange at) {
    diag_report(graph->diags, E208, at, "Could not interpret activation function identifier: %s",
                value_text(graph->arena, value));
    if (value.kind == VALUE_FUNCTION || value.kind == VALUE_BUILTIN)
        diag_help(graph->diags, at, NULL, "only the functions of keras.activations can be activations here");
    const char *near = name ? text_nearest(name, names, ACTIVATION_KERAS_COUNT) : NULL;
    diag_suggest(graph->diags, at, name, near);
    return false;
}

/* "activations.relu", "ops.nn.relu", "tf.nn.relu": the last part names the function. */
static int find_symbol(const char *symbol) {
    const char *dot = strrchr(symbol, '.');
    return find_row(dot ? dot + 1 : symbol, ROW_COUNT);
}

bool activation_parse(Graph *graph, Value value, SourceRange at, ActivationRef *out) {
    *out = activation_make(ACTIVATION_LINEAR);
    out->given = !value_is_none(value);
    if (!out->given) return true;
    if (value.kind == VALUE_LAYER && layer_as_activation(value.as.layer, out)) return true;
    if (value.kind == VALUE_LAYER && strcmp(value.as.layer->class_->name, "Lambda") == 0)
        return out->function = value.as.layer, true;
    const char *name = value.kind == VALUE_SYMBOL ? value.as.symbol : value_c_str(value);
    int id = -1;
    if (name) id = value.kind == VALUE_SYMBOL ? find_symbol(name) : find_row(name, ACTIVATION_KERAS_COUNT);
    if (id < 0) return report_unknown(graph, value, name, at);
    *out = activation_make(id);
    /* keras.ops.gelu has another default than keras.activations.gelu */
    if (id == ACTIVATION_GELU && value.kind == VALUE_SYMBOL && strncmp(name, "ops.", 4) == 0)
        out->parameter[0] = 1;
    if (id != ACTIVATION_THRESHOLD) return true;
    return diag_report_as(
        graph->diags, E208, "TypeError", at,
        "threshold() missing 2 required positional arguments: 'threshold' and 'default_value'");
}

bool activation_infer(LayerCall *call, const ActivationRef *ref, Shape *shape) {
    const Form form = rows[ref->id].form;
    Graph *graph = call->graph;
    int axis;
    if (ref->function) return activation_function_infer(call, ref, shape);
    if (form != FORM_ROW && form != FORM_GLU) return true;
    if (!shape_axis(shape, ref->axis, &axis)) {
        return diag_report(graph->diags, E253, call->at, "axis %lld of %s is out of bounds for shape %s",
                           (long long)ref->axis, rows[ref->id].name, shape_text(graph->arena, shape));
    }
    if (form == FORM_ROW || shape->dim[axis] == DIM_UNKNOWN) return true;
    if (shape->dim[axis] % 2 != 0) {
        return diag_report(graph->diags, E253, call->at,
                           "axis size must be divisible by 2. Received: x.shape=%s with axis=%lld",
                           shape_text(graph->arena, shape), (long long)ref->axis);
    }
    if (!(call->layer->class_->flags & LAYER_OPERATION)) {
        diag_report(graph->diags, W253, call->at,
                    "glu halves axis %d of \"%s\": %lld become %lld, which Keras' summary does not show",
                    axis, call->layer->name, (long long)shape->dim[axis], (long long)shape->dim[axis] / 2);
    }
    shape->dim[axis] /= 2;
    return true;
}

static Op *unary(Lowering *l, const Node *node, Op *x, UnaryFunction function, double p0, double p1) {
    return ir_unary(l, node, x, function, p0, p1, 0);
}

static bool set(UnaryFunction function, double p0, double p1, double p2, UnaryFunction *out,
                double *parameter) {
    *out = function;
    parameter[0] = p0;
    parameter[1] = p1;
    parameter[2] = p2;
    return true;
}

/* relu(x, negative_slope, max_value, threshold) without a threshold. TensorFlow keeps the slope of leaky_relu
 * as a float, whatever it computes in. */
static bool relu_unary(const ActivationRef *ref, UnaryFunction *out, double *parameter) {
    const double slope = ref->parameter[0], most = ref->parameter[1];
    const bool clipped = !isnan(most);
    if (ref->parameter[2] != 0) return false;
    if (slope == 0 && clipped) return set(UNARY_CLIP, 0, most, 0, out, parameter);
    if (slope == 0) return set(UNARY_RELU, 0, 0, 0, out, parameter);
    if (clipped) return set(UNARY_RELU_GENERAL, slope, most, 0, out, parameter);
    return set(UNARY_LEAKY_RELU, (double)(float)slope, 0, 0, out, parameter);
}

bool activation_unary(const ActivationRef *ref, UnaryFunction *function, double *parameter) {
    const double *p = ref->parameter;
    if (ref->function) return false;
    if (ref->id == ACTIVATION_LEAKY_RELU)
        return set(UNARY_LEAKY_RELU, (double)(float)p[0], 0, 0, function, parameter);
    switch (rows[ref->id].form) {
    case FORM_UNARY: return set((UnaryFunction)rows[ref->id].function, p[0], p[1], p[2], function, parameter);
    case FORM_GELU: return set(p[0] != 0 ? UNARY_GELU_TANH : UNARY_GELU, 0, 0, 0, function, parameter);
    case FORM_THRESHOLD: return set(UNARY_THRESHOLD, p[0], p[1], 0, function, parameter);
    case FORM_RELU: return relu_unary(ref, function, parameter);
    default: return false;
    }
}

/* relu with a threshold as keras.activations.relu computes it: at x == threshold the negative part (0)
 * counts, and without a slope a NaN below a threshold becomes 0. */
static Op *lower_relu(Lowering *l, const Node *node, const ActivationRef *ref, Op *x) {
    const double slope = ref->parameter[0], most = ref->parameter[1], threshold = ref->parameter[2];
    const bool clipped = !isnan(most);
    Op *positive = unary(l, node, x, UNARY_THRESHOLD, threshold, 0);
    if (clipped) positive = unary(l, node, positive, UNARY_CLIP, 0, most);
    if (slope == 0) return positive;
    Op *below = ir_binary(l, node, BIN_SUB, lower_scalar(l, node, x->dtype, threshold), x);
    below = unary(l, node, below, UNARY_RELU, 0, 0);
    below = ir_binary(l, node, BIN_MUL, below, lower_scalar(l, node, x->dtype, slope));
    return ir_binary(l, node, BIN_SUB, positive, below);
}

/* clip(p0 * x + p1, 0, 1) */
static Op *lower_line(Lowering *l, const Node *node, const ActivationRef *ref, Op *x) {
    Op *y = ir_binary(l, node, BIN_MUL, x, lower_scalar(l, node, x->dtype, ref->parameter[0]));
    y = ir_binary(l, node, BIN_ADD, y, lower_scalar(l, node, x->dtype, ref->parameter[1]));
    return unary(l, node, y, UNARY_CLIP, 0, 1);
}

/* x1 * sigmoid(x2), the halves of the axis. */
static Op *lower_glu(Lowering *l, const Node *node, const ActivationRef *ref, Op *x) {
    int axis = 0;
    (void)shape_axis(&x->shape, ref->axis, &axis);
    const int64_t whole = x->shape.dim[axis], half = whole == DIM_UNKNOWN ? whole : whole / 2;
    Op *left = ir_slice_axis(l, node, x, axis, 0, half);
    Op *right = ir_slice_axis(l, node, x, axis, whole == DIM_UNKNOWN ? 1 : half, half);
    if (!shape_compatible(&left->shape, &node->outputs[0]->shape)) {
        l->ir->broken = true; /* convolutions: Keras' declared shape is not the one that it computes */
        lower_unsupported(l, node, "glu halves the last axis, which its shape %s does not tell",
                          shape_text(l->ir->arena, &node->outputs[0]->shape));
    }
    return ir_binary(l, node, BIN_MUL, left, unary(l, node, right, UNARY_SIGMOID, 0, 0));
}

static Op *lower_row(Lowering *l, const Node *node, const ActivationRef *ref, Op *x) {
    int axis = 0;
    (void)shape_axis(&x->shape, ref->axis, &axis);
    if (!dtype_is_float(x->dtype)) x = ir_cast(l, node, x, node->layer->compute_dtype);
    return ir_row(l, node, x, (RowFunction)rows[ref->id].function, 1u << axis);
}

Op *activation_lower(Lowering *lowering, const Node *node, const ActivationRef *ref, Op *x) {
    UnaryFunction function;
    double p[3];
    if (ref->function) return activation_function_lower(lowering, node, ref, x);
    if (ref->id == ACTIVATION_LINEAR) return x;
    ActivationRef whole = *ref;
    if (rows[ref->id].form == FORM_RELU && !dtype_is_float(x->dtype)) {
        whole.parameter[1] = trunc(ref->parameter[1]); /* TensorFlow clips whole numbers to a whole number */
        ref = &whole;
    }
    if (activation_unary(ref, &function, p)) return ir_unary(lowering, node, x, function, p[0], p[1], p[2]);
    switch (rows[ref->id].form) {
    case FORM_ROW: return lower_row(lowering, node, ref, x);
    case FORM_GLU: return lower_glu(lowering, node, ref, x);
    case FORM_LINE: return lower_line(lowering, node, ref, x);
    default: return lower_relu(lowering, node, ref, x);
    }
}
