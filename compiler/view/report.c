/* The page from top to bottom. In: a compiled model. Out: HTML that is XML too, the same bytes each time.
 */
#include "view/report.h"

#include <inttypes.h>

#include "model/cost.h"
#include "view/markup.h"
#include "view/picture.h"
#include "view/report_parts.h"

void report_cell(Text *out, const char *text) {
    text_add(out, "<td>");
    markup_text(out, text);
    text_add(out, "</td>");
}

void report_number_cell(Text *out, double value, const char *shown) {
    text_printf(out, "<td class=\"num\" data-v=\"%.9g\">", value);
    markup_text(out, shown);
    text_add(out, "</td>");
}

void report_share_cell(Text *out, double share) {
    if (!(share >= 0)) {
        report_number_cell(out, -1, "–");
        return;
    }
    text_printf(out,
                "<td class=\"num\" data-v=\"%.9g\">%.1f&#160;%%<svg class=\"bar\" width=\"60\" height=\"8\" "
                "aria-hidden=\"true\"><rect class=\"track\" width=\"60\" height=\"8\" rx=\"2\"/>"
                "<rect class=\"fill\" width=\"%.1f\" height=\"8\" rx=\"2\"/></svg></td>",
                share, 100 * share, 60 * share);
}

const char *report_time(Arena *arena, double seconds) {
    if (!(seconds >= 0)) return "–";
    if (seconds < 1e-3) return arena_printf(arena, "%.2f µs", seconds * 1e6);
    return seconds < 1 ? arena_printf(arena, "%.3f ms", seconds * 1e3)
                       : arena_printf(arena, "%.3f s", seconds);
}

static void print_head(const ReportPage *r, Text *out) {
    text_printf(
        out,
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
        "<meta charset=\"UTF-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "'none'; style-src 'unsafe-inline'; script-src '%s'\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>",
        REPORT_SCRIPT_HASH);
    markup_text(out, r->model->layer->name);
    text_printf(out, " - Lamina report</title>\n<style>%s</style>\n</head>\n<body>\n", REPORT_STYLE);
}

static void print_tile(Text *out, const char *what, const char *value) {
    text_add(out, "<div class=\"tile\"><dt>");
    text_add(out, what);
    text_add(out, "</dt><dd>");
    markup_text(out, value);
    text_add(out, "</dd></div>\n");
}

static void print_workspace(const ReportPage *r, Text *out) {
    const Program *p = r->program;
    if (p->n_dims > 0) {
        print_tile(out, "Workspace", "by the dimensions at run time");
        return;
    }
    const char *each = p->open_batch && p->chunk > 1 ? " a sample" : "";
    print_tile(out, "Workspace",
               arena_printf(r->arena, "%s B%s", cost_number(r->arena, (int64_t)p->workspace_bytes), each));
    print_tile(out, "Least possible",
               arena_printf(r->arena, "%s B%s", cost_number(r->arena, (int64_t)p->workspace_bound), each));
}

static void print_numbers(const ReportPage *r, Text *out) {
    const Cost cost = cost_of_layer(r->arena, r->model->layer);
    text_add(out, "<dl class=\"tiles\">\n");
    print_tile(out, "Parameters", cost_number(r->arena, cost.params));
    print_tile(out, "Trainable", cost_number(r->arena, cost.trainable_params));
    print_tile(out, "Weights", cost_memory(r->arena, cost.bytes));
    print_tile(out, "MACs a sample", cost_number(r->arena, r->costs->total_macs));
    print_workspace(r, out);
    print_tile(out, "Steps", cost_number(r->arena, (int64_t)r->program->steps.count));
    if (r->step_seconds)
        print_tile(out, arena_printf(r->arena, "Time, batch %zu", r->batch),
                   report_time(r->arena, r->step_seconds[r->program->steps.count]));
    text_add(out, "</dl>\n");
}

static void print_graph(const ReportPage *r, Text *out) {
    const PictureOptions options = {.sources = r->sources, .costs = r->costs, .inside_html = true};
    text_add(out, "<h2 id=\"graph\">Graph</h2>\n<div class=\"scroll graph\" tabindex=\"0\" role=\"region\" "
                  "aria-labelledby=\"graph\">\n");
    picture_svg(r->arena, r->model, &options, out);
    text_add(out, "</div>\n");
}

void report_page(const ReportPage *r, Text *out) {
    print_head(r, out);
    text_add(out, "<header><h1>");
    markup_text(out, r->model->layer->name);
    text_add(out, "</h1><p>");
    markup_text(out, r->file);
    text_printf(
        out,
        ", compiled by Lamina %s</p>\n<nav aria-label=\"Parts of the report\"><a href=\"#graph\">Graph</a> "
        "<a href=\"#layers\">Layers</a> <a href=\"#passes\">Passes</a> <a href=\"#memory\">Memory</a> "
        "<a href=\"#steps\">Steps</a></nav></header>\n<main>\n",
        r->version);
    print_numbers(r, out);
    print_graph(r, out);
    report_layer_table(r, out);
    report_pass_table(r, out);
    report_memory_map(r, out);
    report_step_table(r, out);
    text_printf(out, "</main>\n<script>%s</script>\n</body>\n</html>\n", REPORT_SCRIPT);
}
