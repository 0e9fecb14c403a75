/* The table of `lamina list weights MODEL`. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "weights/weights.h"

enum { COLUMNS = 4 };

static const char *cell(Arena *arena, const WeightSlot *slot, int column) {
    switch (column) {
    case 0: return slot->key;
    case 1: return shape_text(arena, &slot->weight->shape);
    case 2: return dtype_name(slot->weight->dtype);
    default: return slot->h5_path ? slot->h5_path : "-";
    }
}

static void print_row(const char *const *cells, const size_t *widths, FILE *out) {
    for (int column = 0; column < COLUMNS; column++) {
        const size_t width = text_code_points(cells[column], strlen(cells[column]));
        const bool last = column == COLUMNS - 1;
        fprintf(out, "%s%*s", cells[column], last ? 0 : (int)(widths[column] - width + 2), "");
    }
    fputc('\n', out);
}

void weights_print(const WeightSet *set, FILE *out) {
    static const char *const HEAD[COLUMNS] = {"key", "shape", "dtype", "path in .weights.h5"};
    const char *(*rows)[COLUMNS] = arena_alloc_array(set->arena, set->count + 1, sizeof *rows);
    size_t widths[COLUMNS] = {0};
    for (size_t i = 0; i <= set->count; i++)
        for (int column = 0; column < COLUMNS; column++) {
            rows[i][column] = i ? cell(set->arena, &set->slots[i - 1], column) : HEAD[column];
            const size_t width = text_code_points(rows[i][column], strlen(rows[i][column]));
            if (width > widths[column]) widths[column] = width;
        }
    for (size_t i = 0; i <= set->count; i++) print_row(rows[i], widths, out);
}
