/* Tensors that a call makes of nothing: ops.arange(n), ops.ones((3, 4)), and numbers where a tensor is
 * expected.
 *
 * In:  arguments without tensors, inside the call of a layer of the file. Out: a tensor whose node has no
 * inputs; as with variables, such a node is part of the inside of a call only.
 */
#include <string.h>

#include "base/checked.h"
#include "layers/ops.h"

typedef struct ConstantAttrs {
    Shape shape;
    DType dtype;
    const double *data; /* NULL: `fill` throughout */
    double fill;
} ConstantAttrs;

enum { MOST_ELEMENTS = 1 << 24 };

static bool constant_lower(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const ConstantAttrs *attrs = node->attrs;
    (void)inputs;
    Op *value;
    if (attrs->data) {
        const DType kept = dtype_is_float(attrs->dtype) ? DTYPE_FLOAT64 : DTYPE_INT64;
        int64_t count = 0, *whole = NULL;
        (void)shape_count(&attrs->shape, 0, &count);
        if (kept == DTYPE_INT64) whole = ARENA_ARRAY(l->ir->arena, int64_t, (size_t)count + 1);
        for (int64_t i = 0; whole && i < count; i++) whole[i] = (int64_t)attrs->data[i];
        const void *data = whole ? (const void *)whole : attrs->data;
        value = ir_constant(l, node, node->layer->name, &attrs->shape, kept, data);
        outputs[0] = ir_cast(l, node, value, attrs->dtype);
        return true;
    }
    value = attrs->dtype == DTYPE_BOOL
                ? ir_cast(l, node, lower_scalar(l, node, DTYPE_FLOAT32, attrs->fill), DTYPE_BOOL)
                : lower_scalar(l, node, attrs->dtype, attrs->fill);
    outputs[0] = attrs->shape.rank ? ir_broadcast(l, node, value, &attrs->shape) : value;
    return true;
}

static const LayerClass constant_class = {
    .name = "Constant",
    .module = "keras.src.backend",
    .about = "a tensor of known values",
    .flags = LAYER_OPERATION | LAYER_NO_AUTOCAST | LAYER_VARIABLE,
    .lower = constant_lower,
};

static Value make(Graph *graph, const ConstantAttrs *attrs, SourceRange at) {
    ConstantAttrs *own = ARENA_NEW(graph->arena, ConstantAttrs);
    *own = *attrs;
    return value_tensor(layer_leaf(graph, &constant_class, "constant", &attrs->shape, attrs->dtype, own, at));
}

/* ---- numbers and lists ---- */

typedef struct Numbers {
    Arena *arena;
    Shape shape;
    VEC(double) at;
    bool has_float, has_int;
} Numbers;

static bool collect(Numbers *n, Value value, int depth) {
    double number;
    if (value_as_number(value, &number)) {
        n->has_float |= value.kind == VALUE_FLOAT;
        n->has_int |= value.kind == VALUE_INT;
        vec_push(n->arena, &n->at, number);
        return depth == n->shape.rank;
    }
    if ((value.kind != VALUE_LIST && value.kind != VALUE_TUPLE) || depth == SHAPE_MAX_RANK) return false;
    const int64_t length = (int64_t)value.as.list->items.count;
    if (depth == n->shape.rank && n->at.count == 0)
        n->shape.dim[n->shape.rank++] = length;
    else if (depth >= n->shape.rank || n->shape.dim[depth] != length)
        return false;
    for (int64_t i = 0; i < length; i++)
        if (!collect(n, value.as.list->items.at[i], depth + 1)) return false;
    return true;
}

bool ops_constant(Graph *graph, Value value, SourceRange at, Value *out) {
    Numbers n = {.arena = graph->arena};
    if (!collect(&n, value, 0)) return false;
    ConstantAttrs attrs = {.shape = n.shape, .data = n.at.at};
    attrs.dtype = n.has_float                    ? graph->settings.floatx
                  : n.has_int || n.at.count == 0 ? DTYPE_INT32
                                                 : DTYPE_BOOL;
    return *out = make(graph, &attrs, at), true;
}

/* ---- functions ---- */

static const Argument *argument(const Arguments *arguments, size_t place, const char *name,
                                const char *other) {
    for (size_t i = 0; i < arguments->count; i++) {
        const char *keyword = arguments->at[i].keyword;
        if (keyword ? strcmp(keyword, name) == 0 || (other && strcmp(keyword, other) == 0) : i == place)
            return &arguments->at[i];
    }
    return NULL;
}

