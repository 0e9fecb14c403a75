/* What does not fit between a weights file and the model: one error for each kind of mismatch, each with a
 * table of what is expected beside what was found, and the likely cause.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "weights/inventory.h"

enum { MAX_ROWS = 16, MAX_EXTRA = 8 };

typedef struct Row {
    const char *expected, *found, *remark;
} Row;

typedef struct Table {
    VEC(Row) rows;
} Table;

static const char *describe_slot(Arena *arena, const WeightSlot *slot) {
    return arena_printf(arena, "%s %s %s", slot->key, shape_text(arena, &slot->weight->shape),
                        dtype_name(slot->weight->dtype));
}

static const char *describe_found(Arena *arena, const FoundWeight *found) {
    const char *name = bytes_printable(arena, found->path);
    if (found->problem) return name;
    return arena_printf(arena, "%s %s %s", name, shape_text(arena, &found->shape), dtype_name(found->dtype));
}

static int padding(const char *text, size_t width) {
    const size_t points = text_code_points(text, strlen(text));
    return points < width ? (int)(width - points) : 0;
}

/* The table as notes of the last report, its columns aligned. */
static void note_table(const Inventory *inventory, const Table *table) {
    Diagnostics *diags = inventory->set->diags;
    size_t expected_width = strlen("expected"), found_width = strlen("in the file");
    const size_t shown = table->rows.count > MAX_ROWS ? MAX_ROWS : table->rows.count;
    for (size_t i = 0; i < shown; i++) {
        const Row *row = &table->rows.at[i];
        const size_t expected = text_code_points(row->expected, strlen(row->expected));
        const size_t found = text_code_points(row->found, strlen(row->found));
        if (expected > expected_width) expected_width = expected;
        if (found > found_width) found_width = found;
    }
    diag_note(diags, NO_SOURCE, "%-*s | in the file", (int)expected_width, "expected");
    for (size_t i = 0; i < shown; i++) {
        const Row *row = &table->rows.at[i];
        const bool remark = row->remark[0] != '\0';
        diag_note(diags, NO_SOURCE, "%s%*s | %s%*s%s%s", row->expected,
                  padding(row->expected, expected_width), "", row->found,
                  remark ? padding(row->found, found_width) : 0, "", remark ? " | " : "", row->remark);
    }
    if (shown < table->rows.count) diag_note(diags, NO_SOURCE, "and %zu more", table->rows.count - shown);
}

static void add_row(const Inventory *inventory, Table *table, const WeightSlot *slot,
                    const FoundWeight *found, const char *remark) {
    Arena *arena = inventory->scratch;
    const Row row = {describe_slot(arena, slot), found ? describe_found(arena, found) : "-", remark};
    vec_push(arena, &table->rows, row);
}

/* Whether `b` has the extents of `a` in another order. */
static bool is_permuted(const Shape *a, const Shape *b) {
    bool used[SHAPE_MAX_RANK] = {false};
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++) {
        int k = 0;
        while (k < b->rank && (used[k] || b->dim[k] != a->dim[i])) k++;
        if (k == b->rank) return false;
        used[k] = true;
    }
    return true;
}

static int count_differences(const Shape *a, const Shape *b, int *axis) {
    int n = 0;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) {
            n++;
            *axis = i;
        }
    return n;
}

static const char *shape_cause(Arena *arena, const Shape *expected, const Shape *found) {
    int axis = 0;
    int64_t a, b;
    if (is_permuted(expected, found)) return expected->rank == 2 ? "transposed?" : "axes in another order?";
    if (expected->rank == found->rank && count_differences(expected, found, &axis) == 1) {
        const char *what = axis == expected->rank - 1   ? "other width"
                           : axis == expected->rank - 2 ? "its input has another width"
                                                        : "other kernel size";
        return arena_printf(arena, "%s: %" PRId64 " in the model, %" PRId64 " in the file", what,
                            expected->dim[axis], found->dim[axis]);
    }
    if (shape_count(expected, 0, &a) && shape_count(found, 0, &b) && a == b)
        return "as many values, in another shape";
    return "another layer?";
}

