/* keras.ops.sum(x, axis=1): the table of functions, the binding of their arguments, and the record.
 *
 * In:  the symbol ("ops.sum") and the arguments of a call, at least one of them a tensor.
 * Out: one operation node with the name that Keras gives it; attrs hold the arguments.
 */
#include "layers/ops.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "layers/ops_kinds.h"

/* A row's attributes are copied before its rule writes into them: inside a model, other calls keep theirs. */
static bool row_infer(LayerCall *call) {
    OpsAttrs *attrs = ARENA_NEW(call->graph->arena, OpsAttrs);
    *attrs = *(const OpsAttrs *)call->node_attrs;
    call->node_attrs = attrs;
    if (call->n_inputs > 0) call->output_dtypes[0] = attrs->dtype = call->inputs[0]->dtype;
    return attrs->row->infer(call, attrs);
}

static bool row_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const OpsAttrs *attrs = node->attrs;
    const OpsLower o = {l, node, attrs, inputs, outputs};
    return attrs->row->lower(&o) && !l->ir->broken;
}

static const OpsRow rows[] = {
#define OPS(name_, class_name, module_, params_, infer_, lower_, function_, rule_)                           \
    {.name = name_,                                                                                          \
     .params = params_,                                                                                      \
     .infer = infer_,                                                                                        \
     .lower = lower_,                                                                                        \
     .function = (int)(function_),                                                                           \
     .rule = (int)(rule_),                                                                                   \
     .class_ = {.name = class_name,                                                                          \
                .module = "keras.src.ops." module_,                                                          \
                .about = "keras.ops." name_,                                                                 \
                .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST | ((rule_) == OPS_RUN ? LAYER_RUN_DTYPE : 0),   \
                .infer = row_infer,                                                                          \
                .lower = row_lower}},
#include "layers/ops.def"
#include "layers/ops_tf.def"
#undef OPS
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static const OpsRow *find_row(const char *symbol) {
    const char *name = strncmp(symbol, "ops.", 4) == 0 ? symbol + 4 : symbol; /* "tf.cast", "K.mean" */
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

bool ops_is_function(const char *symbol) {
    return find_row(symbol) != NULL;
}

/* ---- binding ---- */

typedef struct Signature {
    const char *name[OPS_MAX_PARAMS], *fallback[OPS_MAX_PARAMS]; /* NULL: required */
    int count;
    bool star; /* the first takes all positional arguments */
} Signature;

static Signature read_signature(Arena *arena, const char *params) {
    Signature s = {0};
    while (*params) {
        const size_t length = strcspn(params, " "), name = strcspn(params, " =");
        if (*params == '*') s.star = true;
        s.name[s.count] = arena_strndup(arena, params + (*params == '*'), name - (*params == '*'));
        if (name < length) s.fallback[s.count] = arena_strndup(arena, params + name + 1, length - name - 1);
        s.count++;
        params += length + (params[length] == ' ');
    }
    return s;
}

static int find_param(const Signature *s, const char *name) {
    for (int i = s->star ? 1 : 0; i < s->count; i++)
        if (strcmp(s->name[i], name) == 0) return i;
    return -1;
}

static bool too_many(Graph *graph, const Signature *s, const char *name, const Arguments *arguments,
                     size_t given) {
    int required = 0;
    while (required < s->count && !s->fallback[required]) required++;
    const char *from = required < s->count ? arena_printf(graph->arena, "from %d to ", required) : "";
    return diag_report(graph->diags, E200, arguments->call,
                       "%s() takes %s%d positional argument%s but %zu were given", name, from, s->count,
                       s->count == 1 ? "" : "s", given);
}

static bool report_missing(Graph *graph, const Signature *s, const char *name, const Arguments *arguments,
                           const bool *given) {
    const char *missing[OPS_MAX_PARAMS];
    int count = 0;
    for (int i = 0; i < s->count; i++)
        if (!given[i] && !s->fallback[i]) missing[count++] = s->name[i];
    if (count == 0) return true;
    Text names = text_new(graph->arena);
    for (int i = 0; i < count; i++)
        text_printf(&names, "%s'%s'",
                    i == 0          ? ""
                    : i + 1 < count ? ", "
                    : count == 2    ? " and "
                                    : ", and ",
                    missing[i]);
    return diag_report(graph->diags, E200, arguments->call,
                       "%s() missing %d required positional argument%s: %s", name, count,
                       count == 1 ? "" : "s", names.data);
}

static bool put(Graph *graph, const Signature *s, const char *name, const Argument *argument, int param,
                OpsAttrs *attrs, bool *given) {
    if (param < 0)
        return diag_report(graph->diags, E205, argument->keyword_at,
                           "%s() got an unexpected keyword argument '%s'", name, argument->keyword);
    if (given[param])
        return diag_report(graph->diags, E200, argument->keyword_at,
                           "%s() got multiple values for argument '%s'", name, s->name[param]);
    attrs->value[param] = argument->value;
    attrs->at[param] = argument->at;
    return given[param] = true;
}

static bool bind(Graph *graph, const Arguments *arguments, OpsAttrs *attrs) {
    const OpsRow *row = attrs->row;
    const Signature s = read_signature(graph->arena, row->params);
    bool given[OPS_MAX_PARAMS] = {false};
    size_t positional = 0;
    for (int i = 0; i < s.count; i++) attrs->at[i] = arguments->call;
    for (int i = 0; i < s.count; i++)
        if (s.fallback[i]) attrs->value[i] = param_fallback(graph->arena, s.fallback[i]);
    if (s.star) attrs->value[0] = value_list_new(graph->arena, VALUE_TUPLE);
    while (positional < arguments->count && !arguments->at[positional].keyword) positional++;
    for (size_t i = 0; i < positional; i++) {
        if (s.star) {
            value_list_push(graph->arena, attrs->value[0], arguments->at[i].value);
            given[0] = true;
            continue;
        }
        if (i >= (size_t)s.count) return too_many(graph, &s, row->name, arguments, positional);
        (void)put(graph, &s, row->name, &arguments->at[i], (int)i, attrs, given);
    }
    for (size_t i = positional; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (!put(graph, &s, row->name, argument, find_param(&s, argument->keyword), attrs, given))
            return false;
    }
    return report_missing(graph, &s, row->name, arguments, given);
}

bool ops_call(Graph *graph, const char *symbol, const Arguments *arguments, Value *out) {
    OpsAttrs *attrs = ARENA_NEW(graph->arena, OpsAttrs);
    attrs->row = find_row(symbol);
    if (!bind(graph, arguments, attrs)) return *out = layer_poison(graph, arguments->call), false;
    if (!attrs->row->infer)
        return operator_function(graph, attrs->row->class_.name, attrs->value[0], attrs->value[1],
                                 arguments->call, out);
    return operation_record(graph, &attrs->row->class_, attrs->value, OPS_MAX_PARAMS, attrs, arguments->call,
                            out);
}

/* ---- operands ---- */

DType ops_float(const Graph *graph, DType dtype) {
    return dtype_is_float(dtype) ? dtype : graph->settings.floatx;
}

static void count_tensor(void *context, Tensor *tensor) {
    (void)tensor;
    ++*(size_t *)context;
}

size_t ops_input(const OpsAttrs *attrs, int param) {
    size_t count = 0;
    for (int i = 0; i < param; i++) value_each_tensor(attrs->value[i], count_tensor, &count);
    return count;
}

bool ops_operand(LayerCall *call, int param, Shape *shape) {
    const OpsAttrs *attrs = ops_attrs(call);
    const Value value = attrs->value[param];
    double number;
    *shape = (Shape){0};
    if (value.kind == VALUE_TENSOR) return *shape = call->inputs[ops_input(attrs, param)]->shape, true;
    if (value_as_number(value, &number)) return true;
    diag_report(call->graph->diags, E270, attrs->at[param], "Invalid dtype: %s", value_type_name(value));
    diag_help(call->graph->diags, attrs->at[param], NULL, "the operands may be tensors and numbers");
    return false;
}

/* keras.backend.result_type: tensors by the lattice, numbers by their kind only. */
DType ops_promote(LayerCall *call, int first, int last) {
    const OpsAttrs *attrs = ops_attrs(call);
    bool any = false, has_int = false, has_float = false;
    DType dtype = DTYPE_BOOL;
    for (int i = first; i <= last; i++) {
        const Value value = attrs->value[i];
        has_int |= value.kind == VALUE_INT;
        has_float |= value.kind == VALUE_FLOAT;
        if (value.kind != VALUE_TENSOR) continue;
        const DType own = call->inputs[ops_input(attrs, i)]->dtype;
        dtype = any ? dtype_promote(dtype, own) : own;
        any = true;
    }
    if (has_float && !dtype_is_float(dtype)) return call->graph->settings.floatx;
    return has_int && dtype == DTYPE_BOOL ? DTYPE_INT32 : dtype;
}

Op *ops_lower_operand(const OpsLower *o, int param, DType dtype) {
    const Value value = o->attrs->value[param];
    double number = 0;
    if (value.kind == VALUE_TENSOR)
        return ir_cast(o->l, o->node, o->inputs[ops_input(o->attrs, param)], dtype);
    (void)value_as_number(value, &number);
    return dtype == DTYPE_BOOL
               ? ir_cast(o->l, o->node, lower_scalar(o->l, o->node, DTYPE_FLOAT32, number != 0), dtype)
               : lower_scalar(o->l, o->node, dtype, number);
}

/* ---- arguments ---- */

bool ops_invalid(LayerCall *call, int param, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(call->graph->arena, format, args);
    va_end(args);
    return diag_report(call->graph->diags, E291, ops_attrs(call)->at[param], "%s", text);
}

bool ops_mismatch(LayerCall *call, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(call->graph->arena, format, args);
    va_end(args);
    diag_report(call->graph->diags, E292, call->at, "%s", text);
    for (size_t i = 0; i < call->n_inputs && i < 2; i++) layer_note_history(call->graph, call->inputs[i]);
    return false;
}

bool ops_axis_value(LayerCall *call, int param, Value value, int rank, int *out) {
    Shape shape = {.rank = rank};
    int64_t axis;
    if (value_as_int(value, &axis) && shape_axis(&shape, axis, out)) return true;
    diag_report(call->graph->diags, E290, ops_attrs(call)->at[param],
                "axis %s is out of bounds for an array with %d dimensions",
                value_repr(call->graph->arena, value), rank);
    if (call->n_inputs > 0) layer_note_history(call->graph, call->inputs[0]);
    return false;
}

bool ops_axis(LayerCall *call, int param, int rank, int *out) {
    return ops_axis_value(call, param, ops_attrs(call)->value[param], rank, out);
}

bool ops_axes(LayerCall *call, int param, int rank, uint32_t *out) {
    const Value value = ops_attrs(call)->value[param];
    const bool list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    *out = (1u << rank) - 1;
    if (value_is_none(value)) return true;
    *out = 0;
    for (size_t i = 0; i < (list ? value.as.list->items.count : 1); i++) {
        int axis;
        if (!ops_axis_value(call, param, list ? value.as.list->items.at[i] : value, rank, &axis))
            return false;
        if (*out >> axis & 1)
            return ops_invalid(call, param, "%s() takes each axis once. Received: axis=%s",
                               ops_attrs(call)->row->name, value_text(call->graph->arena, value));
        *out |= 1u << axis;
    }
    return true;
}

bool ops_int(LayerCall *call, int param, int64_t *out) {
    const Value value = ops_attrs(call)->value[param];
    if (value_as_int(value, out)) return true;
    return ops_invalid(call, param, "%s() expects an integer here, but received %s",
                       ops_attrs(call)->row->name, value_repr(call->graph->arena, value));
}

bool ops_dtype(LayerCall *call, int param, DType fallback, DType *out) {
    const Value value = ops_attrs(call)->value[param];
    const char *name = value_c_str(value);
    if (value_is_none(value)) return *out = fallback, true;
    if (value.kind == VALUE_DTYPE) return *out = value.as.dtype, true;
    if (name && dtype_parse(name, out)) return true;
    return ops_invalid(call, param, "Invalid dtype: %s", value_text(call->graph->arena, value));
}

bool ops_truth(const OpsAttrs *attrs, int param) {
    double number = 0;
    return value_as_number(attrs->value[param], &number) && number != 0;
}

/* ---- builders ---- */

Op *ops_bin(const OpsLower *o, BinaryFunction function, Op *a, Op *b) {
    return ir_binary(o->l, o->node, function, a, b);
}

Op *ops_un(const OpsLower *o, UnaryFunction function, Op *x) {
    return ir_unary(o->l, o->node, x, function, 0, 0, 0);
}

Op *ops_scalar(const OpsLower *o, DType dtype, double value) {
    return lower_scalar(o->l, o->node, dtype, value);
}

Op *ops_shaped(const OpsLower *o, Op *x, size_t index) {
    const Shape shape = o->node->outputs[index]->shape;
    return shape_equal(&x->shape, &shape) ? x : ir_reshape(o->l, o->node, x, &shape);
}