static bool number_of(const Argument *argument, double fallback, double *out) {
    *out = fallback;
    return !argument || value_is_none(argument->value) || value_as_number(argument->value, out);
}

static bool dtype_of(const Argument *argument, DType fallback, DType *out) {
    *out = fallback;
    if (!argument || value_is_none(argument->value)) return true;
    const char *name = value_c_str(argument->value);
    if (argument->value.kind == VALUE_DTYPE) return *out = argument->value.as.dtype, true;
    return name && dtype_parse(name, out);
}

/* arange(start, stop=None, step=None, dtype=None) */
static bool arange(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *given[3] = {argument(arguments, 0, "start", NULL),
                                argument(arguments, 1, "stop", "limit"),
                                argument(arguments, 2, "step", "delta")};
    double start, stop, step;
    bool real = false;
    for (int i = 0; i < 3; i++) real |= given[i] && given[i]->value.kind == VALUE_FLOAT;
    ConstantAttrs attrs = {.shape = {.rank = 1}};
    const bool alone = !given[1] || value_is_none(given[1]->value);
    if (!given[0] || !number_of(given[0], 0, &start) || !number_of(given[1], 0, &stop) ||
        !number_of(given[2], 1, &step) ||
        !dtype_of(argument(arguments, 3, "dtype", NULL), real ? graph->settings.floatx : DTYPE_INT32,
                  &attrs.dtype) ||
        step == 0)
        return false;
    if (alone) stop = start, start = 0;
    const double count = ceil((stop - start) / step);
    if (!(count < MOST_ELEMENTS)) return false;
    attrs.shape.dim[0] = count > 0 ? (int64_t)count : 0;
    double *data = ARENA_ARRAY(graph->arena, double, (size_t)attrs.shape.dim[0] + 1);
    for (int64_t i = 0; i < attrs.shape.dim[0]; i++) data[i] = start + (double)i * step;
    attrs.data = data;
    return *out = make(graph, &attrs, arguments->call), true;
}

/* linspace(start, stop, num=50, endpoint=True) of numbers */
static bool linspace(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *from = argument(arguments, 0, "start", NULL), *to = argument(arguments, 1, "stop", NULL);
    double start, stop, num, endpoint;
    ConstantAttrs attrs = {.shape = {.rank = 1}};
    if (!from || !to || !number_of(from, 0, &start) || !number_of(to, 0, &stop) ||
        !number_of(argument(arguments, 2, "num", NULL), 50, &num) ||
        !number_of(argument(arguments, 3, "endpoint", NULL), 1, &endpoint) ||
        argument(arguments, 4, "retstep", NULL) ||
        !dtype_of(argument(arguments, 5, "dtype", NULL), graph->settings.floatx, &attrs.dtype) || num < 0 ||
        num > MOST_ELEMENTS || num != floor(num))
        return false;
    attrs.shape.dim[0] = (int64_t)num;
    double *data = ARENA_ARRAY(graph->arena, double, (size_t)num + 1);
    const double gaps = endpoint != 0 ? num - 1 : num;
    for (int64_t i = 0; i < attrs.shape.dim[0]; i++)
        data[i] = gaps > 0 ? start + (stop - start) * (double)i / gaps : start;
    attrs.data = data;
    return *out = make(graph, &attrs, arguments->call), true;
}

static bool read_shape(const Argument *given, Shape *out) {
    if (!given) return false;
    const Value value = given->value;
    const bool list = value.kind == VALUE_LIST || value.kind == VALUE_TUPLE;
    const size_t count = list ? value.as.list->items.count : 1;
    *out = (Shape){0};
    for (size_t i = 0; i < count; i++) {
        const Value item = list ? value.as.list->items.at[i] : value;
        if (out->rank == SHAPE_MAX_RANK) return false;
        int64_t *extent = &out->dim[out->rank++];
        if (value_is_none(item) && i == 0)
            *extent = DIM_UNKNOWN;
        else if (!value_as_int(item, extent) || *extent < 0)
            return false;
    }
    return true;
}

