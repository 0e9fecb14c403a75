/* Matches arrays of a file with slots by name, and fetches them once everything fits. */
#include "weights/inventory.h"

#include "base/checked.h"
#include "data/convert.h"

void inventory_init(Inventory *inventory, WeightSet *set, Arena *scratch, const char *path) {
    *inventory = (Inventory){.set = set, .scratch = scratch, .path = path};
    inventory->match = ARENA_ARRAY(scratch, size_t, set->count);
    for (size_t i = 0; i < set->count; i++) inventory->match[i] = NOT_FOUND;
}

void inventory_match_names(Inventory *inventory, const char *(*name_of)(const WeightSlot *slot)) {
    Map by_path = map_new(inventory->scratch);
    for (size_t i = 0; i < inventory->found.count; i++)
        map_put(&by_path, inventory->found.at[i].path, &inventory->found.at[i]);
    for (size_t i = 0; i < inventory->set->count; i++) {
        FoundWeight *found = map_get(&by_path, name_of(&inventory->set->slots[i]));
        if (!found) continue;
        found->taken = true;
        inventory->match[i] = (size_t)(found - inventory->found.at);
    }
}

const char *weights_slot_key(const WeightSlot *slot) {
    return slot->key;
}

bool inventory_converts(DType from, DType to) {
    const bool number = from < DTYPE_COMPILABLE && to < DTYPE_COMPILABLE;
    return number && (dtype_is_float(to) || from == to || (dtype_is_integer(to) && !dtype_is_float(from)));
}

static bool fetch_slot(Inventory *inventory, WeightSlot *slot, const FoundWeight *found) {
    const DType wanted = slot->weight->dtype;
    size_t bytes, found_bytes;
    if (!checked_mul_size(slot->count, dtype_size(wanted), &bytes) ||
        !checked_mul_size(slot->count, dtype_size(found->dtype), &found_bytes))
        return diag_report(inventory->set->diags, E411, NO_SOURCE,
                           "weight %s has more elements than memory can hold", slot->key);
    void *data = arena_alloc(inventory->set->arena, bytes);
    void *raw = found->dtype == wanted ? data : arena_alloc(inventory->scratch, found_bytes);
    if (!inventory->fetch(inventory, found, raw)) return false;
    if (raw != data || wanted == DTYPE_BOOL) convert_array(found->dtype, raw, wanted, data, slot->count);
    slot->data = data;
    return true;
}

bool inventory_load(Inventory *inventory) {
    if (!inventory_report(inventory)) return false;
    bool fine = true;
    for (size_t i = 0; i < inventory->set->count && fine; i++)
        fine = fetch_slot(inventory, &inventory->set->slots[i], &inventory->found.at[inventory->match[i]]);
    return fine;
}
