/* The order of a set of ints, which in CPython follows from its hash table: the same table is filled here.
 * The hash of an int is the int itself (modulo 2^61 - 1), so the order is the same in every run; that of
 * strings is not.
 */
#include <string.h>

#include "value/value.h"

enum { LINEAR_PROBES = 9, PERTURB_SHIFT = 5, FIRST_SIZE = 8 };

typedef struct Table {
    size_t mask, used;
    const Value **slots;
} Table;

static uint64_t int_hash(int64_t i) {
    const uint64_t modulus = (UINT64_C(1) << 61) - 1;
    const uint64_t magnitude = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    const uint64_t hash = i < 0 ? 0 - magnitude % modulus : magnitude % modulus;
    return hash == UINT64_MAX ? UINT64_MAX - 1 : hash; /* -1 means an error there */
}

static uint64_t item_hash(const Value *item) {
    return int_hash(item->kind == VALUE_BOOL ? item->as.boolean : item->as.integer);
}

static void insert(Table *table, const Value *item) {
    uint64_t perturb = item_hash(item);
    for (size_t i = perturb & table->mask;;) {
        const size_t probes = i + LINEAR_PROBES <= table->mask ? LINEAR_PROBES : 0;
        for (size_t j = i; j <= i + probes; j++) {
            if (table->slots[j]) continue;
            table->slots[j] = item;
            table->used++;
            return;
        }
        perturb >>= PERTURB_SHIFT;
        i = (size_t)(i * 5 + 1 + perturb) & table->mask;
    }
}

static void resize(Arena *arena, Table *table, size_t least) {
    size_t size = FIRST_SIZE;
    while (size <= least) size *= 2;
    const Table old = *table;
    *table = (Table){.mask = size - 1, .slots = arena_alloc_array(arena, size, sizeof *table->slots)};
    for (size_t i = 0; old.slots && i <= old.mask; i++) {
        if (old.slots[i]) insert(table, old.slots[i]);
    }
}

void value_set_order(Arena *arena, const List *set, Value *out) {
    const size_t n = set->items.count;
    bool ints = true;
    for (size_t i = 0; i < n; i++) {
        ints = ints && (set->items.at[i].kind == VALUE_INT || set->items.at[i].kind == VALUE_BOOL);
    }
    if (!ints) {
        memcpy(out, set->items.at, n * sizeof *out);
        return;
    }
    Table table = {0};
    resize(arena, &table, 0);
    for (size_t i = 0; i < n; i++) {
        insert(&table, &set->items.at[i]);
        if (table.used * 5 >= table.mask * 3)
            resize(arena, &table, table.used > 50000 ? table.used * 2 : table.used * 4);
    }
    for (size_t i = 0, k = 0; i <= table.mask; i++) {
        if (table.slots[i]) out[k++] = *table.slots[i];
    }
}
