/* Lists may hold themselves, and tuples of tuples be exponentially large: depth and visits are bounded. */
#include "value/opaque.h"

enum { MAX_DEPTH = 200, MAX_VISITS = 200000 };
static const Opaque TOO_LARGE = {.reason = "a list or dict is too large or too deep, or holds itself"};

typedef struct Search {
    ValueOpaqueOf *of;
    uint64_t *visits;
    int depth;
} Search;

static const Opaque *search(Search *state, Value value);

static const Opaque *search_items(Search *state, const Value *items, size_t count) {
    const Opaque *cause = NULL;
    for (size_t i = 0; i < count && !cause; i++) cause = search(state, items[i]);
    return cause;
}

static const Opaque *search_dict(Search *state, const Dict *dict) {
    const Opaque *cause = NULL;
    for (size_t i = 0; i < dict->entries.count && !cause; i++)
        cause = search(state, dict->entries.at[i].value);
    return cause;
}

static const Opaque *search_config(Search *state, const Config *config) {
    const Opaque *cause = NULL;
    for (size_t i = 0; config->arguments && i < config->arguments->count && !cause; i++)
        cause = search(state, config->arguments->at[i].value);
    return cause;
}

static const Opaque *search(Search *state, Value value) {
    const Opaque *cause = state->of(value);
    if (cause) return cause;
    if (state->depth > MAX_DEPTH || ++*state->visits > MAX_VISITS) return &TOO_LARGE;
    state->depth++;
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: cause = search_items(state, value.as.list->items.at, value.as.list->items.count); break;
    case VALUE_DICT: cause = search_dict(state, value.as.dict); break;
    case VALUE_SLICE: {
        const Value parts[] = {value.as.slice->start, value.as.slice->stop, value.as.slice->step};
        cause = search_items(state, parts, 3);
        break;
    }
    case VALUE_CONFIG: cause = search_config(state, value.as.config); break;
    default: break;
    }
    state->depth--;
    return cause;
}

const Opaque *value_opaque_inside(Value value, ValueOpaqueOf *of, uint64_t *visits) {
    Search state = {of, visits, 0};
    return search(&state, value);
}
