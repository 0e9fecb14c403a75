/* The passes: what each made of the operations. In: the numbers of operations of each kind before and after.
 * Out: a table with a row for each pass that changed something, and those at the beginning and the end.
 */
#include <inttypes.h>
#include <string.h>

#include "view/markup.h"
#include "view/report_parts.h"

static size_t total(const size_t *kinds) {
    size_t sum = 0;
    for (int i = 0; i < OP_KIND_COUNT; i++) sum += i == OP_CONSTANT ? 0 : kinds[i];
    return sum;
}

static void print_kinds(const size_t *kinds, Text *out) {
    bool first = true;
    for (int i = 0; i < OP_KIND_COUNT; i++) {
        if (!kinds[i] || i == OP_CONSTANT) continue;
        text_printf(out, "%s%zu %s", first ? "" : ", ", kinds[i], op_kind_name((OpKind)i));
        first = false;
    }
}

static void print_difference(const PassChange *change, Text *out) {
    bool first = true;
    for (int i = 0; i < OP_KIND_COUNT; i++) {
        if (change->before[i] == change->after[i]) continue;
        text_printf(out, "%s<span class=\"%s\">%s %zu → %zu</span>", first ? "" : ", ",
                    change->after[i] < change->before[i] ? "less" : "more", op_kind_name((OpKind)i),
                    change->before[i], change->after[i]);
        first = false;
    }
    if (first) text_add(out, "the same operations, connected or set otherwise");
}

static void print_change(const PassChange *change, Text *out) {
    text_printf(out, "<tr><td class=\"num\">%d</td><td><code>%s</code></td><td>", change->round + 1,
                change->pass->name);
    markup_text(out, change->pass->about);
    text_printf(out, "</td><td class=\"num\">%zu</td><td class=\"num\">%zu</td><td>", total(change->before),
                total(change->after));
    print_difference(change, out);
    text_add(out, "</td></tr>\n");
}

void report_pass_table(const ReportPage *r, Text *out) {
    const PassChanges *all = r->changes;
    text_add(out, "<h2 id=\"passes\">Passes</h2>\n");
    if (all->count == 0) {
        text_add(out, "<p>No pass ran.</p>\n");
        return;
    }
    text_add(out, "<p>As lowered: ");
    print_kinds(all->at[0].before, out);
    text_add(out,
             ".</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"passes\"><table>"
             "<thead><tr><th scope=\"col\">Round</th><th scope=\"col\">Pass</th><th scope=\"col\">What it "
             "does</th>"
             "<th scope=\"col\">Operations before</th><th scope=\"col\">after</th>"
             "<th scope=\"col\">Changed</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < all->count; i++)
        if (all->at[i].changed) print_change(&all->at[i], out);
    text_add(out, "</tbody></table></div>\n<p>In the end: ");
    print_kinds(all->at[all->count - 1].after, out);
    text_add(out, ". Passes that changed nothing are left out; constants are not counted.</p>\n");
}
