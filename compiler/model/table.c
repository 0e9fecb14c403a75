/* Prints a table with box-drawing characters. In: cells of UTF-8. Out: lines of equal width. */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "model/table.h"

void table_add_row(Table *table, const char *const *cells) {
    TableRow row = {{0}};
    for (size_t i = 0; i < table->n_columns; i++) row.cells[i] = cells[i];
    vec_push(table->arena, &table->rows, row);
}

static size_t width_of(const char *cell) {
    return text_code_points(cell, strlen(cell));
}

static void repeat(const char *glyph, size_t count, FILE *out) {
    while (count-- > 0) fputs(glyph, out);
}

/* One horizontal line: left corner, fill, crossing, right corner. */
static void print_rule(const Table *table, const size_t *widths, const char *const glyphs[4], FILE *out) {
    fputs(glyphs[0], out);
    for (size_t i = 0; i < table->n_columns; i++) {
        repeat(glyphs[1], widths[i] + 2, out);
        fputs(i + 1 < table->n_columns ? glyphs[2] : glyphs[3], out);
    }
    fputc('\n', out);
}

static void print_row(const Table *table, const size_t *widths, const char *const *cells, const char *bar,
                      FILE *out) {
    fputs(bar, out);
    for (size_t i = 0; i < table->n_columns; i++) {
        const size_t space = widths[i] - width_of(cells[i]);
        fputc(' ', out);
        repeat(" ", table->right[i] ? space : 0, out);
        fputs(cells[i], out);
        repeat(" ", table->right[i] ? 0 : space, out);
        fprintf(out, " %s", bar);
    }
    fputc('\n', out);
}

void table_print(const Table *table, FILE *out) {
    static const char *const TOP[] = {"┏", "━", "┳", "┓"}, *const HEAD[] = {"┡", "━", "╇", "┩"};
    static const char *const LINE[] = {"├", "─", "┼", "┤"}, *const BOTTOM[] = {"└", "─", "┴", "┘"};
    size_t widths[TABLE_MAX_COLUMNS];
    for (size_t i = 0; i < table->n_columns; i++) {
        widths[i] = width_of(table->headers[i]);
        if (widths[i] < table->widths[i]) widths[i] = table->widths[i];
        for (size_t row = 0; row < table->rows.count; row++) {
            const size_t width = width_of(table->rows.at[row].cells[i]);
            if (width > widths[i]) widths[i] = width;
        }
    }
    print_rule(table, widths, TOP, out);
    print_row(table, widths, table->headers, "┃", out);
    print_rule(table, widths, HEAD, out);
    for (size_t row = 0; row < table->rows.count; row++) {
        if (row > 0) print_rule(table, widths, LINE, out);
        print_row(table, widths, table->rows.at[row].cells, "│", out);
    }
    print_rule(table, widths, BOTTOM, out);
}
