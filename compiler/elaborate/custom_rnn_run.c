/* The call of an RNN over cells of the file: traced as that of a layer of the file is (custom_call.c), the
 * cell called once for each step.
 *
 * Source: keras/src/layers/rnn/rnn.py, stacked_rnn_cells.py, keras/src/backend/tensorflow/rnn.py.
 * Where the number of steps is open, one step stands for all until a model is lowered: then the call is
 * traced anew, on the extents of that lowering (LayerClass.trace).
 */
#include <string.h>

#include "elaborate/custom_rnn.h"
#include "layers/operators.h"

enum { MOST_STEPS = 1024 };

/* ---- a run ---- */

typedef struct Run {
    Eval *eval;
    Layer *layer;
    const RnnAttrs *attrs;
    SourceRange at;
    Value x, mask, initial;
    int64_t steps; /* DIM_UNKNOWN: open */
    size_t slot;   /* of the next state that is kept */
    bool failed;
} Run;

/* A function of keras.ops on the values; the last may be named. */
static Value apply(Run *run, const char *symbol, const Value *values, size_t count, const char *keyword) {
    Argument *list = ARENA_ARRAY(run->eval->arena, Argument, count);
    Arguments *arguments = ARENA_NEW(run->eval->arena, Arguments);
    Value out = value_none();
    for (size_t i = 0; i < count; i++)
        list[i] = (Argument){i + 1 == count ? keyword : NULL, values[i], run->at, run->at};
    *arguments = (Arguments){list, count, run->at};
    if (!run->failed) run->failed = !eval_call_symbol(run->eval, symbol, arguments, &out);
    return out;
}

static Value subscript(Run *run, Value x, Value index) {
    const DiagMark mark = diag_mark(run->eval->diags);
    Value out = value_none();
    if (x.kind != VALUE_TENSOR || run->failed) return x;
    run->failed = !eval_checked(run->eval, mark,
                                operator_subscript(run->eval->graph, x.as.tensor, index, run->at, &out));
    return out;
}

static Value slice(Run *run, Value start, Value stop) {
    Slice *range = ARENA_NEW(run->eval->arena, Slice);
    *range = (Slice){start, stop, value_none()};
    return (Value){.kind = VALUE_SLICE, .as.slice = range};
}

/* x[:, time] */
static Value step_of(Run *run, Value x, int64_t time) {
    const Value index = value_list_new(run->eval->arena, VALUE_TUPLE);
    value_list_push(run->eval->arena, index, slice(run, value_none(), value_none()));
    value_list_push(run->eval->arena, index, value_int(time));
    return subscript(run, x, index);
}

static Value cast(Run *run, Value x, DType dtype) {
    if (x.kind == VALUE_TENSOR && x.as.tensor->dtype == dtype) return x;
    const Value name = value_str(run->eval->arena, dtype_name(dtype));
    return apply(run, "ops.cast", (Value[]){x, name}, 2, NULL);
}

/* Each tensor of nested lists. */
static Value cast_all(Run *run, Value value, DType dtype) {
    if (!is_list(value)) return cast(run, value, dtype);
    const Value list = value_list_new(run->eval->arena, VALUE_LIST);
    for (size_t i = 0; i < length(value); i++)
        value_list_push(run->eval->arena, list, cast_all(run, item(value, i), dtype));
    return list;
}

/* ---- first states ---- */

/* [batch][1] */
static Value zero_column(Run *run) {
    Eval *eval = run->eval;
    const Value index = value_list_new(eval->arena, VALUE_TUPLE);
    const int rank = run->x.as.tensor->shape.rank;
    value_list_push(eval->arena, index, slice(run, value_none(), value_none()));
    for (int i = 1; i + 1 < rank; i++) value_list_push(eval->arena, index, value_int(0));
    value_list_push(eval->arena, index, slice(run, value_int(0), value_int(1)));
    const Value column = subscript(run, run->x, index);
    return apply(run, "ops.zeros_like", &column, 1, NULL);
}

static Value zeros(Run *run, int64_t size) {
    const Value times = value_list_new(run->eval->arena, VALUE_TUPLE);
    value_list_push(run->eval->arena, times, value_int(1));
    value_list_push(run->eval->arena, times, value_int(size));
    return apply(run, "ops.tile", (Value[]){zero_column(run), times}, 2, NULL);
}

static Value first_state(Run *run, int64_t size, DType dtype) {
    if (!run->attrs->stateful) return cast(run, zeros(run, size), dtype);
    const Shape shape = {2, {run->x.as.tensor->shape.dim[0], size}};
    Value out = value_none();
    if (!run->failed)
        run->failed =
            !rnn_read_state(run->eval->graph, run->layer, run->slot++, run->x, &shape, dtype, run->at, &out);
    return out;
}

