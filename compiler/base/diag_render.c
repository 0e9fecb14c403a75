/* Prints the recorded diagnostics, as text for people or as JSON, one object a line, with rustc's field
 * names. */
#include <string.h>

#include "base/diag_record.h"
#include "base/text.h"

static const char *severity_name(DiagSeverity severity) {
    static const char *const NAMES[] = {"error", "warning", "note", "remark"};
    return NAMES[severity];
}

static const char *severity_color(DiagSeverity severity) {
    static const char *const COLORS[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[1;34m"};
    return COLORS[severity];
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static bool is_control(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    return (n == 1 && ((p[0] < 0x20 && p[0] != '\t' && p[0] != '\n') || p[0] == 0x7F)) ||
           (n == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

/* Text of a file is not trusted to a terminal: what is no UTF-8 or a control character (an escape sequence,
 * say) becomes U+FFFD, one for each code point that a column counts. */
static void print_safe(const char *text, size_t length, FILE *out) {
    for (size_t i = 0; i < length;) {
        const size_t n = text_sequence(text + i, length - i);
        if (n && !is_control(text + i, n))
            fwrite(text + i, 1, n, out);
        else if (n || !is_continuation(text[i]))
            fputs("\xEF\xBF\xBD", out);
        i += n ? n : 1;
    }
}

static void print_place(const Diagnostics *diags, SourceRange at, FILE *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file) {
        fputs("lamina: ", out);
        return;
    }
    const SourcePosition position = sources_position(diags->sources, at.file, at.begin);
    print_safe(file->name, strlen(file->name), out);
    fprintf(out, ":%u:%u: ", position.line, position.column);
}

static size_t line_length(const SourceFile *file, uint32_t start) {
    size_t n = 0;
    while (start + n < file->length && file->text[start + n] != '\n' && file->text[start + n] != '\r') n++;
    return n;
}

enum { LONGEST_QUOTE = 200, QUOTED_BEFORE = 80 };

/* The part of a line that is shown: all of it, or of a long one what surrounds the place. In bytes. */
typedef struct Window {
    size_t from, to;
} Window;

static Window window_of(const char *line, size_t length, size_t begin) {
    Window window = {0, length};
    if (length <= LONGEST_QUOTE) return window;
    if (begin > QUOTED_BEFORE) window.from = begin - QUOTED_BEFORE;
    if (window.from > length - LONGEST_QUOTE) window.from = length - LONGEST_QUOTE;
    window.to = window.from + LONGEST_QUOTE;
    while (window.from > 0 && is_continuation(line[window.from])) window.from--;
    while (window.to < length && is_continuation(line[window.to])) window.to++;
    return window;
}

/* The quoted line, and under it a caret and tildes for the part of the range on that line. Tabs are kept in
 * the padding, so that the caret stands right whatever their width. */
static void print_quote(const Diagnostics *diags, SourceRange at, FILE *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file) return;
    const SourcePosition position = sources_position(diags->sources, at.file, at.begin);
    const uint32_t start = file->line_starts[position.line - 1];
    const char *line = file->text + start;
    const size_t length = line_length(file, start), begin = at.begin - start;
    const Window window = window_of(line, length, begin);
    fprintf(out, "%9u | %s", position.line, window.from ? "..." : "");
    print_safe(line + window.from, window.to - window.from, out);
    fprintf(out, "%s\n          | %s", window.to < length ? "..." : "", window.from ? "   " : "");
    for (size_t i = window.from; i < begin && i < window.to; i++)
        if (!is_continuation(line[i])) fputc(line[i] == '\t' ? '\t' : ' ', out);
    const size_t end = at.end > start + window.to ? window.to : at.end - start;
    const size_t marks = end > begin ? text_code_points(line + begin, end - begin) : 0;
    if (diags->options.color) fputs("\033[1;32m", out);
    fputc('^', out);
    for (size_t i = 1; i < marks; i++) fputc('~', out);
    if (diags->options.color) fputs("\033[0m", out);
    fputc('\n', out);
}

static void print_head(const Diagnostics *diags, DiagSeverity severity, const char *label, SourceRange at,
                       FILE *out) {
    const bool color = diags->options.color;
    if (color) fputs("\033[1m", out);
    print_place(diags, at, out);
    fprintf(out, "%s%s: %s", color ? severity_color(severity) : "", label, color ? "\033[0m" : "");
}

/* A deep chain of calls is shown by its two ends. */
enum { MOST_NOTES = 12, LAST_NOTES = 2 };

static void render_text(const Diagnostics *diags, const Report *report, FILE *out) {
    print_head(diags, report->severity, severity_name(report->severity), report->at, out);
    if (report->exception[0]) fprintf(out, "%s: ", report->exception);
    print_safe(report->text, strlen(report->text), out);
    fprintf(out, " [%s]\n", diag_info(report->code)->code);
    print_quote(diags, report->at, out);
    const size_t count = report->attachments.count;
    for (size_t i = 0; i < count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        if (count > MOST_NOTES && i == MOST_NOTES - LAST_NOTES) {
            fprintf(out, "lamina: note: %zu notes like this are left out\n", count - MOST_NOTES);
            i = count - LAST_NOTES - 1;
            continue;
        }
        print_head(diags, SEVERITY_NOTE, attached->kind == ATTACHED_NOTE ? "note" : "help", attached->at,
                   out);
        print_safe(attached->text, strlen(attached->text), out);
        fputc('\n', out);
        if (attached->kind == ATTACHED_NOTE) print_quote(diags, attached->at, out);
    }
}

static void json_text(const char *text, FILE *out) {
    fputc('"', out);
    for (size_t n; *text; text += n ? n : 1) {
        n = text_sequence(text, strnlen(text, 4));
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if (n == 1 && (unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else if (n)
            fwrite(text, 1, n, out);
        else if (!is_continuation(*text))
            fputs("\\ufffd", out);
    }
    fputc('"', out);
}

static void json_spans(const Diagnostics *diags, SourceRange at, bool primary, const char *replacement,
                       FILE *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    fputc('[', out);
    if (file) {
        const SourcePosition begin = sources_position(diags->sources, at.file, at.begin);
        const SourcePosition end = sources_position(diags->sources, at.file, at.end);
        fputs("{\"file_name\":", out);
        json_text(file->name, out);
        fprintf(out,
                ",\"byte_start\":%u,\"byte_end\":%u,\"line_start\":%u,\"line_end\":%u,\"column_start\":%u,"
                "\"column_end\":%u,\"is_primary\":%s,\"suggested_replacement\":",
                at.begin, at.end, begin.line, end.line, begin.column, end.column, primary ? "true" : "false");
        if (replacement)
            json_text(replacement, out);
        else
            fputs("null", out);
        fputc('}', out);
    }
    fputc(']', out);
}

static void json_children(const Diagnostics *diags, const Report *report, FILE *out) {
    fputs(",\"children\":[", out);
    for (size_t i = 0; i < report->attachments.count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        if (i) fputc(',', out);
        fputs("{\"message\":", out);
        json_text(attached->text, out);
        fprintf(out, ",\"code\":null,\"level\":\"%s\",\"spans\":",
                attached->kind == ATTACHED_NOTE ? "note" : "help");
        json_spans(diags, attached->at, false, attached->replacement, out);
        fputs(",\"children\":[],\"rendered\":null}", out);
    }
    fputc(']', out);
}

static void render_json(const Diagnostics *diags, const Report *report, FILE *out) {
    const DiagInfo *info = diag_info(report->code);
    fputs("{\"$message_type\":\"diagnostic\",\"message\":", out);
    Text message = text_new(diags->arena);
    if (report->exception[0]) text_printf(&message, "%s: ", report->exception);
    text_add(&message, report->text);
    json_text(message.data, out);
    fputs(",\"code\":{\"code\":", out);
    json_text(info->code, out);
    fputs(",\"explanation\":", out);
    json_text(info->explanation, out);
    fprintf(out, "},\"level\":\"%s\",\"spans\":", severity_name(report->severity));
    json_spans(diags, report->at, true, NULL, out);
    json_children(diags, report, out);
    fputs(",\"rendered\":null}\n", out);
}

enum { MOST_ERRORS = 20 };

static void render_suppressed(const Diagnostics *diags, size_t count, FILE *stream) {
    if (diags->options.format == DIAG_JSON)
        fprintf(
            stream,
            "{\"$message_type\":\"diagnostic\",\"message\":\"%zu more errors are not shown\",\"code\":null,"
            "\"level\":\"note\",\"spans\":[],\"children\":[],\"rendered\":null}\n",
            count);
    else
        fprintf(stream, "lamina: note: %zu more error%s not shown\n", count, count > 1 ? "s are" : " is");
}

void diag_render(Diagnostics *diags, FILE *stream) {
    size_t suppressed = 0;
    for (; diags->n_rendered < diags->reports.count; diags->n_rendered++) {
        const Report *report = &diags->reports.at[diags->n_rendered];
        if (report->severity == SEVERITY_ERROR && diags->n_shown++ >= MOST_ERRORS)
            suppressed++;
        else if (diags->options.format == DIAG_JSON)
            render_json(diags, report, stream);
        else
            render_text(diags, report, stream);
    }
    if (suppressed) render_suppressed(diags, suppressed, stream);
}
