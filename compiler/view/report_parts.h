/* The parts of the report, in their order on the page. */
#ifndef LAMINA_VIEW_REPORT_PARTS_H
#define LAMINA_VIEW_REPORT_PARTS_H

#include "view/report.h"

extern const char REPORT_STYLE[], REPORT_SCRIPT[];
/* Of the script, for the page's policy: 'sha256-...'. */
extern const char REPORT_SCRIPT_HASH[];

void report_layer_table(const ReportPage *report, Text *out);
void report_pass_table(const ReportPage *report, Text *out);
void report_memory_map(const ReportPage *report, Text *out);
void report_step_table(const ReportPage *report, Text *out);

/* A cell of a table: text, or a number that sorts by its value. */
void report_cell(Text *out, const char *text);
void report_number_cell(Text *out, double value, const char *shown);
/* A bar of a share of one, with the percentage beside it. */
void report_share_cell(Text *out, double share);
/* "12.3 µs" */
const char *report_time(Arena *arena, double seconds);

#endif