static bool refuse_own(Run *run, const Layer *cell, const char *why) {
    run->failed = true;
    return eval_raise(run->eval, E680, NULL, run->at, "the get_initial_state() of cell \"%s\" %s", cell->name,
                      why);
}

/* What the cell's own function gives for one sample, for each. */
static Value for_each_sample(Run *run, const Layer *cell, Value state) {
    const DiagMark mark = diag_mark(run->eval->diags);
    Value out = value_none();
    if (is_list(state)) {
        const Value list = value_list_new(run->eval->arena, VALUE_LIST);
        for (size_t i = 0; i < length(state) && !run->failed; i++)
            value_list_push(run->eval->arena, list, for_each_sample(run, cell, item(state, i)));
        return list;
    }
    const Shape *shape = state.kind == VALUE_TENSOR ? &state.as.tensor->shape : NULL;
    if (!shape || shape->rank != 2 || shape->dim[0] != 1)
        return (void)refuse_own(run, cell, "gives no tensors of shape (batch_size, n) that can be evaluated"),
               out;
    const Value column = cast(run, zero_column(run), state.as.tensor->dtype);
    if (!run->failed)
        run->failed = !eval_checked(
            run->eval, mark, operator_binary(run->eval->graph, BINARY_ADD, column, state, run->at, &out));
    return out;
}

static Value own_states(Run *run, const Layer *cell, struct Function *function, bool inner) {
    Eval *eval = run->eval;
    Argument *size = ARENA_NEW(eval->arena, Argument);
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments);
    Value states = value_none();
    *size = (Argument){"batch_size", value_int(1), run->at, run->at};
    *arguments = (Arguments){size, 1, run->at};
    if (run->attrs->stateful) return (void)refuse_own(run, cell, "is not known to give zeros"), states;
    const Value bound = instance_bind(eval, value_layer((Layer *)(uintptr_t)cell), function);
    if (!run->failed) run->failed = !instance_call_method(eval, bound.as.method, arguments, &states);
    if (run->failed) return states;
    states = for_each_sample(run, cell, states);
    if (inner || is_list(states)) return states;
    const Value list = value_list_new(eval->arena, VALUE_LIST);
    value_list_push(eval->arena, list, states);
    return list;
}

/* A cell's states: for one in a stack, a tensor alone where its state_size is a number. */
static Value first_states(Run *run, const Layer *cell, bool inner) {
    Eval *eval = run->eval;
    const Value list = value_list_new(eval->arena, VALUE_LIST);
    Value size = value_none();
    if (cell->class_ == &LAYER_CLASS_STACKED_RNN_CELLS) {
        for (size_t i = 0; i < cell->n_sublayers; i++)
            value_list_push(eval->arena, list, first_states(run, cell->sublayers[i], true));
        return list;
    }
    const Value own = cell->instance ? custom_find_method(cell, "get_initial_state") : value_none();
    if (own.kind == VALUE_FUNCTION) return own_states(run, cell, own.as.function, inner);
    run->failed |= !custom_rnn_state_size(eval, cell, run->at, &size);
    if (run->failed) return list;
    const bool one = size.kind == VALUE_INT, alone = one && inner && cell->instance;
    if (alone) return first_state(run, size.as.integer, cell->compute_dtype);
    for (size_t i = 0; i < (one ? 1 : length(size)); i++)
        value_list_push(eval->arena, list,
                        first_state(run, (one ? size : item(size, i)).as.integer, cell->compute_dtype));
    return list;
}

/* ---- a step ---- */

/* Keras tells the shape of the RNN's result from output_size, else from the first state, before it calls the
 * cell: what the cell gives must be of that width. */
static bool check_width(Run *run, Layer *cell, Value output) {
    bool found = false;
    Value size = value_none();
    if (!cell->instance || output.kind != VALUE_TENSOR) return true;
    if (!instance_attribute(run->eval, value_layer(cell), "output_size", run->at, &size, &found))
        return false;
    if (!found || value_is_none(size)) {
        if (!custom_rnn_state_size(run->eval, cell, run->at, &size)) return false;
        if (is_list(size)) size = item(size, 0);
    }
    if (size.kind != VALUE_INT)
        return eval_raise(run->eval, E681, "ValueError", run->at, "output_size must be an integer.");
    const Shape *shape = &output.as.tensor->shape;
    if (shape->rank == 2 && shape->dim[1] == size.as.integer) return true;
    return eval_raise(run->eval, E681, "ValueError", run->at,
                      "the output of cell \"%s\" has shape %s, and its output_size (else its first "
                      "state_size) promises %s columns",
                      cell->name, shape_text(run->eval->arena, shape), value_repr(run->eval->arena, size));
}

