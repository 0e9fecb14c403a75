/* Lowering: walks a Model's nodes in the order of execution and lets each layer class emit its ops.
 *
 * In:  a checked Model, the values of its weights.
 * Out: an Ir that ir_verify accepts, or NULL with the reason reported (E6xx).
 * A nested model is put in place: its nodes are walked with its inputs bound to the ops of the call, in a
 * memo of their own, so that a model that is called twice is lowered twice (weights stay shared through the
 * weights' memo).
 */
#include "lower/lower.h"

#include "layers/masks.h"
#include "lower/external.h"
#include "lower/run_types.h"

static bool lower_nodes(Lowering *l, Node *const *nodes, size_t count);

static bool check_dtype(Lowering *l, const Tensor *tensor, const Layer *layer, SourceRange at) {
    if (tensor->dtype < DTYPE_COMPILABLE) return true;
    return diag_report(l->ir->diags, E602, at, "layer \"%s\" gives %s, for which there are no kernels",
                       layer->name, dtype_name(tensor->dtype));
}

/* What can be compiled of a tensor at all, whoever makes it. */
static bool check_kind(Lowering *l, const Tensor *tensor, const Layer *layer, SourceRange at) {
    if (tensor->ragged)
        return diag_report(l->ir->diags, E601, at,
                           "layer \"%s\" gives a ragged tensor, which cannot be compiled", layer->name);
    if (tensor->sparse && (tensor->dtype != DTYPE_FLOAT32 || tensor->shape.rank < 2))
        return diag_report(l->ir->diags, E601, at,
                           "layer \"%s\" gives a sparse tensor of %s and shape %s; sparse inputs are float32 "
                           "and have a batch and at least one axis more",
                           layer->name, dtype_name(tensor->dtype), shape_text(l->ir->arena, &tensor->shape));
    return check_dtype(l, tensor, layer, at);
}

/* Of an input; Keras does not know all extents of what some layers compute, the ops do. */
static bool check_tensor(Lowering *l, const Tensor *tensor, const Layer *layer, SourceRange at) {
    if (!check_kind(l, tensor, layer, at)) return false;
    if (tensor->shape.rank > 1 && !shape_is_static(&tensor->shape, 1)) {
        diag_report(l->ir->diags, E600, at,
                    "layer \"%s\" has shape %s: only the batch (axis 0) may be unknown", layer->name,
                    shape_text(l->ir->arena, &tensor->shape));
        diag_help(l->ir->diags, at, NULL, "give the Input a full shape");
        return false;
    }
    return true;
}

static SourceRange layer_place(const Layer *layer, const Node *node) {
    return node->at.file ? node->at : layer->at;
}

static bool lower_node(Lowering *l, const Node *node);

/* The op of a tensor; a known value is computed when it is needed first. */
static Op *tensor_op(Lowering *l, const Tensor *tensor) {
    const Node *node = tensor_node(tensor);
    if (!l->tensor_ops[tensor->id] && tensor->known && node && !lower_node(l, node)) return NULL;
    return l->tensor_ops[tensor->id];
}

/* The inputs of a node in the layer's compute type: Keras' autocast changes floats only. */
static Op **node_inputs(Lowering *l, const Node *node) {
    Op **inputs = ARENA_ARRAY(l->ir->arena, Op *, node->n_inputs);
    const Layer *layer = node->layer;
    const bool cast = layer->autocast && !layer->model && !(layer->class_->flags & LAYER_NO_AUTOCAST) &&
                      dtype_is_float(layer->compute_dtype);
    for (size_t i = 0; i < node->n_inputs; i++) {
        inputs[i] = tensor_op(l, node->inputs[i]);
        if (!inputs[i]) {
            diag_report(l->ir->diags, E900, node->at, "input %zu of layer \"%s\" was not computed before it",
                        i, layer->name);
            return NULL;
        }
        if (cast && dtype_is_float(inputs[i]->dtype))
            inputs[i] = ir_cast(l, node, inputs[i], layer->compute_dtype);
    }
    return inputs;
}

/* What compute_mask of a layer of the file gets: traced with a mask where the graph had one. */
static bool bind_input_mask(Lowering *l, const Node *node, const ModelCall *call, size_t i) {
    Op *mask = l->mask_ops[call->inputs[i]->id];
    if ((mask != NULL) != (call->input_masks[i] != NULL))
        return lower_unsupported(l, node, "its compute_mask gets a mask in one call and none in another");
    if (mask) l->tensor_ops[call->input_masks[i]->id] = mask;
    return true;
}

