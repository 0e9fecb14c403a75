/* One argument's value, checked by its row of the parameter table and stored in the attribute structure.
 *
 * In:  a value and its ParamSpec. Out: the field at spec->offset, in the form that ParamKind documents.
 * Invariant: a field is only written where the value is legal.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "layers/bind.h"
#include "value/opaque.h"

typedef struct Store {
    Graph *graph;
    const ParamSpec *spec;
    SourceRange at;
    void *field;
} Store;

bool value_as_int(Value value, int64_t *out) {
    if (value.kind == VALUE_BOOL) return *out = value.as.boolean, true;
    if (value.kind == VALUE_INT) return *out = value.as.integer, true;
    return false;
}

bool value_as_number(Value value, double *out) {
    int64_t integer;
    if (value.kind == VALUE_FLOAT) return *out = value.as.real, true;
    if (!value_as_int(value, &integer)) return false;
    return *out = (double)integer, true;
}

static const Opaque *opaque_of(Value value) {
    switch (value.kind) {
    case VALUE_OPAQUE: return value.as.opaque;
    case VALUE_TENSOR: return value.as.tensor->opaque;
    case VALUE_LAYER: return value.as.layer->opaque;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: return value.as.list->opaque;
    case VALUE_DICT: return value.as.dict->opaque;
    default: return NULL;
    }
}

const Opaque *value_find_opaque(Value value) {
    uint64_t visits = 0;
    return value_opaque_inside(value, opaque_of, &visits);
}

/* "a positive integer", from the kind and the least value. */
static const char *expectation(Arena *arena, const ParamSpec *spec) {
    const char *noun = spec->kind == PARAM_FLOAT ? "number" : "integer";
    if (isinf(spec->min)) return arena_printf(arena, "%s %s", spec->kind == PARAM_FLOAT ? "a" : "an", noun);
    if (spec->min > 0) return arena_printf(arena, "a positive %s", noun);
    return arena_printf(arena, "a non-negative %s", noun);
}

/* What was probably meant by a value of the wrong type; false. */
static bool explain(const Store *store, Value value) {
    Diagnostics *diags = store->graph->diags;
    double number;
    const bool whole = value_as_number(value, &number) && number == floor(number);
    const char *text = value_c_str(value);
    if (value.kind == VALUE_TENSOR)
        diag_help(diags, store->at, NULL,
                  "a layer is made by the first parentheses and called by the second: Layer(...)(tensor)");
    else if (text && text[0] && strspn(text, "0123456789.") == strlen(text))
        diag_help(diags, store->at, text, "this is a string: write %s, without quotes", text);
    else if (value.kind == VALUE_FLOAT && whole && store->spec->kind != PARAM_FLOAT)
        diag_help(diags, store->at, NULL, "this is a float: a division of integers is `//`");
    return false;
}

static bool invalid(const Store *store, Value value) {
    Arena *arena = store->graph->arena;
    const char *name = store->spec->name;
    diag_report(store->graph->diags, E204, store->at,
                "Received an invalid value for `%s`, expected %s. Received: %s=%s", name,
                expectation(arena, store->spec), name, value_repr(arena, value));
    return explain(store, value);
}

static bool store_int(const Store *store, Value value) {
    int64_t number;
    if (value_is_none(value) && store->spec->optional_none)
        number = PARAM_INT_NONE;
    else if (!value_as_int(value, &number) || (double)number < store->spec->min)
        return invalid(store, value);
    *(int64_t *)store->field = number;
    return true;
}

static bool store_float(const Store *store, Value value) {
    double number;
    if (value_is_none(value) && store->spec->optional_none)
        number = NAN;
    else if (!value_as_number(value, &number) || number < store->spec->min)
        return invalid(store, value);
    *(double *)store->field = number;
    return true;
}

/* Python's truth of what is usually given for a flag. */
static bool store_bool(const Store *store, Value value) {
    double number = 1;
    if (value_is_none(value))
        number = 0;
    else if (value.kind == VALUE_STR)
        number = value.as.str->length > 0;
    else
        (void)value_as_number(value, &number);
    *(bool *)store->field = number != 0;
    return true;
}

static bool invalid_choice(const Store *store, Value value) {
    Arena *arena = store->graph->arena;
    Text all = text_new(arena);
    size_t count = 0;
    for (; store->spec->choices[count]; count++)
        text_printf(&all, "%s'%s'", count ? ", " : "", store->spec->choices[count]);
    diag_report(store->graph->diags, E204, store->at,
                "The `%s` argument must be one of {%s}. Received: %s=%s", store->spec->name, all.data,
                store->spec->name, value_text(arena, value));
    const char *given = value_c_str(value);
    const char *near = given ? text_nearest(given, store->spec->choices, count) : NULL;
    diag_suggest(store->graph->diags, store->at, given, near);
    return explain(store, value);
}

static bool store_choice(const Store *store, Value value) {
    const char *given = value_c_str(value);
    if (value_is_none(value) && store->spec->optional_none) return *(int *)store->field = -1, true;
    for (int i = 0; given && store->spec->choices[i]; i++) {
        const char *choice = store->spec->choices[i];
        const bool same = store->spec->any_case ? strcasecmp(given, choice) == 0 : strcmp(given, choice) == 0;
        if (same) return *(int *)store->field = i, true;
    }
    return invalid_choice(store, value);
}

static bool invalid_tuple(const Store *store, Value value) {
    const char *name = store->spec->name, *text = value_text(store->graph->arena, value);
    diag_report(store->graph->diags, E204, store->at,
                "The `%s` argument must be a tuple of %d integers. Received: %s=%s", name, store->spec->rank,
                name, text);
    return explain(store, value);
}

