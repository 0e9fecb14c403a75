/* Diagnostics as one SARIF 2.1.0 log, which code hosts and editors show beside the lines: a rule for each
 * code that occurs, a result for each report, its notes as related locations and its fix-its as fixes.
 */
#include <ctype.h>
#include <string.h>

#include "base/diag_record.h"

static void add_message(const char *text, Text *out) {
    text_add(out, "{\"text\":");
    diag_json_string(text, strlen(text), out);
    text_char(out, '}');
}

static const char *level_of(DiagSeverity severity) {
    return severity == SEVERITY_REMARK ? "note" : diag_severity_name(severity);
}

/* A path as a URI reference: what is not plain ASCII is written as %HH. */
static void add_uri(const char *path, Text *out) {
    text_printf(out, "{\"uri\":\"%s", path[0] == '/' ? "file://" : "");
    for (const char *p = path; *p; p++) {
        const unsigned char c = (unsigned char)*p;
        if ((c < 0x80 && isalnum(c)) || strchr("/-._~+,@", c))
            text_char(out, (char)c);
        else
            text_printf(out, "%%%02X", c);
    }
    text_add(out, "\"}");
}

static void add_region(const Diagnostics *diags, SourceRange at, Text *out) {
    const SourcePosition begin = sources_position(diags->sources, at.file, at.begin);
    const SourcePosition end = sources_position(diags->sources, at.file, at.end);
    text_printf(out, "{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,\"endColumn\":%u}", begin.line,
                begin.column, end.line, end.column);
}

static void add_physical(const Diagnostics *diags, SourceRange at, Text *out) {
    text_add(out, "{\"physicalLocation\":{\"artifactLocation\":");
    add_uri(sources_get(diags->sources, at.file)->name, out);
    text_add(out, ",\"region\":");
    add_region(diags, at, out);
    text_char(out, '}');
}

/* The notes of a report that have a place. */
static void add_related(const Diagnostics *diags, const Report *report, Text *out) {
    size_t count = 0;
    for (size_t i = 0; i < report->attachments.count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        if (!attached->at.file || attached->replacement) continue;
        text_add(out, count ? "," : ",\"relatedLocations\":[");
        text_printf(out, "{\"id\":%zu,", ++count);
        Text place = text_new(diags->arena);
        add_physical(diags, attached->at, &place);
        text_add(out, place.data + 1);
        text_add(out, ",\"message\":");
        add_message(attached->text, out);
        text_char(out, '}');
    }
    if (count) text_char(out, ']');
}

static void add_fixes(const Diagnostics *diags, const Report *report, Text *out) {
    bool any = false;
    for (size_t i = 0; i < report->attachments.count; i++) {
        const Attachment *attached = &report->attachments.at[i];
        if (!attached->at.file || !attached->replacement) continue;
        text_add(out, any ? ",{\"description\":" : ",\"fixes\":[{\"description\":");
        any = true;
        add_message(attached->text, out);
        text_add(out, ",\"artifactChanges\":[{\"artifactLocation\":");
        add_uri(sources_get(diags->sources, attached->at.file)->name, out);
        text_add(out, ",\"replacements\":[{\"deletedRegion\":");
        add_region(diags, attached->at, out);
        text_add(out, ",\"insertedContent\":");
        add_message(attached->replacement, out);
        text_add(out, "}]}]}");
    }
    if (any) text_char(out, ']');
}

/* The message, and what notes and helps say that have no place to be shown at. */
static const char *message_of(const Diagnostics *diags, const Report *report) {
    Text text = text_new(diags->arena);
    text_add(&text, diag_message(diags, report));
    for (size_t i = 0; i < report->attachments.count; i++)
        if (!report->attachments.at[i].at.file) text_printf(&text, "\n%s", report->attachments.at[i].text);
    return text.data;
}

static void add_result(const Diagnostics *diags, const Report *report, size_t rule, Text *out) {
    text_printf(out, "{\"ruleId\":\"%s\",\"ruleIndex\":%zu,\"level\":\"%s\",\"message\":",
                diag_info(report->code)->code, rule, level_of(report->severity));
    add_message(message_of(diags, report), out);
    text_add(out, ",\"locations\":[");
    if (report->at.file) {
        add_physical(diags, report->at, out);
        text_char(out, '}');
    }
    text_char(out, ']');
    add_related(diags, report, out);
    add_fixes(diags, report, out);
    text_char(out, '}');
}

static void add_rule(const Diagnostics *diags, const DiagInfo *info, Text *out) {
    text_printf(out, "{\"id\":\"%s\",\"shortDescription\":", info->code);
    add_message(info->title, out);
    text_add(out, ",\"fullDescription\":");
    add_message(info->explanation, out);
    text_add(out, ",\"help\":");
    const char *example = info->example[0] ? "\n\nExample:\n" : "";
    add_message(arena_printf(diags->arena, "%s%s%s", info->cure, example, info->example), out);
    text_printf(out, ",\"defaultConfiguration\":{\"level\":\"%s\"}", level_of(info->severity));
    if (info->flag[0]) text_printf(out, ",\"properties\":{\"tags\":[\"-W%s\"]}", info->flag);
    text_char(out, '}');
}

void diag_sarif_log(const Diagnostics *diags, size_t first, Text *out) {
    text_add(out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
                  "\"runs\":[{\"tool\":{\"driver\":{\"name\":\"lamina\"");
    if (diags->options.version) text_printf(out, ",\"version\":\"%s\"", diags->options.version);
    text_add(out, ",\"rules\":[");
    size_t *rules = ARENA_ARRAY(diags->arena, size_t, DIAG_CODE_COUNT), n_rules = 0;
    for (size_t i = first; i < diags->reports.count; i++) {
        const DiagCode code = diags->reports.at[i].code;
        if (rules[code]) continue;
        if (n_rules) text_char(out, ',');
        rules[code] = ++n_rules;
        add_rule(diags, diag_info(code), out);
    }
    text_add(out, "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    for (size_t i = first; i < diags->reports.count; i++) {
        const Report *report = &diags->reports.at[i];
        if (i > first) text_char(out, ',');
        text_char(out, '\n');
        add_result(diags, report, rules[report->code] - 1, out);
    }
    text_add(out, "]}]}\n");
}
