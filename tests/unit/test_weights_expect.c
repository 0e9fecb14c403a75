/* Keys and paths of weights, for a graph made by hand: the same as Keras' own listing of the model in
 * tests/weights/make_fixtures.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weights/weights.h"

static const LayerClass DENSE = {.name = "Dense"}, NORM = {.name = "BatchNormalization"},
                        INPUT = {.name = "InputLayer"}, FUNCTIONAL = {.name = "Functional"},
                        LSTM = {.name = "LSTM"}, CELL = {.name = "LSTMCell"},
                        BIDIRECTIONAL = {.name = "Bidirectional"};

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Graph *graph;
} Fixture;

static Fixture setup(void) {
    Fixture f = {.arena = arena_new()};
    f.sources = sources_new(f.arena);
    f.graph = graph_new(f.arena, diag_new(f.arena, &f.sources, NULL));
    return f;
}

static Layer *add_layer(Fixture *f, const LayerClass *class_, const char *name, const char *weights) {
    Layer *layer = graph_add_layer(f->graph, class_, name, NO_SOURCE);
    const Shape shape = shape_make(1, (const int64_t[]){2});
    char *names = arena_strdup(f->arena, weights), *rest;
    for (char *weight = strtok_r(names, " ", &rest); weight; weight = strtok_r(NULL, " ", &rest))
        graph_add_weight(f->graph, layer, arena_strdup(f->arena, weight), &shape, DTYPE_FLOAT32,
                         strncmp(weight, "moving", 6) != 0, (Initializer){0});
    return layer;
}

static Layer *add_model(Fixture *f, const char *name, size_t count, Layer **layers) {
    Layer *layer = graph_add_layer(f->graph, &FUNCTIONAL, name, NO_SOURCE);
    layer->model = ARENA_NEW(f->arena, Model);
    *layer->model = (Model){.layer = layer, .n_layers = count, .built = true};
    layer->model->layers = ARENA_ARRAY(f->arena, Layer *, count);
    memcpy(layer->model->layers, layers, count * sizeof *layers);
    return layer;
}

static void check_slot(const WeightSet *set, size_t i, const char *key, const char *h5_path,
                       const char *name) {
    assert_true(i < set->count);
    assert_string_equal(set->slots[i].key, key);
    assert_string_equal(set->slots[i].h5_path, h5_path);
    assert_string_equal(set->slots[i].vars_name, name);
    assert_int_equal(set->slots[i].count, 2);
}

/* Names count up by class for each list of layers; an inner model has a list of its own, its keys no prefix.
 */
static void test_nested(void **state) {
    (void)state;
    Fixture f = setup();
    Layer *inner[] = {add_layer(&f, &INPUT, "in", ""), add_layer(&f, &DENSE, "a", "kernel bias"),
                      add_layer(&f, &DENSE, "b", "kernel")};
    Layer *outer[] = {add_layer(&f, &INPUT, "image", ""),
                      add_layer(&f, &NORM, "bn", "gamma beta moving_mean moving_variance"),
                      add_layer(&f, &DENSE, "a", "kernel"), add_model(&f, "inner", 3, inner),
                      add_layer(&f, &DENSE, "c", "kernel")};
    const Layer *model = add_model(&f, "outer", 5, outer);
    const WeightSet *set = weights_expect(f.arena, f.graph->diags, model->model);
    assert_int_equal(set->count, 9);
    check_slot(set, 0, "bn/gamma", "layers/batch_normalization/vars/0", "bn");
    check_slot(set, 3, "bn/moving_variance", "layers/batch_normalization/vars/3", "bn");
    check_slot(set, 4, "a/kernel", "layers/dense/vars/0", "a");
    check_slot(set, 5, "a/kernel_1", "layers/functional/layers/dense/vars/0", "a");
    check_slot(set, 6, "a/bias", "layers/functional/layers/dense/vars/1", "a");
    check_slot(set, 7, "b/kernel", "layers/functional/layers/dense_1/vars/0", "b");
    check_slot(set, 8, "c/kernel", "layers/dense_1/vars/0", "c");
    assert_int_equal(set->n_groups, 4);
    assert_string_equal(set->groups[2].name, "inner");
    assert_true(set->groups[2].container);
    assert_int_equal(set->groups[2].count, 3);
    assert_int_equal(diag_error_count(f.graph->diags), 0);
    arena_free(f.arena);
}

/* A layer in two lists has its first path, but counts in both; wrapped layers are found by attribute. */
static void test_shared_and_wrapped(void **state) {
    (void)state;
    Fixture f = setup();
    Layer *shared = add_layer(&f, &DENSE, "shared", "kernel");
    Layer *inner[] = {shared, add_layer(&f, &DENSE, "own", "kernel")};
    Layer *cell = add_layer(&f, &CELL, "lstm_cell", "kernel recurrent_kernel");
    Layer *forward = add_layer(&f, &LSTM, "forward_lstm", ""),
          *wrapper = add_layer(&f, &BIDIRECTIONAL, "bi", "");
    forward->sublayers = &cell;
    forward->sublayer_names = (const char *[]){"cell"};
    wrapper->sublayers = &forward;
    wrapper->sublayer_names = (const char *[]){"forward_layer"};
    forward->n_sublayers = wrapper->n_sublayers = 1;
    Layer *outer[] = {shared, add_model(&f, "inner", 2, inner), wrapper};
    const WeightSet *set = weights_expect(f.arena, f.graph->diags, add_model(&f, "outer", 3, outer)->model);
    assert_int_equal(set->count, 4);
    check_slot(set, 0, "shared/kernel", "layers/dense/vars/0", "shared");
    check_slot(set, 1, "own/kernel", "layers/functional/layers/dense_1/vars/0", "own");
    check_slot(set, 3, "lstm_cell/recurrent_kernel", "layers/bidirectional/forward_layer/cell/vars/1",
               "lstm_cell");
    assert_int_equal(set->groups[1].count, 2); /* as Keras' older files have it: the shared one again */
    arena_free(f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_shared_and_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