/* Whether the shapes of the file, in any order, are those that the model expects. */
static bool same_shapes_reordered(const Inventory *inventory) {
    const WeightSet *set = inventory->set;
    if (inventory->found.count != set->count) return false;
    bool *used = ARENA_ARRAY(inventory->scratch, bool, set->count);
    for (size_t i = 0; i < set->count; i++) {
        size_t k = 0;
        while (k < set->count && (used[k] || inventory->found.at[k].problem ||
                                  !shape_equal(&set->slots[i].weight->shape, &inventory->found.at[k].shape)))
            k++;
        if (k == set->count) return false;
        used[k] = true;
    }
    return true;
}

/* Whether one change of width explains all: every difference is of the same two numbers. */
static bool is_one_width(const Inventory *inventory) {
    int64_t model = 0, file = 0;
    for (size_t i = 0; i < inventory->set->count; i++) {
        if (inventory->match[i] == NOT_FOUND) return false;
        const Shape *a = &inventory->set->slots[i].weight->shape;
        const Shape *b = &inventory->found.at[inventory->match[i]].shape;
        int axis = 0;
        if (shape_equal(a, b)) continue;
        if (a->rank != b->rank || count_differences(a, b, &axis) != 1) return false;
        if (model && (model != a->dim[axis] || file != b->dim[axis])) return false;
        model = a->dim[axis];
        file = b->dim[axis];
    }
    return model != 0;
}

static void help_cause(const Inventory *inventory, size_t wrong) {
    Diagnostics *diags = inventory->set->diags;
    if (is_one_width(inventory)) {
        diag_help(diags, NO_SOURCE, NULL, "one layer was given another width after the weights were saved");
        return;
    }
    if (same_shapes_reordered(inventory))
        diag_help(diags, NO_SOURCE, NULL,
                  "the file has arrays of exactly the expected shapes under other names or in another "
                  "order: its model may have the same layers made in another order");
    else if (wrong > 1 && wrong * 2 > inventory->set->count)
        diag_help(diags, NO_SOURCE, NULL, "most weights do not fit: the file seems to be of another model");
}

/* ---- missing ---- */

/* An array that no slot has, which could be the one missing: the nearest name, of the same shape where there
 * is one. */
static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The one array of that shape with the same last name, whatever its layer is called; NULL where there are
 * more. */
static const FoundWeight *only_found(const Inventory *inventory, const WeightSlot *slot) {
    const FoundWeight *only = NULL;
    for (size_t i = 0; i < inventory->found.count; i++) {
        const FoundWeight *found = &inventory->found.at[i];
        if (found->taken || found->problem || !shape_equal(&found->shape, &slot->weight->shape)) continue;
        if (strcmp(last_part(found->path), last_part(slot->key)) != 0) continue;
        if (only) return NULL;
        only = found;
    }
    return only;
}

static const FoundWeight *likely_found(const Inventory *inventory, const WeightSlot *slot,
                                       const char *wanted) {
    const size_t n = inventory->found.count, length = strlen(wanted);
    const char **names = ARENA_ARRAY(inventory->scratch, const char *, n);
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const FoundWeight *found = &inventory->found.at[i];
        const size_t own = strlen(found->path);
        if (found->taken || !shape_equal(&found->shape, &slot->weight->shape)) continue;
        if (own > length && found->path[own - length - 1] == '/' &&
            strcmp(found->path + own - length, wanted) == 0)
            return found; /* the same with something before it */
        names[count++] = found->path;
    }
    const char *nearest = text_nearest(wanted, names, count);
    for (size_t i = 0; nearest && i < n; i++)
        if (inventory->found.at[i].path == nearest) return &inventory->found.at[i];
    return only_found(inventory, slot);
}

