/* The recorded form of diagnostics, and the parts of the renderer: shared by the diag*.c files only. */
#ifndef LAMINA_BASE_DIAG_RECORD_H
#define LAMINA_BASE_DIAG_RECORD_H

#include "base/diag.h"
#include "base/text.h"
#include "base/vec.h"

typedef struct Attachment {
    enum { ATTACHED_NOTE, ATTACHED_HELP } kind;
    SourceRange at;
    const char *text, *replacement;
    const char *guess; /* "did you mean 'GUESS'?": the replacement may not be what was meant; or NULL */
} Attachment;

typedef struct Report {
    DiagCode code;
    DiagSeverity severity;
    const char *exception;
    SourceRange at;
    const char *text;
    VEC(Attachment) attachments;
} Report;

struct Diagnostics {
    Arena *arena;
    const Sources *sources;
    DiagOptions options;
    VEC(Report) reports;
    size_t n_errors, n_rendered, n_shown;
    bool last_dropped;
};

const char *diag_severity_name(DiagSeverity severity);
/* "ValueError: text", or the text alone. */
const char *diag_message(const Diagnostics *diags, const Report *report);

/* Adds text as it may be shown on a terminal; the columns it takes. */
size_t diag_show(Text *out, const char *text, size_t length);
/* Bytes up to the end of the line that starts there. */
size_t diag_line_length(const SourceFile *file, uint32_t start);
/* The line on which the range begins, marked; with `whole`, the one on which it ends too. */
void diag_quote(const Diagnostics *diags, SourceRange at, bool whole, Text *out);
/* Whether a fix-it's place and text stay on one line, so that it can be shown. */
bool diag_fixes_one_line(const Diagnostics *diags, SourceRange at, const char *replacement);
/* The line as the fix-it makes it, the new part marked. */
void diag_quote_fixed(const Diagnostics *diags, SourceRange at, const char *replacement, Text *out);

/* A string with its quotes. */
void diag_json_string(const char *text, size_t length, Text *out);
void diag_text_report(const Diagnostics *diags, const Report *report, bool color, Text *out);
void diag_json_report(const Diagnostics *diags, const Report *report, Text *out);
/* One log of all reports, from that number on. */
void diag_sarif_log(const Diagnostics *diags, size_t first, Text *out);

#endif