/* Walks the inside with the shapes of this call, which the call has inferred. */
static bool lower_nested(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Model *inner = node->layer->model;
    const ModelCall *call = node_inside(node);
    if (!call || (inner && (inner->n_inputs > node->n_inputs || inner->n_outputs != node->n_outputs)))
        return diag_report(l->ir->diags, E900, node->at,
                           "model \"%s\" is called with another number of tensors", node->layer->name);
    const size_t n_inputs = inner ? inner->n_inputs : node->n_inputs;
    const Lowering outer = *l;
    l->tensor_ops = ARENA_ARRAY(l->ir->arena, Op *, l->graph->tensors.count);
    l->mask_ops = ARENA_ARRAY(l->ir->arena, Op *, l->graph->tensors.count);
    for (size_t i = 0; i < n_inputs; i++) {
        const size_t id = call->inputs[i]->id;
        l->tensor_ops[id] = ir_cast(l, node, inputs[i], call->inputs[i]->dtype);
        l->mask_ops[id] =
            inner ? lower_model_mask(&outer, node, inputs, i) : lower_input_mask(&outer, node, i);
        if (!inner && call->masks && !bind_input_mask(l, node, call, i)) return false;
    }
    const bool ok = lower_nodes(l, call->nodes, call->n_nodes);
    for (size_t i = 0; ok && i < node->n_outputs; i++) {
        outputs[i] = l->tensor_ops[call->outputs[i]->id];
        Op *mask = l->mask_ops[call->outputs[i]->id];
        if (!mask && call->masks && call->masks[i]) mask = l->tensor_ops[call->masks[i]->id];
        outer.mask_ops[node->outputs[i]->id] = mask;
    }
    l->tensor_ops = outer.tensor_ops;
    l->mask_ops = outer.mask_ops;
    return ok;
}

static bool lower_layer(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    const Layer *layer = node->layer;
    if (layer->external) return lower_external(l, node, inputs, outputs);
    if (layer->model || layer->class_->trace) return lower_nested(l, node, inputs, outputs);
    if (layer->class_->lower) return layer->class_->lower(l, node, inputs, outputs);
    if ((layer->class_->flags & LAYER_IDENTITY) && node->n_inputs == node->n_outputs) {
        for (size_t i = 0; i < node->n_outputs; i++) outputs[i] = inputs[i];
        return true;
    }
    return diag_report(l->ir->diags, E604, layer_place(layer, node),
                       "layer \"%s\" (%s) cannot be compiled yet", layer->name, layer->class_->name);
}

/* The graph's promise (what Keras computes) against what the layer emitted. */
static bool check_output(Lowering *l, const Node *node, size_t i, const Op *op) {
    if (!op)
        return diag_report(l->ir->diags, E900, node->at, "layer \"%s\" gave no op for output %zu",
                           node->layer->name, i);
    const Tensor *tensor = node->outputs[i];
    if (shape_compatible(&tensor->shape, &op->shape)) return true;
    return diag_report(l->ir->diags, E900, node->at, "layer \"%s\" has shape %s, its translation has %s",
                       node->layer->name, shape_text(l->ir->arena, &tensor->shape),
                       shape_text(l->ir->arena, &op->shape));
}

/* Keras says float of what most layers make of whole numbers, but computes on them as they are; and what runs
 * in another type of whole numbers than it says stays in that. */
static bool keeps_type(const Node *node, const Op *op, const Tensor *tensor, bool differ) {
    const LayerClass *class_ = node->layer->class_;
    if (class_->flags & LAYER_RUN_DTYPE) return true;
    if (dtype_is_float(tensor->dtype)) return !dtype_is_float(op->dtype);
    return dtype_is_integer(tensor->dtype) && !(class_->flags & LAYER_OPERATION) &&
           (differ || node->layer->model || class_->trace);
}

static bool lower_node(Lowering *l, const Node *node) {
    for (size_t i = 0; i < node->n_outputs; i++)
        if (!check_kind(l, node->outputs[i], node->layer, layer_place(node->layer, node))) return false;
    Op *const *inputs = node_inputs(l, node);
    if (!inputs) return false;
    const bool differ = run_types_differ(node, inputs);
    if (!(node = run_types_node(l, node, inputs))) return false;
    Op **outputs = ARENA_ARRAY(l->ir->arena, Op *, node->n_outputs);
    if (!lower_layer(l, node, inputs, outputs) || l->ir->broken) return false;
    for (size_t i = 0; i < node->n_outputs; i++) {
        if (!check_output(l, node, i, outputs[i])) return false;
        if (!keeps_type(node, outputs[i], node->outputs[i], differ))
            outputs[i] = ir_cast(l, node, outputs[i], node->outputs[i]->dtype);
        l->tensor_ops[node->outputs[i]->id] = outputs[i];
    }
    return lower_output_masks(l, node, inputs);
}

/* Lowering.lower_inner: the node with these ops as its inputs. */
static bool lower_inner(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    for (size_t i = 0; i < node->n_inputs; i++) l->tensor_ops[node->inputs[i]->id] = inputs[i];
    if (!lower_node(l, node)) return false;
    for (size_t i = 0; i < node->n_outputs; i++) outputs[i] = l->tensor_ops[node->outputs[i]->id];
    return true;
}

static bool is_bound(const Lowering *l, const Node *node) {
    for (size_t i = 0; i < node->n_outputs; i++)
        if (!l->tensor_ops[node->outputs[i]->id]) return false;
    return true;
}

/* Every node that is not bound yet (the model's inputs are). */
static bool lower_nodes(Lowering *l, Node *const *nodes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_bound(l, nodes[i]) && !lower_node(l, nodes[i])) return false;
    return true;
}

