/* liblamina: diagnostics as data, and as text. */
#include <stdlib.h>

#include "api/compilation.h"
#include "base/diag_record.h"
#include "base/text.h"

static const lamina_place *make_place(const lamina_compilation *c, SourceRange at) {
    const Sources *sources = &c->driver->sources;
    const SourceFile *file = sources_get(sources, at.file);
    if (!file) return NULL;
    const SourcePosition begin = sources_position(sources, at.file, at.begin),
                         end = sources_position(sources, at.file, at.end);
    lamina_place *place = ARENA_NEW(c->driver->arena, lamina_place);
    *place = (lamina_place){.file = file->name,
                            .begin = at.begin,
                            .end = at.end,
                            .line = begin.line,
                            .column = begin.column,
                            .end_line = end.line,
                            .end_column = end.column};
    return place;
}

static const lamina_note *make_note(const lamina_compilation *c, const Attachment *attached) {
    lamina_note *note = ARENA_NEW(c->driver->arena, lamina_note);
    const bool help = attached->kind == ATTACHED_HELP;
    *note = (lamina_note){.severity = help ? LAMINA_SEVERITY_HELP : LAMINA_SEVERITY_NOTE,
                          .text = attached->text,
                          .place = make_place(c, attached->at),
                          .replacement = attached->replacement};
    return note;
}

static const lamina_diagnostic *make_diagnostic(const lamina_compilation *c, const Report *report) {
    static const lamina_severity SEVERITIES[] = {[SEVERITY_ERROR] = LAMINA_SEVERITY_ERROR,
                                                 [SEVERITY_WARNING] = LAMINA_SEVERITY_WARNING,
                                                 [SEVERITY_NOTE] = LAMINA_SEVERITY_NOTE,
                                                 [SEVERITY_REMARK] = LAMINA_SEVERITY_REMARK};
    const size_t n_notes = report->attachments.count;
    const lamina_note **notes = ARENA_ARRAY(c->driver->arena, const lamina_note *, n_notes);
    for (size_t i = 0; i < n_notes; i++) notes[i] = make_note(c, &report->attachments.at[i]);
    lamina_diagnostic *out = ARENA_NEW(c->driver->arena, lamina_diagnostic);
    *out = (lamina_diagnostic){.severity = SEVERITIES[report->severity],
                               .code = diag_info(report->code)->code,
                               .exception = report->exception,
                               .text = report->text,
                               .place = make_place(c, report->at),
                               .n_notes = n_notes,
                               .notes = notes};
    return out;
}

size_t lamina_compilation_diagnostic_count(const lamina_compilation *c) {
    return c && c->driver ? c->driver->diags->reports.count : 0;
}

static bool work_diagnostics(lamina_compilation *c, void *argument) {
    (void)argument;
    const Diagnostics *diags = c->driver->diags;
    if (c->n_diagnostics == diags->reports.count) return true;
    c->diagnostics = arena_grow_array(c->driver->arena, c->diagnostics, c->n_diagnostics,
                                      diags->reports.count, sizeof(const lamina_diagnostic *));
    for (; c->n_diagnostics < diags->reports.count; c->n_diagnostics++)
        c->diagnostics[c->n_diagnostics] = make_diagnostic(c, &diags->reports.at[c->n_diagnostics]);
    return true;
}

const lamina_diagnostic *lamina_compilation_diagnostic(lamina_compilation *c, size_t index) {
    if (index >= lamina_compilation_diagnostic_count(c)) return NULL;
    const char *usage = c->usage;
    const lamina_status status = compilation_guard(c, work_diagnostics, NULL);
    c->usage = usage;
    return status == LAMINA_STATUS_FINE ? c->diagnostics[index] : NULL;
}

static bool work_messages(lamina_compilation *c, void *argument) {
    (void)argument;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) return false;
    diag_render(c->driver->diags, stream); /* those that came since the last time */
    fclose(stream);
    c->messages = arena_printf(c->driver->arena, "%s%s", c->messages ? c->messages : "", text);
    free(text);
    return true;
}

const char *lamina_compilation_messages(lamina_compilation *c) {
    if (!c || !c->driver) return "";
    const char *usage = c->usage;
    compilation_guard(c, work_messages, NULL);
    c->usage = usage;
    return c->messages ? c->messages : "";
}

const char *lamina_compilation_usage_error(const lamina_compilation *c) {
    return c && c->usage ? c->usage : "";
}
