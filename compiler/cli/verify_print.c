/* A verification as tables for people, and as JSON for programs. */
#include "cli/verify.h"

#include <string.h>

#include "cli/json_print.h"

static void print_row(const VerifyRow *row, FILE *out) {
    const Difference *d = &row->found;
    if (row->is_distance) {
        fprintf(out, "%-24s %-10s %12.3g %12s %10s  what int8 costs\n", row->name, row->way, d->error, "-",
                "-");
        return;
    }
    if (d->share < 0)
        fprintf(out, "%-24s %-10s %12s %12s %10s  %s\n", row->name, row->way, "-", "-", "-",
                row->count > 0 ? "no bound" : "empty");
    else
        fprintf(out, "%-24s %-10s %12.3g %12.3g %8.2f %%  %s\n", row->name, row->way, d->error, d->bound,
                100 * d->share,
                d->share > 1       ? "DIFFERS"
                : d->unbounded > 0 ? "agrees where there is a bound"
                                   : "agrees");
    if (d->unbounded > 0)
        fprintf(out,
                "    %zu of %zu elements have no bound: a comparison, rounding or index may fall either way, "
                "or a "
                "divisor be 0\n",
                d->unbounded, row->count);
}

void verify_print_text(const Verification *v, FILE *out) {
    const char *table = "";
    for (size_t i = 0; i < v->rows.count; i++) {
        const VerifyRow *row = &v->rows.at[i];
        if (strcmp(row->what, table) != 0)
            fprintf(out, "%s%-24s %-10s %12s %12s %10s\n", *table ? "\n" : "", row->what, "by", "error",
                    "bound", "share");
        table = row->what;
        print_row(row, out);
    }
    if (!v->quantized) return;
    fputc('\n', out);
    quantized_print_text(v->quantized, out);
}

static void json_row(const VerifyRow *row, FILE *out) {
    const Difference *d = &row->found;
    fputc('{', out);
    json_field(row->what, row->name, out);
    fputc(',', out);
    json_field("by", row->way, out);
    json_number("error", d->share < 0 && !row->is_distance ? -1 : d->error, out);
    json_number("bound", d->share < 0 ? -1 : d->bound, out);
    json_number("share", d->share, out);
    if (d->share >= 0) {
        fputc(',', out);
        json_field("at", row->place, out);
    }
    fprintf(out, ",\"elements\":%zu,\"without_bound\":%zu,\"agrees\":%s}", row->count, d->unbounded,
            d->share > 1 ? "false" : "true");
}

void verify_print_json(const Verification *v, FILE *out) {
    fputc('{', out);
    json_field("model", v->model, out);
    fprintf(out, ",\"batch\":%zu,\"rows\":[", v->batch);
    for (size_t i = 0; i < v->rows.count; i++) {
        if (i > 0) fputs(",", out);
        fputs("\n", out);
        json_row(&v->rows.at[i], out);
    }
    fputs("]", out);
    if (v->quantized) {
        fputs(",\"quantization\":", out);
        quantized_print_json(v->quantized, out);
    }
    fputs("}\n", out);
}
