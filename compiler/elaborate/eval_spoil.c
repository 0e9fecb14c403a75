/* Spoiling: a skipped statement could have changed a value, so it and all that can be reached from it become
 * opaque.
 *
 * An opaque value remembers what it could be a part of (Opaque.part_of); changing it changes those. The parts
 * are kept flat and without repeats, so that chains of unknown values stay cheap.
 */
#include <stdint.h>
#include <string.h>

#include "elaborate/eval_parts.h"
#include "elaborate/iterate.h"
#include "value/class.h"

/* ---- parts ---- */

static const void *identity(Value value) {
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET: return value.as.list;
    case VALUE_DICT: return value.as.dict;
    case VALUE_LAYER: return value.as.layer;
    case VALUE_TENSOR:
    case VALUE_HISTORY: return value.as.tensor;
    case VALUE_METHOD: return value.as.method;
    case VALUE_FUNCTION: return value.as.function;
    case VALUE_OPAQUE: return value.as.opaque;
    case VALUE_CLASS: return value.as.class_;
    case VALUE_INSTANCE: return value.as.instance;
    case VALUE_NAMESPACE: return value.as.space->kind == SPACE_LOCAL ? value.as.space : NULL;
    default: return NULL;
    }
}

void eval_part_add(Eval *eval, Value parts, Value value) {
    if (value.kind == VALUE_OPAQUE) {
        const Value *inner = value.as.opaque->part_of;
        if (!inner) return;
        if (inner->kind != VALUE_TUPLE) {
            eval_part_add(eval, parts, *inner);
            return;
        }
        for (size_t i = 0; i < inner->as.list->items.count; i++)
            eval_part_add(eval, parts, inner->as.list->items.at[i]);
        return;
    }
    const void *key = identity(value);
    const List *list = parts.as.list;
    for (size_t i = 0; i < list->items.count; i++)
        if (identity(list->items.at[i]) == key) return;
    if (key) value_list_push(eval->arena, parts, value);
}

static bool can_change(Value value) {
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_DICT:
    case VALUE_INSTANCE:
    case VALUE_LAYER: return true;
    case VALUE_OPAQUE: return value.as.opaque->part_of != NULL;
    default: return false;
    }
}

static const Value *make_part(Eval *eval, Value value) {
    Value *part = ARENA_NEW(eval->arena, Value);
    *part = value;
    return part;
}

Value eval_opaque_holding(Eval *eval, const Opaque *cause, const Arguments *arguments) {
    const Value parts = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < arguments->count; i++)
        if (can_change(arguments->at[i].value)) eval_part_add(eval, parts, arguments->at[i].value);
    const bool holds = parts.as.list->items.count > 0;
    if (!holds && !cause->reads_only) return eval_opaque_from(eval, cause);
    eval_part_add(eval, parts, eval_value_of(cause));
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = *cause;
    opaque->reads_only = false; /* json.loads changes nothing; methods of what it gives may */
    if (holds) opaque->part_of = make_part(eval, parts);
    return eval_opaque_from(eval, opaque);
}

/* All values that came from this one share its Opaque, so each of them now leads to the part. */
void eval_opaque_absorb(Eval *eval, Value opaque, Value value) {
    if (!can_change(value) || opaque.kind != VALUE_OPAQUE) return;
    Opaque *holder = (Opaque *)(uintptr_t)opaque.as.opaque;
    const Value parts = value_list_new(eval->arena, VALUE_TUPLE);
    eval_part_add(eval, parts, value);
    eval_part_add(eval, parts, opaque);
    holder->part_of = make_part(eval, parts);
    holder->harmless = false;
}

/* ---- spoiling ---- */

/* The objects that this spoiling has been to: open addressing over pointers. */
typedef struct Visited {
    const void **slots;
    size_t capacity, count;
} Visited;

typedef struct Spoiling {
    Eval *eval;
    const Opaque *cause;
    bool containers_only;
    Visited visited;
    unsigned depth;
} Spoiling;

enum { DEEPEST = 2000 };

static void visited_put(Visited *visited, const void *key) {
    size_t slot = ((uintptr_t)key >> 4) * 2654435761u & (visited->capacity - 1);
    while (visited->slots[slot] && visited->slots[slot] != key) slot = (slot + 1) & (visited->capacity - 1);
    visited->count += !visited->slots[slot];
    visited->slots[slot] = key;
}

/* True the first time. */
static bool visit(Spoiling *spoiling, const void *key) {
    Visited *visited = &spoiling->visited;
    if (visited->count * 2 >= visited->capacity) {
        const Visited old = *visited;
        visited->capacity = old.capacity ? old.capacity * 2 : 32;
        visited->slots = ARENA_ARRAY(spoiling->eval->arena, const void *, visited->capacity);
        visited->count = 0;
        for (size_t i = 0; i < old.capacity; i++)
            if (old.slots[i]) visited_put(visited, old.slots[i]);
    }
    const size_t before = visited->count;
    visited_put(visited, key);
    return visited->count != before;
}

static void spoil(Spoiling *spoiling, Value value);

