/* The steps: the calls of kernels that the generated function makes. In: the Program. Out: a table, with the
 * reasons for choices among kernels, and times where they were measured.
 */
#include "view/markup.h"
#include "view/report_parts.h"

static void print_step(const ReportPage *r, size_t index, const Step *step, double all, Text *out) {
    text_printf(out, "<tr><td class=\"num\" data-v=\"%zu\">%zu</td><td><code>", index, index);
    markup_text(out, step->kernel);
    text_add(out, "</code></td>");
    report_cell(out, step->note ? step->note : "");
    report_cell(out, step->origin ? ir_origin_text(r->arena, r->sources, step->origin) : "");
    report_cell(out, step->why ? step->why : "");
    if (r->step_seconds) {
        report_number_cell(out, r->step_seconds[index], report_time(r->arena, r->step_seconds[index]));
        report_share_cell(out, all > 0 ? r->step_seconds[index] / all : -1);
    }
    text_add(out, "</tr>\n");
}

void report_step_table(const ReportPage *r, Text *out) {
    const Program *p = r->program;
    double all = 0;
    for (size_t i = 0; r->step_seconds && i < p->steps.count; i++) all += r->step_seconds[i];
    text_add(out, "<h2 id=\"steps\">Steps</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                  "aria-labelledby=\"steps\"><table class=\"sort\"><thead><tr><th scope=\"col\">Step</th>"
                  "<th scope=\"col\">Kernel</th><th scope=\"col\">What</th><th scope=\"col\">Layer</th>"
                  "<th scope=\"col\">Why this kernel</th>");
    if (r->step_seconds) text_add(out, "<th scope=\"col\">Time</th><th scope=\"col\">Share</th>");
    text_add(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < p->steps.count; i++) print_step(r, i, &p->steps.at[i], all, out);
    text_add(out, "</tbody></table></div>\n");
}
