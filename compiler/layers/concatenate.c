/* Concatenate, and the functions that make and call a merging layer at once: layers.add([a, b]). */
#include <string.h>

#include "base/checked.h"
#include "layers/merging.h"

typedef struct ConcatenateAttrs {
    int64_t axis;
} ConcatenateAttrs;

static const ParamSpec concatenate_params[] = {
    {FIELD(ConcatenateAttrs, axis), .kind = PARAM_INT, ANY_NUMBER, .fallback = "-1",
     .about = "the axis that grows"},
    {0},
};

static const char mismatch[] =
    "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis";

static bool concatenate_accept(LayerCall *call) {
    return merge_expect_list(call, "A `Concatenate` layer should be called on a list of at least 1 input");
}

/* Known extents beside the axis are equal; the batch may be unknown in some. */
static bool match(const Shape *a, const Shape *b, int axis) {
    for (int i = 0; i < a->rank; i++) {
        if (i == axis || a->dim[i] == DIM_UNKNOWN || b->dim[i] == DIM_UNKNOWN || a->dim[i] == b->dim[i])
            continue;
        return false;
    }
    return true;
}

static bool concatenate_infer(LayerCall *call) {
    const ConcatenateAttrs *attrs = call->layer->attrs;
    const Shape *first = &call->inputs[0]->shape;
    Shape *out = &call->output_shapes[0];
    int axis;
    if (call->n_inputs == 1) return true; /* nothing looks at the axis then */
    if (!shape_axis(first, attrs->axis, &axis)) return merge_report(call, E251, mismatch);
    for (size_t i = 1; i < call->n_inputs; i++) {
        const Shape *next = &call->inputs[i]->shape;
        if (next->rank != first->rank || !match(first, next, axis)) return merge_report(call, E251, mismatch);
        if (out->dim[axis] == DIM_UNKNOWN || next->dim[axis] == DIM_UNKNOWN)
            out->dim[axis] = DIM_UNKNOWN;
        else if (!checked_add(out->dim[axis], next->dim[axis], &out->dim[axis]))
            return merge_report(call, E251, mismatch);
    }
    return true;
}

static bool concatenate_lower(Lowering *lowering, const Node *node, Op *const *inputs, Op **outputs) {
    const ConcatenateAttrs *attrs = node->layer->attrs;
    int axis = 0;
    if (node->n_inputs == 1) return outputs[0] = inputs[0], true;
    (void)shape_axis(&inputs[0]->shape, attrs->axis, &axis);
    outputs[0] = ir_concat(lowering, node, inputs, node->n_inputs, axis);
    return true;
}

static int mask_rank(Mask mask) {
    return mask.op ? mask.op->shape.rank : mask.tensor->shape.rank;
}

/* The masks of the inputs, in the inputs' ranks, one after another like the inputs. */
static void concatenate_mask(MaskCall *call) {
    const ConcatenateAttrs *attrs = call->layer->attrs;
    Mask *parts = ARENA_ARRAY(call->graph->arena, Mask, call->n_inputs + 1);
    bool any = false;
    for (size_t i = 0; i < call->n_inputs; i++) any |= mask_given(call->previous[i]);
    if (!any) return;
    for (size_t i = 0; i < call->n_inputs; i++) {
        parts[i] = call->previous[i];
        if (!mask_given(parts[i])) {
            parts[i] = mask_constant_like(call, call->inputs[i], true);
        } else if (mask_rank(parts[i]) < mask_rank(call->inputs[i])) {
            const Mask expanded = mask_expand(call, parts[i]);
            parts[i] = mask_or(call, expanded, mask_constant_like(call, call->inputs[i], false));
        }
    }
    const Shape shape = {.rank = mask_rank(parts[0])};
    int axis = 0;
    if (!shape_axis(&shape, attrs->axis, &axis)) {
        call->failed = true; /* of a single tensor: only its mask's axes are looked at */
        diag_report(call->graph->diags, E251, call->node->at,
                    "axis %lld is out of bounds for an array with dimension %d", (long long)attrs->axis,
                    shape.rank);
        return;
    }
    call->out[0] = mask_any(call, mask_concatenate(call, parts, call->n_inputs, axis));
}