static bool report_missing(Inventory *inventory) {
    const WeightSet *set = inventory->set;
    Table table = {0};
    const bool by_path = inventory->found.count && strstr(inventory->found.at[0].path, "vars/") != NULL;
    for (size_t i = 0; i < set->count; i++) {
        if (inventory->match[i] != NOT_FOUND) continue;
        const WeightSlot *slot = &set->slots[i];
        const FoundWeight *likely = table.rows.count < MAX_ROWS
                                        ? likely_found(inventory, slot, by_path ? slot->h5_path : slot->key)
                                        : NULL;
        const char *sought = by_path ? arena_printf(inventory->scratch, "sought as %s", slot->h5_path) : "";
        add_row(inventory, &table, slot, likely, likely ? "renamed?" : sought);
    }
    if (table.rows.count == 0) return true;
    diag_report(set->diags, E410, NO_SOURCE, "\"%s\" lacks %zu of the model's %zu weights", inventory->path,
                table.rows.count, set->count);
    note_table(inventory, &table);
    help_cause(inventory, table.rows.count);
    return false;
}

/* ---- shapes, types ---- */

static bool report_shapes(Inventory *inventory) {
    const WeightSet *set = inventory->set;
    Table table = {0};
    for (size_t i = 0; i < set->count; i++) {
        if (inventory->match[i] == NOT_FOUND) continue;
        const FoundWeight *found = &inventory->found.at[inventory->match[i]];
        const Shape *wanted = &set->slots[i].weight->shape;
        if (found->problem || shape_equal(wanted, &found->shape)) continue;
        add_row(inventory, &table, &set->slots[i], found,
                shape_cause(inventory->scratch, wanted, &found->shape));
    }
    if (table.rows.count == 0) return true;
    diag_report(set->diags, E411, NO_SOURCE,
                "%zu of %zu weights in \"%s\" have another shape than the model's", table.rows.count,
                set->count, inventory->path);
    note_table(inventory, &table);
    help_cause(inventory, table.rows.count);
    return false;
}

static bool report_types(Inventory *inventory) {
    const WeightSet *set = inventory->set;
    Table table = {0};
    for (size_t i = 0; i < set->count; i++) {
        if (inventory->match[i] == NOT_FOUND) continue;
        const FoundWeight *found = &inventory->found.at[inventory->match[i]];
        if (!found->problem && inventory_converts(found->dtype, set->slots[i].weight->dtype)) continue;
        add_row(inventory, &table, &set->slots[i], found,
                found->problem ? found->problem : "floats do not become integers");
    }
    if (table.rows.count == 0) return true;
    diag_report(set->diags, E412, NO_SOURCE,
                "%zu of %zu weights in \"%s\" cannot be read as what the model expects", table.rows.count,
                set->count, inventory->path);
    note_table(inventory, &table);
    return false;
}

static void warn_extra(Inventory *inventory) {
    Diagnostics *diags = inventory->set->diags;
    size_t extra = 0;
    for (size_t i = 0; i < inventory->found.count; i++) extra += !inventory->found.at[i].taken;
    if (extra == 0) return;
    diag_report(diags, W400, NO_SOURCE, "\"%s\" holds %zu more array%s than the model has weights",
                inventory->path, extra, extra == 1 ? "" : "s");
    size_t shown = 0;
    for (size_t i = 0; i < inventory->found.count && shown < MAX_EXTRA; i++) {
        if (inventory->found.at[i].taken) continue;
        diag_note(diags, NO_SOURCE, "not used: %s",
                  describe_found(inventory->scratch, &inventory->found.at[i]));
        shown++;
    }
    if (shown < extra) diag_note(diags, NO_SOURCE, "and %zu more", extra - shown);
}

bool inventory_report(Inventory *inventory) {
    bool fine = report_missing(inventory);
    fine = report_shapes(inventory) && fine;
    fine = report_types(inventory) && fine;
    if (fine) warn_extra(inventory);
    return fine;
}
