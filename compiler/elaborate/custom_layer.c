/* Layers of the file: what keras.layers.Layer and keras.Model give to the classes below them, and which
 * layers they hold.
 *
 * Source: keras/src/layers/layer.py, keras/src/utils/tracking.py, keras/src/saving/saving_lib.py.
 * Invariant: layer->sublayers is in the order in which Keras tracks them (layer.weights); layer->saved in the
 * order of attribute names, in which files keep them.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "layers/masks.h"

/* ---- names ---- */

static bool is_among(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

bool custom_is_known(const char *name) {
    static const char *const NAMES[] = {
#define KERAS_ATTRIBUTE(name) name,
#define KERAS_MODEL_ATTRIBUTE(name) name,
#include "elaborate/custom_names.def"
#undef KERAS_ATTRIBUTE
#undef KERAS_MODEL_ATTRIBUTE
        NULL};
    return is_among(name, NAMES);
}

bool custom_has_method(const Layer *layer, const char *name) {
    static const char *const NAMES[] = {"__init__",     "__call__", "__setattr__", "build", "add_weight",
                                        "add_variable", "add_loss", "add_metric",  NULL};
    if (strcmp(name, "call") == 0) return true;
    const bool model = layer->instance->class_->base == CLASS_MODEL;
    if (!model && (strcmp(name, "fit") == 0 || strcmp(name, "get_layer") == 0)) return false;
    return is_among(name, NAMES) || skip_is_quiet_method(name);
}

/* ---- making ---- */

void custom_layer_new(Eval *eval, Instance *instance, SourceRange at) {
    Layer *layer = graph_add_layer(eval->graph, instance->class_->row, "", at);
    layer->named = false;
    layer->instance = instance;
    instance->layer = layer;
    if (custom_find_method(layer, "compute_mask").kind != VALUE_FUNCTION) return;
    CustomRow *row =
        (CustomRow *)(uintptr_t)layer->class_; /* Keras: supports_masking = not is_default(compute_mask) */
    row->row.flags |= LAYER_SUPPORTS_MASKING;
    row->row.mask = mask_none; /* custom_mask.c computes them */
}

static bool init(Eval *eval, Layer *layer, const Arguments *arguments) {
    const DiagMark mark = diag_mark(eval->diags);
    layer->instance->ready = true;
    if (layer->instance->class_->base == CLASS_MODEL && model_is_functional(arguments))
        return eval_checked(eval, mark, model_functional_init(eval->graph, layer, arguments));
    return eval_checked(eval, mark, layer_init(eval->graph, layer, arguments));
}

/* ---- add_weight ---- */

typedef struct WeightArguments {
    const Argument *shape, *initializer, *dtype, *trainable, *name;
} WeightArguments;

static bool bind_weight(Eval *eval, const Arguments *arguments, WeightArguments *out) {
    const struct {
        const char *name;
        const Argument **slot;
    } SLOTS[] = {{"shape", &out->shape},
                 {"initializer", &out->initializer},
                 {"dtype", &out->dtype},
                 {"trainable", &out->trainable},
                 {"name", &out->name}};
    static const char *const OTHERS[] = {
        "autocast", "regularizer", "constraint", "aggregation", "overwrite_with_gradient", NULL};
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        size_t k = argument->keyword ? 0 : i;
        while (argument->keyword && k < 5 && strcmp(SLOTS[k].name, argument->keyword) != 0) k++;
        if (!argument->keyword && i == 0 && argument->value.kind == VALUE_STR)
            return eval_raise(eval, E325, "ValueError", argument->at,
                              "`name` must be passed as a keyword argument. Received: add_weight(%s). Use: "
                              "add_weight(shape=..., name=%s)",
                              value_repr(eval->arena, argument->value),
                              value_repr(eval->arena, argument->value));
        if (!argument->keyword && i >= 3)
            return eval_raise(eval, E325, NULL, argument->at,
                              "add_weight() takes at most 3 positional arguments but more were given");
        if (k < 5)
            *SLOTS[k].slot = argument;
        else if (!is_among(argument->keyword, OTHERS))
            return eval_raise(eval, E325, NULL, argument->keyword_at,
                              "Layer.add_weight() got an unexpected keyword argument '%s'",
                              argument->keyword);
    }
    return true;
}

static bool weight_shape(Eval *eval, const Layer *layer, const Argument *argument, Shape *shape) {
    *shape = (Shape){0};
    if (!argument || value_is_none(argument->value)) return true;
    Value value = argument->value;
    if (value.kind == VALUE_INT) {
        shape->dim[shape->rank++] = value.as.integer;
        return true;
    }
    const bool sequence = value.kind == VALUE_TUPLE || value.kind == VALUE_LIST;
    for (size_t i = 0; sequence && i < value.as.list->items.count; i++) {
        int64_t extent = -1;
        const Value item = value.as.list->items.at[i];
        if (shape->rank < SHAPE_MAX_RANK && value_as_int(item, &extent) && extent >= 0) {
            shape->dim[shape->rank++] = extent;
            continue;
        }
        return eval_raise(eval, E325, "ValueError", argument->at,
                          "Shapes used to initialize variables must be fully-defined (no `None` dimensions). "
                          "Received: shape=%s for a variable of layer \"%s\"",
                          value_repr(eval->arena, value), layer->name);
    }
    return sequence || eval_raise(eval, E325, "ValueError", argument->at, "Cannot convert '%s' to a shape",
                                  value_repr(eval->arena, value));
}

