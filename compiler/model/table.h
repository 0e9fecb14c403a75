/* Tables in the style of rich.table, which Keras' summary uses: heavy lines around the header, a line between
 * rows. */
#ifndef LAMINA_MODEL_TABLE_H
#define LAMINA_MODEL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/vec.h"

enum { TABLE_MAX_COLUMNS = 7 };

typedef struct TableRow {
    const char *cells[TABLE_MAX_COLUMNS];
} TableRow;

typedef struct Table {
    Arena *arena;
    size_t n_columns;
    const char *headers[TABLE_MAX_COLUMNS];
    size_t widths[TABLE_MAX_COLUMNS]; /* least widths; a column grows to its content */
    bool right[TABLE_MAX_COLUMNS];    /* aligned to the right */
    VEC(TableRow) rows;
} Table;

void table_add_row(Table *table, const char *const *cells);
void table_print(const Table *table, FILE *out);

#endif
