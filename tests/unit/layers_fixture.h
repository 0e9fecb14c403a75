/* For the tests of layers/: a graph, symbolic inputs, and arguments written briefly. */
#ifndef LAMINA_TESTS_LAYERS_FIXTURE_H
#define LAMINA_TESTS_LAYERS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/layer.h"
#include "layers/operators.h"

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Graph *graph;
} Fixture;

static inline int fixture_setup(void **state) {
    Arena *arena = arena_new();
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    f->sources = sources_new(arena);
    f->diags = diag_new(arena, &f->sources, NULL);
    f->graph = graph_new(arena, f->diags);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state) {
    Arena *arena = ((Fixture *)*state)->arena;
    arena_free(arena);
    return 0;
}

static const LayerClass fixture_input_class = {.name = "InputLayer", .module = "keras.layers"};

static inline Tensor *input_of(Fixture *f, DType dtype, int rank, ...) {
    Shape shape = {.rank = rank};
    va_list dims;
    va_start(dims, rank);
    for (int i = 0; i < rank; i++) shape.dim[i] = va_arg(dims, int);
    va_end(dims);
    Layer *layer = graph_add_layer(f->graph, &fixture_input_class, NULL, NO_SOURCE);
    Tensor *tensor = graph_add_tensor(f->graph, &shape, dtype, NULL, NO_SOURCE);
    graph_add_node(f->graph, layer, NULL, NULL, 0, &tensor, 1, NO_SOURCE);
    return tensor;
}

#define POSITIONAL(value_) ((Argument){.value = (value_)})
#define KEYWORD(name, value_) ((Argument){.keyword = (name), .value = (value_)})
#define ARGUMENTS(...)                                                                                       \
    (&(Arguments){.at = (Argument[]){__VA_ARGS__},                                                           \
                  .count = sizeof((Argument[]){__VA_ARGS__}) / sizeof(Argument)})
#define NO_ARGUMENTS (&(Arguments){0})

static inline Value text(Fixture *f, const char *words) {
    return value_str(f->arena, words);
}

static inline Value list_of(Fixture *f, ValueKind kind, size_t count, const Value *items) {
    Value list = value_list_new(f->arena, kind);
    for (size_t i = 0; i < count; i++) value_list_push(f->arena, list, items[i]);
    return list;
}
#define TUPLE(f, ...)                                                                                        \
    list_of((f), VALUE_TUPLE, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value), (Value[]){__VA_ARGS__})
#define LIST(f, ...)                                                                                         \
    list_of((f), VALUE_LIST, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value), (Value[]){__VA_ARGS__})

static inline Layer *construct(Fixture *f, const char *name, const Arguments *arguments) {
    Layer *layer = NULL;
    const LayerClass *class_ = layer_class_find(name);
    assert_non_null(class_);
    return layer_construct(f->graph, class_, arguments, &layer) ? layer : NULL;
}

static inline Value call(Fixture *f, Layer *layer, Value argument) {
    Value out;
    Argument *list = ARENA_NEW(f->arena, Argument);
    Arguments *arguments = ARENA_NEW(f->arena, Arguments);
    list->value = argument;
    *arguments = (Arguments){list, 1, NO_SOURCE};
    assert_non_null(layer);
    layer_call(f->graph, layer, arguments, &out);
    return out;
}

static inline Tensor *called(Fixture *f, Layer *layer, Tensor *x) {
    const Value out = call(f, layer, value_tensor(x));
    assert_int_equal(out.kind, VALUE_TENSOR);
    return out.as.tensor;
}

/* What was reported since the last look, as the user reads it. */
static inline const char *reported(Fixture *f) {
    char *data = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&data, &size);
    diag_render(f->diags, stream);
    fclose(stream);
    const char *copy = arena_strdup(f->arena, data);
    free(data);
    return copy;
}

#define assert_reported(f, words)                                                                            \
    do {                                                                                                     \
        const char *said = reported(f);                                                                      \
        if (!strstr(said, words)) fail_msg("expected \"%s\", but reported:\n%s", words, said);               \
    } while (0)
#define assert_silent(f) assert_string_equal(reported(f), "")
#define assert_shape(f, tensor, words) assert_string_equal(shape_text((f)->arena, &(tensor)->shape), words)

#endif
