/* Constructing a layer: from the arguments of Dense(16, activation='relu') to a Layer with its attributes.
 *
 * In:  a class and the arguments as evaluated.
 * Out: a Layer; opaque where an argument that matters was not evaluated (its calls are opaque then, with that
 * reason).
 */
#include <string.h>

#include "layers/bind.h"

/* The first argument with an effect on inference that is (or holds) an opaque value. */
static const Opaque *opaque_argument(const LayerClass *class_, const Binding *bound) {
    const Opaque *found = NULL;
    for (size_t i = 0; !found && class_->params && class_->params[i].name; i++) {
        if (!bound->params[i] || class_->params[i].kind == PARAM_IGNORED) continue;
        found = value_find_opaque(bound->params[i]->value);
    }
    const Argument *common[] = {bound->common.name, bound->common.dtype, bound->common.input_shape,
                                bound->common.input_dim, bound->common.batch_input_shape};
    for (size_t i = 0; !found && i < sizeof common / sizeof common[0]; i++) {
        if (common[i]) found = value_find_opaque(common[i]->value);
    }
    return found;
}

/* Parameters that Keras checks before it calls super().__init__(), where a layer gets its name. */
static bool is_early(const ParamSpec *spec) {
    static const char *const NAMES[] = {"units", "input_dim", "output_dim", "num_heads", "key_dim"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(NAMES[i], spec->name) == 0) return true;
    return false;
}

/* All parameters, given and default; every wrong one is reported. */
static bool store_params(Graph *graph, const LayerClass *class_, const Binding *bound, SourceRange at,
                         void *attrs, bool *early) {
    bool ok = true;
    for (size_t i = 0; class_->params && class_->params[i].name; i++) {
        const ParamSpec *spec = &class_->params[i];
        const Argument *given = bound->params[i];
        if (!given && spec->required) continue;
        const Value value = given ? given->value : param_fallback(graph->arena, spec->fallback);
        if (param_store(graph, spec, value, given ? given->at : at, attrs)) continue;
        *early = *early || is_early(spec);
        ok = false;
    }
    return ok;
}

static bool fill(Graph *graph, Layer *layer, const Arguments *arguments, const Binding *bound) {
    const LayerClass *class_ = layer->class_;
    layer->attrs = arena_alloc(graph->arena, class_->attrs_size);
    bool early = false;
    const bool stored = store_params(graph, class_, bound, arguments->call, layer->attrs, &early);
    if (early && !layer->named) graph_uncount_name(graph, class_->name);
    const bool common = common_apply(graph, layer, &bound->common);
    return stored && common && (!class_->validate || class_->validate(graph, layer, arguments));
}

bool layer_construct(Graph *graph, const LayerClass *class_, const Arguments *arguments, Layer **out) {
    Binding bound;
    const char *name = NULL;
    *out = NULL;
    if (!bind_arguments(graph, class_, arguments, &bound)) {
        if (bound.unrecognized && !bound.common.name) (void)graph_auto_name(graph, class_->name);
        return false;
    }
    const Opaque *opaque = opaque_argument(class_, &bound);
    if (!opaque && !common_name(graph, &bound.common, &name)) return false;
    Layer *layer = graph_add_layer(graph, class_, name, arguments->call);
    layer->opaque = opaque;
    if (opaque)
        layer->attrs = arena_alloc(graph->arena, class_->attrs_size);
    else if (!fill(graph, layer, arguments, &bound))
        return false;
    *out = layer;
    return true;
}

bool layer_init(Graph *graph, Layer *layer, const Arguments *arguments) {
    Binding bound;
    const char *name = NULL;
    if (!bind_arguments(graph, layer->class_, arguments, &bound)) return false;
    layer->opaque = opaque_argument(layer->class_, &bound);
    if (layer->opaque) return true;
    if (!common_name(graph, &bound.common, &name)) return false;
    layer->named = name != NULL;
    layer->name = name ? arena_strdup(graph->arena, name) : graph_auto_name(graph, layer->class_->name);
    return common_apply(graph, layer, &bound.common);
}

bool layer_initializer(Graph *graph, Value value, SourceRange at, Initializer *out) {
    return initializer_parse(graph, value, at, out);
}
