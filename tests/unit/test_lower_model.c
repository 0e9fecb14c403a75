/* Lowering of graphs built by hand: autocast, nested models in place, weights shared, and what is refused. */
#include "ir_case.h"

#include "lower/lower.h"

/* A layer that multiplies by its one weight, [4][4]. */
static bool lower_scale(Lowering *l, const Node *node, Op *const *inputs, Op **outputs) {
    outputs[0] = ir_dense(l, node, inputs[0], ir_weight(l, node->layer->weights.at[0]), NULL);
    return true;
}

static const LayerClass INPUT = {.name = "InputLayer"};
static const LayerClass SCALE = {.name = "Scale", .lower = lower_scale};
static const LayerClass NESTED = {.name = "Functional"};
static const LayerClass UNKNOWN = {.name = "Mystery"};

typedef struct World {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Graph *graph;
} World;

static World world_new(void) {
    World w = {.arena = arena_new()};
    w.sources = sources_new(w.arena);
    w.diags = diag_new(w.arena, &w.sources, &(DiagOptions){0});
    w.graph = graph_new(w.arena, w.diags);
    return w;
}

static Tensor *call(World *w, Layer *layer, Tensor *x, Shape shape, DType dtype) {
    Tensor *y = graph_add_tensor(w->graph, &shape, dtype, NULL, NO_SOURCE);
    graph_add_node(w->graph, layer, NULL, &x, x ? 1 : 0, &y, 1, NO_SOURCE);
    return y;
}

static Tensor *input(World *w, Shape shape, DType dtype) {
    return call(w, graph_add_layer(w->graph, &INPUT, NULL, NO_SOURCE), NULL, shape, dtype);
}

static Layer *scale(World *w) {
    Layer *layer = graph_add_layer(w->graph, &SCALE, NULL, NO_SOURCE);
    graph_add_weight(w->graph, layer, "kernel", &CASE_SHAPE(4, 4), DTYPE_FLOAT32, true, (Initializer){0});
    return layer;
}

/* A model of all nodes on the way from x to y, which form a chain. */
static Model *chain(World *w, const LayerClass *class_, Tensor *x, Tensor *y) {
    Model *model = ARENA_NEW(w->arena, Model);
    model->layer = graph_add_layer(w->graph, class_, NULL, NO_SOURCE);
    model->layer->model = model;
    model->inputs = ARENA_ARRAY(w->arena, Tensor *, 1);
    model->outputs = ARENA_ARRAY(w->arena, Tensor *, 1);
    model->output_names = ARENA_ARRAY(w->arena, const char *, 1);
    model->inputs[0] = x;
    model->outputs[0] = y;
    model->output_names[0] = "y";
    model->n_inputs = model->n_outputs = 1;
    model->nodes = ARENA_ARRAY(w->arena, Node *, w->graph->nodes.count);
    for (Tensor *t = y; t; t = tensor_node(t)->n_inputs ? tensor_node(t)->inputs[0] : NULL) {
        memmove(model->nodes + 1, model->nodes, model->n_nodes++ * sizeof *model->nodes);
        model->nodes[0] = tensor_node(t);
    }
    return model;
}

static Ir *lower(World *w, Model *model) {
    const void **data = ARENA_ARRAY(w->arena, const void *, w->graph->weights.count);
    for (size_t i = 0; i < w->graph->weights.count; i++) data[i] = ARENA_ARRAY(w->arena, float, 16);
    return lower_model(w->arena, w->graph, model, data, NULL);
}

static void floats_are_cast_to_the_compute_type(void **state) {
    (void)state;
    World w = world_new();
    Tensor *x = input(&w, CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT64);
    Layer *layer = scale(&w);
    layer->autocast = true;
    layer->compute_dtype = DTYPE_FLOAT32;
    Ir *ir = lower(&w, chain(&w, &NESTED, x, call(&w, layer, x, CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT32)));
    assert_non_null(ir);
    assert_int_equal(ir->outputs[0]->kind, OP_DENSE);
    assert_int_equal(ir->outputs[0]->inputs[0]->kind, OP_CAST);
    assert_int_equal(ir->outputs[0]->inputs[0]->inputs[0]->kind, OP_INPUT);
    arena_free(w.arena);
}

/* A call of a model on the shape it was built for: what model_call records. */
static Tensor *call_model(World *w, Model *model, Tensor *x) {
    Tensor *y = call(w, model->layer, x, model->outputs[0]->shape, model->outputs[0]->dtype);
    ModelCall *record = ARENA_NEW(w->arena, ModelCall);
    *record = (ModelCall){
        .inputs = model->inputs, .outputs = model->outputs, .nodes = model->nodes, .n_nodes = model->n_nodes};
    tensor_node(y)->attrs = record;
    return y;
}

