/* Diagnostics as JSON, one object a line, with the field names of rustc, so that its tools can read them. */
#include <string.h>

#include "base/diag_record.h"

void diag_json_string(const char *text, size_t length, Text *out) {
    text_char(out, '"');
    for (size_t i = 0, n; i < length; i += n ? n : 1) {
        n = text_sequence(text + i, length - i);
        const char c = text[i];
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (n == 1 && (unsigned char)c < 0x20)
            text_printf(out, "\\u%04x", (unsigned char)c);
        else if (n)
            text_add_n(out, text + i, n);
        else if (((unsigned char)c & 0xC0) != 0x80)
            text_add(out, "\\ufffd");
    }
    text_char(out, '"');
}

static void add_string(const char *text, Text *out) {
    diag_json_string(text, strlen(text), out);
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* The lines of the range, with the columns that it takes of each. */
static void add_lines(const SourceFile *file, SourceRange at, uint32_t first, uint32_t last, Text *out) {
    enum { MOST_LINES = 100 };
    text_char(out, '[');
    for (uint32_t line = first; line <= last && line < first + MOST_LINES; line++) {
        const uint32_t start = file->line_starts[line - 1];
        const uint32_t length = (uint32_t)diag_line_length(file, start);
        const uint32_t from = at.begin > start ? smaller(at.begin - start, length) : 0;
        const uint32_t to = smaller(at.end - start, length);
        text_add(out, line > first ? ",{\"text\":" : "{\"text\":");
        diag_json_string(file->text + start, length, out);
        text_printf(out, ",\"highlight_start\":%zu,\"highlight_end\":%zu}",
                    1 + text_code_points(file->text + start, from),
                    1 + text_code_points(file->text + start, to > from ? to : from));
    }
    text_char(out, ']');
}

static void add_suggestion(const char *replacement, bool guessed, Text *out) {
    text_add(out, ",\"suggested_replacement\":");
    if (replacement)
        add_string(replacement, out);
    else
        text_add(out, "null");
    text_printf(out, ",\"suggestion_applicability\":%s,\"expansion\":null}]",
                !replacement ? "null"
                : guessed    ? "\"MaybeIncorrect\""
                             : "\"MachineApplicable\"");
}

static void add_spans(const Diagnostics *diags, SourceRange at, bool primary, const char *replacement,
                      bool guessed, Text *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file) {
        text_add(out, "[]");
        return;
    }
    const SourcePosition begin = sources_position(diags->sources, at.file, at.begin);
    const SourcePosition end = sources_position(diags->sources, at.file, at.end);
    text_add(out, "[{\"file_name\":");
    add_string(file->name, out);
    text_printf(out,
                ",\"byte_start\":%u,\"byte_end\":%u,\"line_start\":%u,\"line_end\":%u,\"column_start\":%u,"
                "\"column_end\":%u,\"is_primary\":%s,\"text\":",
                at.begin, at.end, begin.line, end.line, begin.column, end.column, primary ? "true" : "false");
    add_lines(file, at, begin.line, end.line, out);
    text_add(out, ",\"label\":null");
    add_suggestion(replacement, guessed, out);
}

static void add_children(const Diagnostics *diags, const Report *report, Text *out) {
    text_add(out, ",\"children\":[");
    for (size_t i = 0; i < report->attachments.count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        text_add(out, i ? ",{\"message\":" : "{\"message\":");
        add_string(attached->text, out);
        text_printf(out, ",\"code\":null,\"level\":\"%s\",\"spans\":",
                    attached->kind == ATTACHED_NOTE ? "note" : "help");
        add_spans(diags, attached->at, true, attached->replacement, attached->guess != NULL, out);
        text_add(out, ",\"children\":[],\"rendered\":null}");
    }
    text_char(out, ']');
}

void diag_json_report(const Diagnostics *diags, const Report *report, Text *out) {
    const DiagInfo *info = diag_info(report->code);
    text_add(out, "{\"$message_type\":\"diagnostic\",\"message\":");
    add_string(diag_message(diags, report), out);
    text_printf(out, ",\"code\":{\"code\":\"%s\",\"explanation\":", info->code);
    add_string(info->explanation, out);
    text_printf(out, "},\"level\":\"%s\",\"spans\":", diag_severity_name(report->severity));
    add_spans(diags, report->at, true, NULL, false, out);
    add_children(diags, report, out);
    Text rendered = text_new(diags->arena);
    diag_text_report(diags, report, false, &rendered);
    text_add(out, ",\"rendered\":");
    add_string(rendered.data, out);
    text_add(out, "}\n");
}
