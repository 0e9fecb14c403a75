/* Layers that the user supplies as C functions (--extern): what they are made from, and what shape they give.
 *
 * Of a class that is evaluated, `__init__` and `build` run as ever, so its weights are known; of one that
 * comes from somewhere unknown only its name is.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "syntax/parser.h"

static ExternalLayer *find_name(const Eval *eval, const char *name) {
    const ElaborateOptions *options = eval->options;
    for (size_t i = 0; i < options->n_externals; i++)
        if (strcmp(options->externals[i].layer, name) == 0) return &options->externals[i];
    return NULL;
}

ExternalLayer *external_find(const Eval *eval, const Layer *layer) {
    ExternalLayer *found = find_name(eval, layer->name);
    if (!found) found = find_name(eval, layer->class_->name);
    if (found) found->used = true;
    return found;
}

Value external_class(Eval *eval, const char *name, SourceRange at) {
    if (!find_name(eval, name)) return value_none();
    Class *class_ = class_new(eval, name, at);
    class_->base = CLASS_LAYER;
    class_->unseen = true;
    class_->row = class_make_row(eval, class_);
    return class_value(class_);
}

bool external_init(Eval *eval, Layer *layer, const Arguments *arguments) {
    static const char *const KEPT[] = {"name", "dtype", "trainable"};
    VEC(Argument) list = {0};
    for (size_t i = 0; i < arguments->count; i++)
        for (size_t k = 0; arguments->at[i].keyword && k < sizeof KEPT / sizeof *KEPT; k++)
            if (strcmp(arguments->at[i].keyword, KEPT[k]) == 0)
                vec_push(eval->arena, &list, arguments->at[i]);
    const Arguments kept = {list.at, list.count, arguments->call};
    const DiagMark mark = diag_mark(eval->diags);
    layer->instance->ready = true;
    return eval_checked(eval, mark, layer_init(eval->graph, layer, &kept));
}

/* ---- the shape ---- */

static bool read_shape(Value value, Shape *shape) {
    *shape = (Shape){0};
    if (value.kind != VALUE_TUPLE && value.kind != VALUE_LIST) return false;
    const size_t n = value.as.list->items.count;
    if (n == 0 || n > SHAPE_MAX_RANK) return false;
    for (size_t i = 0; i < n; i++) {
        const Value item = value.as.list->items.at[i];
        int64_t extent = DIM_UNKNOWN;
        if (!value_is_none(item) && (!value_as_int(item, &extent) || extent < 0)) return false;
        shape->dim[shape->rank++] = extent;
    }
    return true;
}

static bool option_shape(Eval *eval, const Layer *layer, Shape *shape) {
    const char *text = layer->external->shape;
    const uint32_t file = sources_add(eval->sources, "<--extern-shape>", text, strlen(text));
    const DiagMark mark = diag_mark(eval->diags);
    const Expr *expr = parse_expression(eval->arena, eval->sources, file, eval->diags);
    Value value;
    if (expr && eval_expression(eval, expr, &value) && read_shape(value, shape)) return true;
    diag_rewind(eval->diags, mark);
    return eval_raise(eval, E652, NULL, NO_SOURCE,
                      "--extern-shape %s=%s: not a shape such as (None, 8), whose first axis is the batch",
                      layer->external->layer, text);
}

static bool method_shape(Eval *eval, Layer *layer, Value method, const Arguments *arguments, Shape *shape) {
    const Value call = custom_find_method(layer, "call");
    const Value bound = instance_bind(eval, value_layer(layer), method.as.function);
    const Arguments *shapes = custom_shape_arguments(
        eval, method.as.function, call.kind == VALUE_FUNCTION ? call.as.function : NULL, arguments);
    Value result;
    if (!instance_call_method(eval, bound.as.method, shapes, &result)) return false;
    const Opaque *cause = eval_opaque_inside(result);
    if (!cause && read_shape(result, shape)) return true;
    return eval_raise(eval, E652, NULL, arguments->call,
                      "compute_output_shape() of layer \"%s\" gives no shape of one tensor: %s", layer->name,
                      cause && cause->reason ? cause->reason : value_repr(eval->arena, result));
}

static bool output_shape(Eval *eval, Layer *layer, const Arguments *arguments, Shape *shape) {
    if (layer->external->shape) return option_shape(eval, layer, shape);
    const Value method = custom_find_method(layer, "compute_output_shape");
    if (method.kind == VALUE_FUNCTION) return method_shape(eval, layer, method, arguments, shape);
    eval_raise(eval, E652, NULL, arguments->call, "the shape that layer \"%s\" gives is not known",
               layer->name);
    diag_help(eval->diags, arguments->call, NULL,
              "give its class a compute_output_shape(), or pass --extern-shape '%s=(None, ...)'",
              layer->external->layer);
    return false;
}

/* ---- the call ---- */

/* Layers inside that are made when call() runs, which it does not: their weights would be missing. */
static bool check_inside(Eval *eval, const Layer *layer, SourceRange at) {
    for (size_t i = 0; i < layer->n_sublayers; i++)
        if (!layer->sublayers[i]->built)
            return eval_raise(
                eval, E654, NULL, at,
                "layer \"%s\" holds layer \"%s\", which is not built: as %s() stands for call(), "
                "build() must build it",
                layer->name, layer->sublayers[i]->name, layer->external->function);
    return true;
}

ModelCall *external_inside(Eval *eval, Layer *layer, const Arguments *arguments, Tensor *const *inputs,
                           size_t n) {
    Shape shape;
    if (!check_inside(eval, layer, arguments->call) || !output_shape(eval, layer, arguments, &shape))
        return NULL;
    ModelCall *inside = ARENA_NEW(eval->arena, ModelCall);
    inside->inputs = ARENA_ARRAY(eval->arena, Tensor *, n);
    memcpy(inside->inputs, inputs, n * sizeof *inputs);
    inside->outputs = ARENA_ARRAY(eval->arena, Tensor *, 1);
    inside->outputs[0] =
        graph_add_tensor(eval->graph, &shape, layer->compute_dtype, "traced", arguments->call);
    inside->outputs[0]->traced = true;
    return inside;
}
