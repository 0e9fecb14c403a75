/* Renders the recorded diagnostics: as text for people here, as JSON and SARIF in files of their own. */
#include <string.h>

#include "base/diag_record.h"

const char *diag_severity_name(DiagSeverity severity) {
    static const char *const NAMES[] = {"error", "warning", "note", "remark"};
    return NAMES[severity];
}

const char *diag_message(const Diagnostics *diags, const Report *report) {
    if (!report->exception[0]) return report->text;
    return arena_printf(diags->arena, "%s: %s", report->exception, report->text);
}

static const char *severity_color(DiagSeverity severity) {
    static const char *const COLORS[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[1;34m"};
    return COLORS[severity];
}

static void add_place(const Diagnostics *diags, SourceRange at, Text *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file) {
        text_add(out, "lamina: ");
        return;
    }
    const SourcePosition position = sources_position(diags->sources, at.file, at.begin);
    diag_show(out, file->name, strlen(file->name));
    text_printf(out, ":%u:%u: ", position.line, position.column);
}

static void add_head(const Diagnostics *diags, DiagSeverity severity, const char *label, SourceRange at,
                     Text *out) {
    const bool color = diags->options.color;
    if (color) text_add(out, "\033[1m");
    add_place(diags, at, out);
    text_printf(out, "%s%s: %s", color ? severity_color(severity) : "", label, color ? "\033[0m" : "");
}

static void add_attachment(const Diagnostics *diags, const Attachment *attached, Text *out) {
    const bool note = attached->kind == ATTACHED_NOTE;
    add_head(diags, SEVERITY_NOTE, note ? "note" : "help", attached->at, out);
    diag_show(out, attached->text, strlen(attached->text));
    text_char(out, '\n');
    if (note)
        diag_quote(diags, attached->at, false, out);
    else if (diag_fixes_one_line(diags, attached->at, attached->replacement))
        diag_quote_fixed(diags, attached->at, attached->replacement, out);
}

/* A deep chain of calls is shown by its two ends. A table, whose rows have no place, is shown whole. */
enum { MOST_NOTES = 12, LAST_NOTES = 2 };

void diag_text_report(const Diagnostics *given, const Report *report, bool color, Text *out) {
    Diagnostics plain = *given;
    plain.options.color = color;
    const Diagnostics *diags = &plain;
    add_head(diags, report->severity, diag_severity_name(report->severity), report->at, out);
    if (report->exception[0]) text_printf(out, "%s: ", report->exception);
    diag_show(out, report->text, strlen(report->text));
    text_printf(out, " [%s]\n", diag_info(report->code)->code);
    diag_quote(diags, report->at, true, out);
    const size_t count = report->attachments.count;
    for (size_t i = 0; i < count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        if (count > MOST_NOTES && i == MOST_NOTES - LAST_NOTES && attached->at.file) {
            text_printf(out, "lamina: note: %zu notes like this are left out\n", count - MOST_NOTES);
            i = count - LAST_NOTES - 1;
            continue;
        }
        add_attachment(diags, attached, out);
    }
}

enum { MOST_ERRORS = 20 };

static void render_suppressed(const Diagnostics *diags, size_t count, Text *out) {
    if (diags->options.format == DIAG_JSON)
        text_printf(
            out,
            "{\"$message_type\":\"diagnostic\",\"message\":\"%zu more errors are not shown\",\"code\":null,"
            "\"level\":\"note\",\"spans\":[],\"children\":[],\"rendered\":null}\n",
            count);
    else
        text_printf(out, "lamina: note: %zu more error%s not shown\n", count, count > 1 ? "s are" : " is");
}

void diag_render(Diagnostics *diags, FILE *stream) {
    size_t suppressed = 0;
    Text out = text_new(diags->arena);
    if (diags->options.format == DIAG_SARIF) {
        diag_sarif_log(diags, diags->n_rendered, &out);
        diags->n_rendered = diags->reports.count;
    }
    for (; diags->n_rendered < diags->reports.count; diags->n_rendered++) {
        const Report *report = &diags->reports.at[diags->n_rendered];
        if (report->severity == SEVERITY_ERROR && diags->n_shown++ >= MOST_ERRORS)
            suppressed++;
        else if (diags->options.format == DIAG_JSON)
            diag_json_report(diags, report, &out);
        else
            diag_text_report(diags, report, diags->options.color, &out);
    }
    if (suppressed) render_suppressed(diags, suppressed, &out);
    fwrite(out.data, 1, out.length, stream);
}
