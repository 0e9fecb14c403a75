/* For the tests of graph/ and model/: a graph, and calls with arguments written out in C. */
#ifndef LAMINA_TESTS_MODEL_FIXTURE_H
#define LAMINA_TESTS_MODEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

typedef struct Fixture {
    Arena *arena;
    Sources sources;
    Diagnostics *diags;
    Graph *graph;
    uint32_t next; /* each call gets a place of its own, so that no report is taken for a repeat */
} Fixture;

static inline Fixture *fixture_new(void) {
    Arena *arena = arena_new();
    Fixture *f = ARENA_NEW(arena, Fixture);
    static const DiagOptions OPTIONS = {0};
    f->arena = arena;
    f->sources = sources_new(arena);
    char text[1001];
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 9; i < sizeof text; i += 10) text[i] = '\n';
    sources_add(&f->sources, "t.lam", text, sizeof text - 1);
    f->diags = diag_new(arena, &f->sources, &OPTIONS);
    f->graph = graph_new(arena, f->diags);
    return f;
}

static inline void fixture_free(Fixture *f) {
    arena_free(f->arena);
}

/* The arguments: keywords are NULL for positional ones; the list ends at `count`. */
static inline Arguments *fixture_arguments(Fixture *f, size_t count, const char *const *keywords,
                                           const Value *values) {
    Argument *at = ARENA_ARRAY(f->arena, Argument, count);
    const SourceRange place = {1, f->next, f->next + 1};
    f->next += 10;
    for (size_t i = 0; i < count; i++)
        at[i] = (Argument){
            .keyword = keywords ? keywords[i] : NULL, .value = values[i], .at = place, .keyword_at = place};
    Arguments *arguments = ARENA_NEW(f->arena, Arguments);
    *arguments = (Arguments){at, count, place};
    return arguments;
}

#define VALUES(...) ((const Value[]){__VA_ARGS__})
#define COUNT_VALUES(...) (sizeof((const Value[]){__VA_ARGS__}) / sizeof(Value))
#define POSITIONAL(f, ...) fixture_arguments((f), COUNT_VALUES(__VA_ARGS__), NULL, VALUES(__VA_ARGS__))
#define KEYWORDS(...) ((const char *const[]){__VA_ARGS__})

static inline Value fixture_sequence(Fixture *f, ValueKind kind, size_t count, const Value *values) {
    Value list = value_list_new(f->arena, kind);
    for (size_t i = 0; i < count; i++) value_list_push(f->arena, list, values[i]);
    return list;
}

#define LIST(f, ...) fixture_sequence((f), VALUE_LIST, COUNT_VALUES(__VA_ARGS__), VALUES(__VA_ARGS__))
#define TUPLE(f, ...) fixture_sequence((f), VALUE_TUPLE, COUNT_VALUES(__VA_ARGS__), VALUES(__VA_ARGS__))

/* Input((n,), name=name) */
static inline Value fixture_input(Fixture *f, int64_t n, const char *name) {
    Value out;
    const Value shape = TUPLE(f, value_int(n));
    const Arguments *arguments =
        name ? fixture_arguments(f, 2, KEYWORDS(NULL, "name"), VALUES(shape, value_str(f->arena, name)))
             : POSITIONAL(f, shape);
    assert_true(model_input(f->graph, arguments, &out));
    return out;
}

/* Dense(units, name=name) */
static inline Layer *fixture_dense(Fixture *f, int64_t units, const char *name) {
    Layer *layer = NULL;
    const Arguments *arguments = name ? fixture_arguments(f, 2, KEYWORDS(NULL, "name"),
                                                          VALUES(value_int(units), value_str(f->arena, name)))
                                      : POSITIONAL(f, value_int(units));
    assert_true(layer_construct(f->graph, layer_class_find("Dense"), arguments, &layer));
    return layer;
}

static inline Value fixture_call(Fixture *f, Layer *layer, Value input) {
    Value out;
    assert_true(layer_call(f->graph, layer, POSITIONAL(f, input), &out));
    return out;
}

static inline Value fixture_add(Fixture *f, Value a, Value b) {
    Layer *layer = NULL;
    assert_true(
        layer_construct(f->graph, layer_class_find("Add"), fixture_arguments(f, 0, NULL, NULL), &layer));
    return fixture_call(f, layer, LIST(f, a, b));
}

static inline Model *fixture_model(Fixture *f, Value inputs, Value outputs) {
    Value out;
    assert_true(model_functional(f->graph, POSITIONAL(f, inputs, outputs), &out));
    return out.as.layer->model;
}

/* The names of the layers, joined by spaces. */
static inline const char *fixture_names(Fixture *f, Layer *const *layers, size_t count) {
    const char *names = "";
    for (size_t i = 0; i < count; i++)
        names = arena_printf(f->arena, "%s%s%s", names, i ? " " : "", layers[i]->name);
    return names;
}

/* All reports so far, as they are printed. */
static inline const char *fixture_reports(Fixture *f) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    diag_render(f->diags, stream);
    fclose(stream);
    const char *copy = arena_strdup(f->arena, text);
    free(text);
    return copy;
}

/* What a printer prints. */
#define FIXTURE_PRINT(f, result, print)                                                                      \
    do {                                                                                                     \
        char *text_ = NULL;                                                                                  \
        size_t length_ = 0;                                                                                  \
        FILE *out = open_memstream(&text_, &length_);                                                        \
        print;                                                                                               \
        fclose(out);                                                                                         \
        (result) = arena_strdup((f)->arena, text_);                                                          \
        free(text_);                                                                                         \
    } while (0)

#endif
