/* The recorded form of diagnostics: shared by diag.c and diag_render.c only. */
#ifndef LAMINA_BASE_DIAG_RECORD_H
#define LAMINA_BASE_DIAG_RECORD_H

#include "base/diag.h"
#include "base/vec.h"

typedef struct Attachment {
    enum { ATTACHED_NOTE, ATTACHED_HELP } kind;
    SourceRange at;
    const char *text, *replacement;
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

#endif