/* output, states = cell(x, states) */
static Value call_cell(Run *run, Layer *cell, Value x, Value *states) {
    Argument *list = ARENA_ARRAY(run->eval->arena, Argument, 2);
    Arguments *arguments = ARENA_NEW(run->eval->arena, Arguments);
    Value both = value_none();
    list[0] = (Argument){.value = x, .at = run->at};
    list[1] = (Argument){.value = *states, .at = run->at};
    *arguments = (Arguments){list, 2, run->at};
    if (run->failed) return both;
    run->failed = !eval_call_layer(run->eval, cell, arguments, &both);
    if (run->failed || eval_opaque_inside(both)) return both;
    if (length(both) != 2) {
        run->failed = true;
        eval_raise(run->eval, E681, "ValueError", run->at,
                   "the call of cell \"%s\" gives %s, not its output and its new states", cell->name,
                   value_repr(run->eval->arena, both));
        return both;
    }
    *states = item(both, 1);
    run->failed = !check_width(run, cell, item(both, 0));
    return item(both, 0);
}

static Value call_stack(Run *run, const Layer *stack, Value x, Value *states) {
    Eval *eval = run->eval;
    const char *outer = eval->graph->name_scope;
    const Value next = value_list_new(eval->arena, VALUE_LIST);
    eval->graph->name_scope = eval_str(eval, "%s%s/", outer ? outer : "", stack->name);
    for (size_t i = 0; i < stack->n_sublayers && i < length(*states) && !run->failed; i++) {
        Value own = item(*states, i), given = own;
        if (!is_list(own)) {
            given = value_list_new(eval->arena, VALUE_LIST);
            value_list_push(eval->arena, given, own);
        }
        x = call_cell(run, stack->sublayers[i], x, &given);
        if (!is_list(own) && length(given) == 1) given = item(given, 0);
        value_list_push(eval->arena, next, given);
    }
    eval->graph->name_scope = outer;
    *states = length(next) == 1 ? item(next, 0) : next;
    return x;
}

static Value call_step(Run *run, Value x, Value *states) {
    Layer *cell = run->layer->sublayers[0];
    const bool stack = cell->class_ == &LAYER_CLASS_STACKED_RNN_CELLS;
    const Value output = stack ? call_stack(run, cell, x, states) : call_cell(run, cell, x, states);
    if (run->failed || is_list(*states)) return output;
    const Value list = value_list_new(run->eval->arena, VALUE_LIST);
    value_list_push(run->eval->arena, list, *states);
    *states = list;
    return output;
}

/* ---- masks ---- */

/* mask[:, time] as bools with that many axes. */
static Value mask_at(Run *run, int64_t time, int rank) {
    Value mask = cast(run, step_of(run, run->mask, time), DTYPE_BOOL);
    while (!run->failed && mask.kind == VALUE_TENSOR && mask.as.tensor->shape.rank < rank)
        mask = apply(run, "ops.expand_dims", (Value[]){mask, value_int(-1)}, 2, NULL);
    return mask;
}

/* a where the mask holds, else b, through nested lists. */
static Value choose(Run *run, int64_t time, Value a, Value b) {
    if (run->mask.kind != VALUE_TENSOR) return a;
    if (is_list(a) && length(a) == length(b)) {
        const Value list = value_list_new(run->eval->arena, VALUE_LIST);
        for (size_t i = 0; i < length(a); i++)
            value_list_push(run->eval->arena, list, choose(run, time, item(a, i), item(b, i)));
        return list;
    }
    if (a.kind != VALUE_TENSOR) return a;
    const Value mask = mask_at(run, time, a.as.tensor->shape.rank);
    return apply(run, "ops.where", (Value[]){mask, a, b}, 3, NULL);
}

/* ---- all steps ---- */

/* One step for all of them: the shape of a result whose steps are open. */
static Value spread(Run *run, Value output) {
    const DiagMark mark = diag_mark(run->eval->diags);
    const Value index = value_list_new(run->eval->arena, VALUE_TUPLE);
    Value out = value_none();
    value_list_push(run->eval->arena, index, (Value){.kind = VALUE_ELLIPSIS});
    value_list_push(run->eval->arena, index, slice(run, value_int(0), value_int(1)));
    Value column = subscript(run, run->x, index);
    column = apply(run, "ops.zeros_like", &column, 1, NULL);
    output = apply(run, "ops.expand_dims", (Value[]){output, value_int(1)}, 2, NULL);
    if (!run->failed)
        run->failed = !eval_checked(
            run->eval, mark, operator_binary(run->eval->graph, BINARY_ADD, column, output, run->at, &out));
    return out;
}