static bool enter(Spoiling *spoiling) {
    Eval *eval = spoiling->eval;
    if (++spoiling->depth <= DEEPEST || eval->fatal) return spoiling->depth <= DEEPEST;
    eval->fatal = true;
    return eval_raise(eval, E315, NULL, spoiling->cause->at, "a structure is nested more than %d deep",
                      DEEPEST);
}

static void spoil_list(Spoiling *spoiling, List *list, bool immutable) {
    if (!immutable && !list->opaque) list->opaque = spoiling->cause;
    for (size_t i = 0; i < list->items.count; i++) spoil(spoiling, list->items.at[i]);
    if (list->lazy) spoil(spoiling, iterate_held(spoiling->eval, list));
    if (list->view_of)
        for (size_t i = 0; i < list->view_of->entries.count; i++)
            spoil(spoiling, list->view_of->entries.at[i].value);
}

static void spoil_dict(Spoiling *spoiling, Dict *dict) {
    if (!dict->opaque) dict->opaque = spoiling->cause;
    for (size_t i = 0; i < dict->entries.count; i++) spoil(spoiling, dict->entries.at[i].value);
}

/* Whoever has an object may run its methods. */
static void spoil_class(Spoiling *spoiling, const Class *class_) {
    for (size_t i = 0; i < class_->n_mro; i++)
        for (size_t k = 0; k < class_->mro[i]->names->cells.count; k++) {
            const Cell *cell = class_->mro[i]->names->cells.entries[k].value;
            if (cell->bound && cell->value.kind == VALUE_FUNCTION) spoil(spoiling, cell->value);
        }
}

static void spoil_attributes(Spoiling *spoiling, const Instance *instance) {
    for (size_t i = 0; i < instance->attributes->entries.count; i++)
        spoil(spoiling, instance->attributes->entries.at[i].value);
    spoil_class(spoiling, instance->class_);
}

static void spoil_instance(Spoiling *spoiling, Instance *instance) {
    if (instance->after) {
        spoil(spoiling, instance->self);
        return;
    }
    if (!spoiling->containers_only && !instance->opaque) instance->opaque = spoiling->cause;
    spoil_attributes(spoiling, instance);
}

static void spoil_layer(Spoiling *spoiling, Layer *layer) {
    Model *model = layer->model;
    if (spoiling->containers_only) return;
    if (!layer->opaque) layer->opaque = spoiling->cause;
    if (layer->instance) spoil_attributes(spoiling, layer->instance);
    if (!model) return;
    if (!model->opaque) model->opaque = spoiling->cause;
    for (size_t i = 0; i < model->n_layers; i++) spoil(spoiling, value_layer(model->layers[i]));
    for (size_t i = 0; i < model->added.count; i++) spoil(spoiling, value_layer(model->added.at[i]));
}

static void spoil_function(Spoiling *spoiling, struct Function *function) {
    skip_function(spoiling->eval, function, spoiling->cause);
    for (size_t i = 0; function->partial && i < function->partial->count; i++)
        spoil(spoiling, function->partial->at[i].value);
}

/* All names of a module of the user's. */
static void spoil_names(Spoiling *spoiling, Scope *scope) {
    for (size_t i = 0; i < scope->cells.count; i++) {
        Cell *cell = scope->cells.entries[i].value;
        if (cell->pinned || !cell->bound) continue;
        spoil(spoiling, cell->value);
        cell->value = eval_value_of(spoiling->cause);
    }
}

static void spoil(Spoiling *spoiling, Value value) {
    const void *key = identity(value);
    if (!key || !visit(spoiling, key) || !enter(spoiling)) return;
    switch (value.kind) {
    case VALUE_LIST:
    case VALUE_SET: spoil_list(spoiling, value.as.list, false); break;
    case VALUE_TUPLE: spoil_list(spoiling, value.as.list, true); break;
    case VALUE_DICT: spoil_dict(spoiling, value.as.dict); break;
    case VALUE_LAYER: spoil_layer(spoiling, value.as.layer); break;
    case VALUE_TENSOR:
    case VALUE_HISTORY:
        if (!spoiling->containers_only && !value.as.tensor->opaque) value.as.tensor->opaque = spoiling->cause;
        break;
    case VALUE_METHOD: spoil(spoiling, value.as.method->self); break;
    case VALUE_FUNCTION: spoil_function(spoiling, value.as.function); break;
    case VALUE_CLASS:
        if (!spoiling->containers_only && !value.as.class_->opaque) value.as.class_->opaque = spoiling->cause;
        spoil_class(spoiling, value.as.class_);
        break;
    case VALUE_INSTANCE: spoil_instance(spoiling, value.as.instance); break;
    case VALUE_NAMESPACE: spoil_names(spoiling, value.as.space->scope); break;
    case VALUE_OPAQUE:
        if (value.as.opaque->part_of) spoil(spoiling, *value.as.opaque->part_of);
        break;
    default: break;
    }
    spoiling->depth--;
}

void eval_spoil(Eval *eval, Value value, const Opaque *cause) {
    Spoiling spoiling = {.eval = eval, .cause = cause};
    spoil(&spoiling, value);
}

void eval_spoil_containers(Eval *eval, Value value, const Opaque *cause) {
    Spoiling spoiling = {.eval = eval, .cause = cause, .containers_only = true};
    spoil(&spoiling, value);
}