static bool invalid_element(const Store *store, Value value, int64_t element) {
    const char *name = store->spec->name, *text = value_text(store->graph->arena, value);
    return diag_report(
        store->graph->diags, E204, store->at,
        "The `%s` argument must be a tuple of %d integers. Received: %s=%s, including values {%lld} "
        "that do not satisfy `value %s 0`",
        name, store->spec->rank, name, text, (long long)element, store->spec->min > 0 ? ">" : ">=");
}

static bool store_ints(const Store *store, Value value) {
    ParamInts ints = {.count = store->spec->rank};
    const List *items = value_sequence(value);
    if (value_is_none(value) && store->spec->optional_none)
        return *(ParamInts *)store->field = (ParamInts){0}, true;
    if (items && items->items.count != (size_t)store->spec->rank) return invalid_tuple(store, value);
    for (int i = 0; i < ints.count; i++) {
        if (!value_as_int(items ? items->items.at[i] : value, &ints.at[i]))
            return invalid_tuple(store, value);
        if ((double)ints.at[i] < store->spec->min) return invalid_element(store, value, ints.at[i]);
    }
    *(ParamInts *)store->field = ints;
    return true;
}

static bool store_axes(const Store *store, Value value) {
    ParamInts ints = {.count = 1};
    const List *items = value_sequence(value);
    const bool empty = items && items->items.count == 0 && store->spec->empty_as_none;
    if (empty || (value_is_none(value) && store->spec->optional_none))
        return *(ParamInts *)store->field = (ParamInts){0}, true;
    bool fits = !items || (items->items.count > 0 && items->items.count <= SHAPE_MAX_RANK);
    if (fits && items) ints.count = (int)items->items.count;
    for (int i = 0; fits && i < ints.count; i++)
        fits = value_as_int(items ? items->items.at[i] : value, &ints.at[i]);
    if (fits) return *(ParamInts *)store->field = ints, true;
    return diag_report(store->graph->diags, E204, store->at,
                       "The `%s` argument must be an integer or a list of integers. Received: %s=%s",
                       store->spec->name, store->spec->name, value_text(store->graph->arena, value));
}

static bool store_shape(const Store *store, Value value) {
    Shape shape = {0};
    const List *items = value_sequence(value);
    if (value_is_none(value) && store->spec->optional_none) return *(Shape *)store->field = shape, true;
    bool fits = items && items->items.count <= SHAPE_MAX_RANK;
    for (size_t i = 0; fits && i < items->items.count; i++, shape.rank++) {
        if (value_is_none(items->items.at[i]))
            shape.dim[i] = DIM_UNKNOWN;
        else
            fits = value_as_int(items->items.at[i], &shape.dim[i]);
    }
    if (fits) return *(Shape *)store->field = shape, true;
    return diag_report(store->graph->diags, E204, store->at,
                       "The `%s` argument must be a tuple of at most %d integers. Received: %s=%s",
                       store->spec->name, SHAPE_MAX_RANK, store->spec->name,
                       value_text(store->graph->arena, value));
}

bool param_store(Graph *graph, const ParamSpec *spec, Value value, SourceRange at, void *attrs) {
    const Store store = {graph, spec, at, (char *)attrs + spec->offset};
    switch (spec->kind) {
    case PARAM_INT: return store_int(&store, value);
    case PARAM_FLOAT: return store_float(&store, value);
    case PARAM_BOOL: return store_bool(&store, value);
    case PARAM_CHOICE: return store_choice(&store, value);
    case PARAM_INTS: return store_ints(&store, value);
    case PARAM_SHAPE: return store_shape(&store, value);
    case PARAM_AXES: return store_axes(&store, value);
    case PARAM_ACTIVATION: return activation_parse(graph, value, at, store.field);
    case PARAM_INITIALIZER: return initializer_parse(graph, value, at, store.field);
    case PARAM_VALUE: return *(Value *)store.field = value, true;
    case PARAM_IGNORED: return regularizer_check(graph, spec->name, value, at);
    }
    return false;
}

static Value fallback_number(const char *text, const char **end) {
    char *stop;
    const long long integer = strtoll(text, &stop, 10);
    Value value = value_int(integer);
    if (*stop == '.' || *stop == 'e') value = value_float(strtod(text, &stop));
    *end = stop;
    return value;
}

/* A tuple, whose items may be tuples; *end is behind its closing parenthesis. */
static Value fallback_tuple(Arena *arena, const char *text, const char **end) {
    Value tuple = value_list_new(arena, VALUE_TUPLE);
    for (text++; *text && *text != ')';) {
        value_list_push(arena, tuple,
                        *text == '(' ? fallback_tuple(arena, text, &text) : fallback_number(text, &text));
        while (*text == ',' || *text == ' ') text++;
    }
    *end = *text ? text + 1 : text;
    return tuple;
}

Value param_fallback(Arena *arena, const char *text) {
    if (!text || strcmp(text, "None") == 0) return value_none();
    if (strcmp(text, "True") == 0 || strcmp(text, "False") == 0) return value_bool(*text == 'T');
    if (*text == '\'') return value_str_n(arena, text + 1, strlen(text) - 2);
    return *text == '(' ? fallback_tuple(arena, text, &text) : fallback_number(text, &text);
}

bool layer_check_fraction(Graph *graph, const Layer *layer, const Arguments *arguments, const char *name,
                          double value) {
    if (value >= 0 && value <= 1) return true;
    return diag_report(
        graph->diags, E204, layer_argument_at(layer->class_, arguments, name),
        "Invalid value received for argument `%s`. Expected a float value between 0 and 1. Received: %s=%s",
        name, name, value_text(graph->arena, layer_argument(layer->class_, arguments, name)->value));
}