static Value run_steps(Run *run, Value *states) {
    const int64_t steps = run->steps == DIM_UNKNOWN ? 1 : run->steps;
    const Value outputs = value_list_new(run->eval->arena, VALUE_LIST);
    Value last = value_none(), nothing = value_none(), output = value_none();
    for (int64_t i = 0; i < steps && !run->failed; i++) {
        const int64_t time = run->attrs->go_backwards && run->steps != DIM_UNKNOWN ? steps - 1 - i : i;
        const int64_t zero_at = run->attrs->unroll && run->attrs->return_sequences ? i : time;
        Value next = *states;
        output = call_step(run, step_of(run, run->x, time), &next);
        const Opaque *cause = run->failed ? NULL : eval_opaque_inside(output);
        if (run->failed || cause || output.kind != VALUE_TENSOR) return output;
        if (i == 0 && run->mask.kind == VALUE_TENSOR)
            last = nothing = apply(run, "ops.zeros_like", &output, 1, NULL);
        last = choose(run, time, output, last);
        output = run->attrs->zero_output_for_mask ? choose(run, zero_at, last, nothing) : last;
        *states = choose(run, time, next, *states);
        value_list_push(run->eval->arena, outputs, output);
    }
    if (!run->attrs->return_sequences || run->failed) return output;
    if (run->steps == DIM_UNKNOWN) return spread(run, output);
    return apply(run, "ops.stack", (Value[]){outputs, value_int(1)}, 2, NULL);
}

static void take_arguments(Run *run, const Arguments *own) {
    static const char *const NAMES[] = {"sequences", "initial_state", "mask"};
    Value *slots[] = {&run->x, &run->initial, &run->mask};
    for (size_t i = 0; i < own->count; i++) {
        const char *keyword = own->at[i].keyword;
        for (size_t k = 0; k < 3; k++)
            if (keyword ? strcmp(keyword, NAMES[k]) == 0 : k == i) *slots[k] = own->at[i].value;
    }
}

static bool check(Run *run) {
    if (run->x.kind != VALUE_TENSOR || run->x.as.tensor->shape.rank < 3) {
        const Shape none = {0};
        return eval_raise(
            run->eval, E681, "ValueError", run->at,
            "layer \"%s\" runs over sequences of shape (batch, steps, ...). Received: sequences.shape=%s",
            run->layer->name,
            shape_text(run->eval->arena, run->x.kind == VALUE_TENSOR ? &run->x.as.tensor->shape : &none));
    }
    const Shape *shape = &run->x.as.tensor->shape;
    run->steps = shape->dim[1];
    if (run->attrs->unroll && run->steps == DIM_UNKNOWN)
        return eval_raise(run->eval, E288, "ValueError", run->at,
                          "Cannot unroll a RNN if the time dimension is undefined: layer \"%s\" is called on "
                          "shape %s",
                          run->layer->name, shape_text(run->eval->arena, shape));
    if (run->attrs->stateful && shape->dim[0] == DIM_UNKNOWN)
        return eval_raise(run->eval, E265, "ValueError", run->at,
                          "When using `stateful=True` in a RNN, the batch size must be static. Found dynamic "
                          "batch size: sequence.shape=%s",
                          shape_text(run->eval->arena, shape));
    if (run->steps != DIM_UNKNOWN && (run->steps < 1 || run->steps > MOST_STEPS))
        return eval_raise(run->eval, E682, NULL, run->at,
                          "layer \"%s\" takes the steps of a cell of the file one by one, and there are %lld",
                          run->layer->name, (long long)run->steps);
    return true;
}

static Value finish(Run *run, Value output, Value states) {
    const DType dtype = run->layer->compute_dtype;
    if (eval_opaque_inside(output) || run->failed) return output;
    output = cast_all(run, output, dtype);
    states = cast_all(run, states, dtype);
    if (run->attrs->stateful && !run->failed)
        run->failed = !rnn_keep_states(run->eval->graph, run->layer, output, states, run->at, &output);
    if (!run->attrs->return_state) return output;
    const Value all = value_list_new(run->eval->arena, VALUE_TUPLE);
    value_list_push(run->eval->arena, all, output);
    for (size_t i = 0; i < length(states); i++) value_list_push(run->eval->arena, all, item(states, i));
    return all;
}

bool custom_rnn_run(Eval *eval, Layer *layer, const Arguments *own, Value *result) {
    Run run = {.eval = eval, .layer = layer, .attrs = layer->attrs, .at = own->call};
    const Layer *cell = layer->sublayers[0];
    run.x = run.mask = run.initial = value_none();
    take_arguments(&run, own);
    if (!check(&run)) return false;
    Value states = run.initial;
    if (value_is_none(states)) {
        states = first_states(&run, cell, false);
    } else if (!is_list(states)) {
        states = value_list_new(eval->arena, VALUE_LIST);
        value_list_push(eval->arena, states, run.initial);
    }
    states = cast_all(&run, states, cell->compute_dtype);
    const Value output = run_steps(&run, &states);
    *result = finish(&run, output, states);
    return !run.failed;
}