static bool weight_dtype(Eval *eval, const Layer *layer, const Argument *argument, DType *dtype) {
    *dtype = layer->variable_dtype;
    if (!argument || value_is_none(argument->value)) return true;
    if (argument->value.kind == VALUE_DTYPE) *dtype = argument->value.as.dtype;
    const char *name = value_c_str(argument->value);
    if (argument->value.kind == VALUE_DTYPE || (name && dtype_parse(name, dtype))) return true;
    return eval_raise(eval, E325, "ValueError", argument->at, "Invalid dtype: %s",
                      value_repr(eval->arena, argument->value));
}

/* The initial values only matter to `-w random`; a function that makes them is not run. */
static bool weight_initializer(Eval *eval, const Argument *argument, DType dtype, Initializer *out) {
    Value value = argument ? argument->value : value_none();
    const bool function = value.kind == VALUE_FUNCTION || value.kind == VALUE_METHOD ||
                          value.kind == VALUE_INSTANCE || value.kind == VALUE_CLASS;
    if (function || eval_opaque_inside(value)) value = value_none();
    if (value_is_none(value) && !dtype_is_float(dtype)) {
        *out = (Initializer){.kind = INIT_ZEROS};
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark,
                        layer_initializer(eval->graph, value, argument ? argument->at : NO_SOURCE, out));
}

/* The name scope in which Keras makes the variable: inside the layer's own build, the layer is in it already.
 */
static Weight *make_weight(Eval *eval, Layer *layer, const char *name, const Shape *shape, DType dtype,
                           bool trainable, Initializer initializer) {
    Graph *graph = eval->graph;
    const char *scope = graph->name_scope;
    if (eval->layer_scope && eval->layer_scope->layer == layer) graph->name_scope = eval->layer_scope->before;
    Weight *weight = graph_add_weight(graph, layer, name, shape, dtype, trainable, initializer);
    graph->name_scope = scope;
    return weight;
}

static bool add_weight(Eval *eval, Layer *layer, const Arguments *arguments, Value *out) {
    WeightArguments given = {0};
    Shape shape;
    DType dtype;
    Initializer initializer;
    if (!bind_weight(eval, arguments, &given)) return false;
    const Argument *matter[] = {given.shape, given.dtype, given.name, given.trainable};
    for (size_t i = 0; i < 4; i++) {
        const Opaque *cause = matter[i] ? eval_opaque_inside(matter[i]->value) : NULL;
        if (!cause) continue;
        eval_spoil(eval, value_layer(layer), cause);
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    const char *name = given.name ? value_c_str(given.name->value) : NULL;
    const bool trainable =
        !given.trainable || given.trainable->value.kind != VALUE_BOOL || given.trainable->value.as.boolean;
    if (!weight_shape(eval, layer, given.shape, &shape) || !weight_dtype(eval, layer, given.dtype, &dtype) ||
        !weight_initializer(eval, given.initializer, dtype, &initializer))
        return false;
    if (!name) name = graph_auto_name(eval->graph, "Variable");
    Weight *weight = make_weight(eval, layer, name, &shape, dtype, trainable, initializer);
    *out = value_tensor(layer_variable(eval->graph, weight, dtype, arguments->call));
    return true;
}

/* ---- methods ---- */

static bool no_call(Eval *eval, const Layer *layer, SourceRange at) {
    return eval_raise(eval, E326, NULL, at, "Layer %s does not have a `call()` method implemented",
                      layer->class_->name);
}

bool custom_method(Eval *eval, Layer *layer, const char *name, const Arguments *arguments, Value *out,
                   bool *known) {
    *known = true;
    *out = value_none();
    if (strcmp(name, "__init__") == 0) return init(eval, layer, arguments);
    if (strcmp(name, "add_weight") == 0 || strcmp(name, "add_variable") == 0)
        return add_weight(eval, layer, arguments, out);
    if (strcmp(name, "add_loss") == 0 || strcmp(name, "add_metric") == 0) return true;
    if (strcmp(name, "build") == 0 && !layer->model) return true;
    if (strcmp(name, "call") == 0) {
        const DiagMark mark = diag_mark(eval->diags);
        if (!layer->model) return no_call(eval, layer, arguments->call);
        return eval_checked(eval, mark, model_call(eval->graph, layer, arguments, out));
    }
    if (strcmp(name, "__setattr__") == 0 && arguments->count == 2 && value_c_str(arguments->at[0].value))
        return instance_store(eval, value_layer(layer), value_c_str(arguments->at[0].value),
                              arguments->at[1].value, arguments->call);
    *known = false;
    return true;
}

bool custom_read(Eval *eval, Value *value, SourceRange at) {
    if (value->kind != VALUE_TENSOR || !eval->layer_scope) return true;
    const Tensor *tensor = value->as.tensor;
    const Node *node = tensor_node(tensor);
    const Layer *layer = eval->layer_scope->layer;
    const bool casts = layer->autocast && dtype_is_float(layer->compute_dtype);
    if (!node || !(node->layer->class_->flags & LAYER_VARIABLE) || !casts || !dtype_is_float(tensor->dtype) ||
        tensor->dtype == layer->compute_dtype)
        return true;
    *value = value_tensor(layer_variable(eval->graph, node->attrs, layer->compute_dtype, at));
    return true;
}

void custom_set_masking(const Layer *layer, Value value) {
    CustomRow *row = (CustomRow *)(uintptr_t)layer->class_;
    if (value.kind != VALUE_BOOL) return;
    row->row.flags &= ~(unsigned)LAYER_SUPPORTS_MASKING;
    if (value.as.boolean) row->row.flags |= LAYER_SUPPORTS_MASKING;
}