static void a_nested_model_is_put_in_place_twice(void **state) {
    (void)state;
    World w = world_new();
    const Shape shape = CASE_SHAPE(DIM_UNKNOWN, 4);
    Tensor *a = input(&w, shape, DTYPE_FLOAT32);
    Model *inner = chain(&w, &NESTED, a, call(&w, scale(&w), a, shape, DTYPE_FLOAT32));
    Tensor *x = input(&w, shape, DTYPE_FLOAT32);
    Tensor *once = call_model(&w, inner, x);
    Tensor *twice = call_model(&w, inner, once);
    Ir *ir = lower(&w, chain(&w, &NESTED, x, twice));
    assert_non_null(ir);
    const Op *second = ir->outputs[0], *first = second->inputs[0];
    assert_int_equal(first->kind, OP_DENSE);
    assert_ptr_equal(first->inputs[0], ir->inputs[0]);
    assert_ptr_equal(first->inputs[1], second->inputs[1]); /* one weight */
    arena_free(w.arena);
}

static void refuses(World *w, Model *model, DiagCode code) {
    assert_null(lower(w, model));
    const char *text = diag_first_error(w->diags, (DiagMark){0}, &(SourceRange){0});
    assert_non_null(text);
    char *rendered = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&rendered, &size);
    diag_render(w->diags, out);
    fclose(out);
    if (!strstr(rendered, diag_info(code)->code))
        fail_msg("expected %s: %s", diag_info(code)->code, rendered);
    free(rendered);
    arena_free(w->arena);
}

static void what_cannot_be_compiled(void **state) {
    (void)state;
    World w = world_new();
    Tensor *x = input(&w, CASE_SHAPE(DIM_UNKNOWN, DIM_UNKNOWN, 4), DTYPE_FLOAT32);
    refuses(&w, chain(&w, &NESTED, x, call(&w, scale(&w), x, x->shape, DTYPE_FLOAT32)), E600);
    w = world_new();
    x = input(&w, CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT32);
    x->ragged = true;
    refuses(&w, chain(&w, &NESTED, x, call(&w, scale(&w), x, x->shape, DTYPE_FLOAT32)), E601);
    w = world_new();
    x = input(&w, CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_STRING);
    refuses(&w, chain(&w, &NESTED, x, call(&w, scale(&w), x, x->shape, DTYPE_FLOAT32)), E602);
    w = world_new();
    x = input(&w, CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT32);
    Layer *mystery = graph_add_layer(w.graph, &UNKNOWN, NULL, NO_SOURCE);
    refuses(&w, chain(&w, &NESTED, x, call(&w, mystery, x, x->shape, DTYPE_FLOAT32)), E604);
}

/* The plan's and the emitter's own refusals: E602, E603, E606, E607. */
static void what_cannot_be_planned(void **state) {
    (void)state;
    Case c = case_new();
    Op *x = case_input(&c, "x", CASE_SHAPE(DIM_UNKNOWN, 4, 4), DTYPE_INT64);
    case_output(&c, "y", ir_matmul(&c.l, NULL, x, x, false));
    assert_null(plan_program(c.arena, c.ir, &(PlanOptions){0}));
    assert_non_null(
        strstr(diag_first_error(c.diags, (DiagMark){0}, NULL), "there is no kernel for matmul in int64"));
    arena_free(c.arena);

    c = case_new();
    x = case_input(&c, "x", CASE_SHAPE(DIM_UNKNOWN, 1 << 20, 1 << 20), DTYPE_FLOAT32);
    Op *e = ir_unary(&c.l, NULL, x, UNARY_EXP, 0, 0, 0);
    case_output(&c, "y", ir_reduce(&c.l, NULL, e, REDUCE_SUM, 6, false));
    assert_null(plan_program(c.arena, c.ir, &(PlanOptions){0}));
    assert_non_null(strstr(diag_first_error(c.diags, (DiagMark){0}, NULL), "bytes of workspace"));
    arena_free(c.arena);

    c = case_new();
    x = case_input(&c, "x", CASE_SHAPE(DIM_UNKNOWN, 4), DTYPE_FLOAT32);
    case_output(&c, "y", ir_unary(&c.l, NULL, x, UNARY_EXP, 0, 0, 0));
    const Program *program = plan_program(c.arena, c.ir, &(PlanOptions){0});
    const EmitOptions options = {.prefix = "m",
                                  .stem = "m",
                                  .target = "pdp-11",
                                  .model_file = "m.lam",
                                  .version = "0",
                                  .sources = &c.sources};
    Text source = text_new(c.arena), header = text_new(c.arena);
    assert_false(emit_c(program, &options, &source, &header, NULL));
    assert_non_null(strstr(diag_first_error(c.diags, (DiagMark){0}, NULL), "target \"pdp-11\""));
    arena_free(c.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_cast_to_the_compute_type),
        cmocka_unit_test(a_nested_model_is_put_in_place_twice),
        cmocka_unit_test(what_cannot_be_compiled),
        cmocka_unit_test(what_cannot_be_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