/* zeros(shape, dtype=None), ones(...), full(shape, fill_value, dtype=None), fill(dims, value) */
static bool filled(Graph *graph, const char *name, const Arguments *arguments, Value *out) {
    const bool full = name[0] == 'f';
    ConstantAttrs attrs = {.fill = name[0] == 'o'};
    DType fallback = graph->settings.floatx;
    if (full) {
        const Argument *value = argument(arguments, 1, "fill_value", "value");
        if (!value || !number_of(value, 0, &attrs.fill)) return false;
        if (value->value.kind == VALUE_INT && strcmp(name, "fill") == 0) fallback = DTYPE_INT32;
    }
    if (!read_shape(argument(arguments, 0, "shape", "dims"), &attrs.shape) ||
        !dtype_of(argument(arguments, full ? 2 : 1, "dtype", NULL), fallback, &attrs.dtype))
        return false;
    return *out = make(graph, &attrs, arguments->call), true;
}

/* eye(N, M=None, k=0, dtype=None) */
static bool eye(Graph *graph, const Arguments *arguments, Value *out) {
    double n, m, k;
    int64_t count;
    ConstantAttrs attrs = {.shape = {.rank = 2}};
    const Argument *rows = argument(arguments, 0, "N", "num_rows");
    if (!rows || !number_of(rows, 0, &n) || !number_of(argument(arguments, 1, "M", "num_columns"), n, &m) ||
        !number_of(argument(arguments, 2, "k", NULL), 0, &k) ||
        !dtype_of(argument(arguments, 3, "dtype", NULL), graph->settings.floatx, &attrs.dtype) || n < 0 ||
        m < 0 || n > MOST_ELEMENTS || m > MOST_ELEMENTS)
        return false;
    attrs.shape.dim[0] = (int64_t)n;
    attrs.shape.dim[1] = (int64_t)m;
    if (!checked_mul(attrs.shape.dim[0], attrs.shape.dim[1], &count) || count > MOST_ELEMENTS) return false;
    double *data = ARENA_ARRAY(graph->arena, double, (size_t)count + 1);
    for (int64_t i = 0; i < count; i++)
        data[i] = i % attrs.shape.dim[1] - i / attrs.shape.dim[1] == (int64_t)k;
    attrs.data = data;
    return *out = make(graph, &attrs, arguments->call), true;
}

/* convert_to_tensor(x, dtype=None), array(x), constant(value) */
static bool converted(Graph *graph, const Arguments *arguments, Value *out) {
    const Argument *value = argument(arguments, 0, "x", "value");
    DType dtype;
    if (!value || !ops_constant(graph, value->value, arguments->call, out)) return false;
    if (!dtype_of(argument(arguments, 1, "dtype", NULL), out->as.tensor->dtype, &dtype)) return false;
    out->as.tensor->dtype = dtype;
    ((ConstantAttrs *)tensor_node(out->as.tensor)->attrs)->dtype = dtype;
    return true;
}

typedef enum Maker {
    MAKER_NONE,
    MAKER_RANGE,
    MAKER_FILLED,
    MAKER_EYE,
    MAKER_CONVERTED,
    MAKER_LINSPACE
} Maker;

static Maker maker_of(const char *symbol) {
    static const struct {
        const char *name;
        Maker maker;
    } MAKERS[] = {
        {"arange", MAKER_RANGE},      {"range", MAKER_RANGE},       {"zeros", MAKER_FILLED},
        {"ones", MAKER_FILLED},       {"full", MAKER_FILLED},       {"fill", MAKER_FILLED},
        {"linspace", MAKER_LINSPACE}, {"eye", MAKER_EYE},           {"convert_to_tensor", MAKER_CONVERTED},
        {"array", MAKER_CONVERTED},   {"constant", MAKER_CONVERTED}};
    const char *dot = strchr(symbol, '.');
    for (size_t i = 0; dot && i < sizeof MAKERS / sizeof MAKERS[0]; i++)
        if (strcmp(MAKERS[i].name, dot + 1) == 0) return MAKERS[i].maker;
    return MAKER_NONE;
}

bool ops_is_maker(const char *symbol) {
    return maker_of(symbol) != MAKER_NONE;
}

bool ops_make(Graph *graph, const char *symbol, const Arguments *arguments, Value *out) {
    switch (maker_of(symbol)) {
    case MAKER_RANGE: return arange(graph, arguments, out);
    case MAKER_FILLED: return filled(graph, strchr(symbol, '.') + 1, arguments, out);
    case MAKER_LINSPACE: return linspace(graph, arguments, out);
    case MAKER_EYE: return eye(graph, arguments, out);
    case MAKER_CONVERTED: return converted(graph, arguments, out);
    default: return false;
    }
}