const LayerClass LAYER_CLASS_CONCATENATE = {
    .name = "Concatenate",
    .module = "keras.layers",
    .about = "tensors one after another along an axis",
    .params = concatenate_params,
    .attrs_size = sizeof(ConcatenateAttrs),
    .flags = LAYER_LIST_INPUT | LAYER_SUPPORTS_MASKING,
    .accept = concatenate_accept,
    .infer = concatenate_infer,
    .lower = concatenate_lower,
    .mask = concatenate_mask,
};

/* The functions of keras.layers; those with a parameter take it by position too. */
static const struct {
    const char *name;
    const LayerClass *class_;
    const char *param, *fallback;
} functions[] = {
    {"add", &LAYER_CLASS_ADD, NULL, NULL},
    {"subtract", &LAYER_CLASS_SUBTRACT, NULL, NULL},
    {"multiply", &LAYER_CLASS_MULTIPLY, NULL, NULL},
    {"average", &LAYER_CLASS_AVERAGE, NULL, NULL},
    {"maximum", &LAYER_CLASS_MAXIMUM, NULL, NULL},
    {"minimum", &LAYER_CLASS_MINIMUM, NULL, NULL},
    {"concatenate", &LAYER_CLASS_CONCATENATE, "axis", "-1"},
    {"dot", &LAYER_CLASS_DOT, "axes", "-1"},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static size_t find_function(const char *name) {
    size_t i = 0;
    while (i < FUNCTION_COUNT && strcmp(functions[i].name, name) != 0) i++;
    return i;
}

bool layer_is_functional(const char *name) {
    return find_function(name) < FUNCTION_COUNT;
}

static bool is_inputs(const Argument *argument, size_t index) {
    return argument->keyword ? strcmp(argument->keyword, "inputs") == 0 : index == 0;
}

bool layer_functional(Graph *graph, const char *name, const Arguments *arguments, Value *out) {
    const size_t row = find_function(name);
    Argument *rest = ARENA_ARRAY(graph->arena, Argument, arguments->count + 1);
    Argument *inputs = ARENA_ARRAY(graph->arena, Argument, 1);
    size_t count = 0, positional = 0;
    bool has_param = functions[row].param == NULL;
    for (size_t i = 0; i < arguments->count; i++) {
        const Argument *argument = &arguments->at[i];
        if (!argument->keyword) positional++;
        if (is_inputs(argument, i)) {
            *inputs = *argument;
            inputs->keyword = "inputs";
            continue;
        }
        rest[count] = *argument;
        if (!argument->keyword) rest[count].keyword = functions[row].param;
        if (functions[row].param && strcmp(rest[count].keyword, functions[row].param) == 0) has_param = true;
        count++;
        if (positional > (functions[row].param ? 2u : 1u)) {
            return diag_report(graph->diags, E200, argument->at, "%s() takes too many positional arguments",
                               name);
        }
    }
    if (!inputs->keyword) {
        return diag_report(graph->diags, E200, arguments->call,
                           "%s() missing 1 required positional argument: 'inputs'", name);
    }
    if (!has_param) {
        rest[count++] =
            (Argument){functions[row].param, param_fallback(graph->arena, functions[row].fallback),
                       arguments->call, arguments->call};
    }
    Layer *layer;
    const Arguments construct = {rest, count, arguments->call};
    Arguments *call = ARENA_NEW(graph->arena, Arguments);
    *call = (Arguments){inputs, 1, arguments->call};
    return layer_construct(graph, functions[row].class_, &construct, &layer) &&
           layer_call(graph, layer, call, out);
}
