/* share: of ops that are equal in kind, attributes and inputs only the first is computed. Equal constants are
 * shared where they are the same data (the same weight), or small and of the same name: each weight keeps its
 * own. */
#include <string.h>

#include "passes/pass.h"

enum { SMALL_BYTES = 4096, SLOTS_PER_OP = 4 };

static size_t mix(size_t hash, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * (size_t)1099511628211u;
    return hash;
}

static size_t constant_bytes(const Op *op) {
    return (size_t)op_count(op) * dtype_size(op->dtype);
}

static bool equal_types(const Op *a, const Op *b) {
    return a->kind == b->kind && a->dtype == b->dtype && a->n_inputs == b->n_inputs &&
           shape_equal(&a->shape, &b->shape);
}

static bool same_data(const Op *a, const Op *b) {
    return equal_types(a, b) && a->as.constant.data == b->as.constant.data;
}

static bool same_small_weight(const Op *a, const Op *b) {
    if (!equal_types(a, b) || strcmp(a->name, b->name) != 0) return false;
    const size_t bytes = constant_bytes(a);
    return bytes <= SMALL_BYTES && memcmp(a->as.constant.data, b->as.constant.data, bytes) == 0;
}

/* Attributes are zeroed when made, and each kind uses its own member of the union: bytes can be compared. */
static bool equal_ops(const Op *a, const Op *b) {
    if (!equal_types(a, b)) return false;
    for (size_t i = 0; i < a->n_inputs; i++)
        if (a->inputs[i] != b->inputs[i]) return false;
    return a->epilogue.function == b->epilogue.function && a->epilogue.residual == b->epilogue.residual &&
           memcmp(a->epilogue.parameter, b->epilogue.parameter, sizeof a->epilogue.parameter) == 0 &&
           memcmp(&a->as, &b->as, sizeof a->as) == 0;
}

static size_t hash_op(const Op *op) {
    size_t hash = mix((size_t)1469598103u, &op->kind, sizeof op->kind);
    for (int i = 0; i < op->shape.rank; i++) hash = mix(hash, &op->shape.dim[i], sizeof op->shape.dim[i]);
    for (size_t i = 0; i < op->n_inputs; i++) hash = mix(hash, &op->inputs[i]->id, sizeof op->inputs[i]->id);
    return hash;
}

typedef struct Table {
    Op **slots;
    size_t count;
} Table;

typedef bool Equal(const Op *a, const Op *b);

/* The op of the table that is equal, else this one, which is then in it. */
static Op *find_or_add(const Table *table, size_t hash, Op *op, Equal *equal) {
    size_t slot = hash % table->count;
    while (table->slots[slot] && !equal(table->slots[slot], op)) slot = (slot + 1) % table->count;
    if (!table->slots[slot]) table->slots[slot] = op;
    return table->slots[slot];
}

/* Constants stand in it twice: by their data's address, and small ones by their name. */
static Op *find_equal(const Table *table, Op *op) {
    if (op->kind != OP_CONSTANT) return find_or_add(table, hash_op(op), op, equal_ops);
    const void *data = op->as.constant.data;
    Op *found = find_or_add(table, mix(1, &data, sizeof data), op, same_data);
    if (found != op || constant_bytes(op) > SMALL_BYTES) return found;
    return find_or_add(table, mix(2, op->name, strlen(op->name)), op, same_small_weight);
}

static Op *resolve(Op *op) {
    while (op->replacement) op = op->replacement;
    return op;
}

bool pass_share(Ir *ir) {
    const size_t n_slots = ir->ops.count * SLOTS_PER_OP + 1;
    const Table table = {ARENA_ARRAY(ir->arena, Op *, n_slots), n_slots};
    bool changed = false;
    for (size_t i = 0; i < ir->ops.count; i++) {
        Op *op = ir->ops.at[i];
        for (size_t k = 0; k < op->n_inputs; k++) op->inputs[k] = resolve(op->inputs[k]);
        if (op->kind == OP_INPUT) continue;
        Op *equal = find_equal(&table, op);
        if (equal == op) continue;
        op->replacement = equal;
        changed = true;
    }
    for (size_t i = 0; i < ir->n_outputs; i++) ir->outputs[i] = resolve(ir->outputs[i]);
    for (size_t i = 0; i < ir->states.count; i++) ir->states.at[i].next = resolve(ir->states.at[i].next);
    ir_renumber(ir);
    return changed;
}