/* The model's own calls: what is made from here on is theirs. */
static bool lower_calls(Lowering *l, const Model *model) {
    for (size_t i = 0; i < model->n_nodes; i++) {
        l->call = model->nodes[i];
        if (!lower_nodes(l, &model->nodes[i], 1)) return false;
    }
    return true;
}

static bool lower_inputs(Lowering *l, const Model *model) {
    Ir *ir = l->ir;
    ir->n_inputs = model->n_inputs;
    ir->inputs = ARENA_ARRAY(ir->arena, Op *, model->n_inputs);
    ir->input_names = ARENA_ARRAY(ir->arena, const char *, model->n_inputs);
    SourceRange *at = ARENA_ARRAY(ir->arena, SourceRange, model->n_inputs);
    bool ok = true;
    for (size_t i = 0; i < model->n_inputs; i++) {
        const Tensor *tensor = model->inputs[i];
        const Layer *layer = tensor->history.layer;
        ir->input_names[i] = layer->name;
        at[i] = layer->at;
        l->call = tensor_node(tensor);
        if (!check_tensor(l, tensor, layer, layer->at)) {
            ok = false;
            continue;
        }
        Op *input = ir_input(l, tensor_node(tensor), layer->name, &tensor->shape, tensor->dtype, i);
        if (tensor->sparse) input->as.input.sparse = tensor->shape.rank == 2 ? l->sparse : SPARSE_COO;
        ir->inputs[i] = input;
        l->tensor_ops[tensor->id] = tensor->sparse ? ir_densify(l, tensor_node(tensor), input) : input;
    }
    ir->input_at = at;
    return ok;
}

/* Keras takes the batch of a merge from the input that has one; whoever makes room for the output by that
 * would make too little. */
static bool check_output_batch(Ir *ir, const Tensor *tensor, const Op *op, const char *name) {
    if (op->shape.rank == 0 || op->shape.dim[0] != DIM_UNKNOWN || tensor->shape.dim[0] == DIM_UNKNOWN)
        return true;
    return diag_report(ir->diags, E603, tensor->at,
                       "output \"%s\" has a batch of %lld in Keras' eyes, but as many "
                       "samples as the inputs",
                       name, (long long)tensor->shape.dim[0]);
}

static bool lower_outputs(Lowering *l, const Model *model) {
    Ir *ir = l->ir;
    ir->n_outputs = model->n_outputs;
    ir->outputs = ARENA_ARRAY(ir->arena, Op *, model->n_outputs);
    ir->output_names = ARENA_ARRAY(ir->arena, const char *, model->n_outputs);
    SourceRange *at = ARENA_ARRAY(ir->arena, SourceRange, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        ir->outputs[i] = l->tensor_ops[model->outputs[i]->id];
        ir->output_names[i] = model->output_names[i];
        at[i] = model->outputs[i]->at;
        if (!ir->outputs[i]) return diag_report(ir->diags, E900, at[i], "output %zu was not computed", i);
        const Tensor *tensor = model->outputs[i];
        if (!check_output_batch(ir, tensor, ir->outputs[i], ir->output_names[i])) return false;
        if (dtype_is_float(tensor->dtype) && !dtype_is_float(ir->outputs[i]->dtype))
            ir->outputs[i] = ir_cast(l, tensor_node(tensor), ir->outputs[i], tensor->dtype);
    }
    ir->output_at = at;
    return true;
}

/* Either every input has an open batch or none has: a program loops over samples or it does not. */
static bool check_batches(const Ir *ir) {
    size_t open = 0;
    for (size_t i = 0; i < ir->n_inputs; i++)
        open += ir->inputs[i]->shape.rank > 0 && ir->inputs[i]->shape.dim[0] == DIM_UNKNOWN;
    if (open == 0 || open == ir->n_inputs) return true;
    diag_report(ir->diags, E603, ir->input_at[0], "some inputs have a fixed batch size and others have not");
    for (size_t i = 0; i < ir->n_inputs; i++)
        diag_note(ir->diags, ir->input_at[i], "input \"%s\" has shape %s", ir->input_names[i],
                  shape_text(ir->arena, &ir->inputs[i]->shape));
    return false;
}

Ir *lower_model(Arena *arena, Graph *graph, Model *model, const void *const *weight_data,
                const LowerOptions *options) {
    Ir *ir = ir_new(arena, graph->diags);
    ir->model_name = model->layer->name;
    Lowering l = {.ir = ir, .graph = graph, .weight_data = weight_data};
    l.sparse = options && options->coo ? SPARSE_COO : SPARSE_CSR;
    l.weight_ops = ARENA_ARRAY(arena, Op *, graph->weights.count);
    l.tensor_ops = ARENA_ARRAY(arena, Op *, graph->tensors.count);
    l.mask_ops = ARENA_ARRAY(arena, Op *, graph->tensors.count);
    l.lower_inner = lower_inner;
    if (!lower_inputs(&l, model) || !check_batches(ir)) return NULL;
    if (!lower_calls(&l, model) || !lower_outputs(&l, model) || ir->broken) return NULL;
    run_types_of_outputs(arena, ir, model);
    ir_renumber(ir);
    return ir_verify(ir) ? ir : NULL;
}
