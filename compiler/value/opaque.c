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

static const Opaque *search_parts(Search *state, Value value) {
    const Opaque *cause = NULL;
    for (size_t i = 0; i < value_part_count(value) && !cause; i++)
        cause = search(state, value_part(value, i));
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
    case VALUE_SET:
    case VALUE_DICT: cause = search_parts(state, value); break;
    case VALUE_SLICE:
        cause = search(state, value.as.slice->start);
        if (!cause) cause = search(state, value.as.slice->stop);
        if (!cause) cause = search(state, value.as.slice->step);
        break;
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
