/* Diagnostics: recorded by any stage, in order, with a permanent code from diag.def; rendered by the driver.
 *
 *     diag_report(diags, E207, at, "input %zu of layer \"%s\" is incompatible: ...", index, name);
 *     diag_note(diags, tensor->at, "%s was made here", name);        -- belongs to the report before it
 *
 * Library code records and returns; it never prints and never exits. Nothing is printed before diag_render().
 * The text has no trailing full stop and no code; the renderer adds severity, Python's exception type and the
 * code.
 */
#ifndef LAMINA_BASE_DIAG_H
#define LAMINA_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/source.h"
#include "base/temporary.h"

typedef enum DiagSeverity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITY_REMARK } DiagSeverity;

typedef enum DiagCode {
#define DIAG(code, severity, exception, flag, title, explanation, example, cure) code,
#include "base/diag.def"
#undef DIAG
    DIAG_CODE_COUNT
} DiagCode;

/* One line of diag.def. */
typedef struct DiagInfo {
    const char *code; /* "E207" */
    DiagSeverity severity;
    const char *exception; /* Python's exception type, or "" */
    const char *flag;      /* NAME of -WNAME, or "" (errors) */
    const char *title, *explanation, *example, *cure;
} DiagInfo;

const DiagInfo *diag_info(DiagCode code);
/* By its code's text, in any case; NULL where there is none. */
const DiagInfo *diag_find(const char *code);
/* True where some warning has this -W name. */
bool diag_is_flag(const char *flag);

typedef struct Diagnostics Diagnostics;

typedef enum DiagFormat { DIAG_TEXT, DIAG_JSON, DIAG_SARIF } DiagFormat;

/* What the command line chose; all zero is the default. */
typedef struct DiagOptions {
    DiagFormat format;
    bool color;
    bool warnings_off;       /* -w is taken; this is -Wno-everything */
    bool warnings_as_errors; /* -Werror */
    const char *const
        *flags; /* "legacy", "no-legacy", "error=legacy", "no-error=legacy", in command-line order */
    size_t n_flags;
    Temporaries *temporaries; /* of the command, or NULL: who has the diagnostics can tell what it makes */
    const char *version;      /* of Lamina, for SARIF; NULL leaves it out */
    bool strict_keras;        /* reports of a W code that Keras rejects (flag "legacy") become errors */
} DiagOptions;

Diagnostics *diag_new(Arena *arena, const Sources *sources, const DiagOptions *options);
/* Where reports are kept: a place for those who need memory and have no other. */
Arena *diag_arena(const Diagnostics *diags);
Temporaries *diag_temporaries(const Diagnostics *diags);

#if defined(__GNUC__)
#define DIAG_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define DIAG_PRINTF(format_index, first)
#endif

/* Records a report. Exact repeats (same code, place and text) are dropped. Returns false, so that a caller
 * can write `return diag_report(...)`. */
bool diag_report(Diagnostics *diags, DiagCode code, SourceRange at, const char *format, ...)
    DIAG_PRINTF(4, 5);
/* The same with another Python exception type than the table's. */
bool diag_report_as(Diagnostics *diags, DiagCode code, const char *exception, SourceRange at,
                    const char *format, ...) DIAG_PRINTF(5, 6);
/* Adds a note to the last report (dropped where that report was dropped). */
void diag_note(Diagnostics *diags, SourceRange at, const char *format, ...) DIAG_PRINTF(3, 4);
/* Adds a cure to the last report, shown as "help: ..."; where `replacement` is not NULL it is a fix-it that
 * is sure: the text that the range `at` should hold. */
void diag_help(Diagnostics *diags, SourceRange at, const char *replacement, const char *format, ...)
    DIAG_PRINTF(4, 5);
/* "did you mean 'NEAREST'?", with a fix-it where `at` holds the misspelt word: alone, within quotes, or
 * behind a dot. Nothing where `nearest` is NULL. */
void diag_suggest(Diagnostics *diags, SourceRange at, const char *wanted, const char *nearest);
/* Whether the range stands alone in parentheses that are no call's: `(32)`. */
bool diag_is_parenthesized(const Diagnostics *diags, SourceRange at);

size_t diag_error_count(const Diagnostics *diags);
/* True where a report of that code stands. */
bool diag_has(const Diagnostics *diags, DiagCode code);
/* Whether an error stands that tells of this name: one of that code, or one that suggests it ("did you mean
 * 'Input'?" of a misspelt import). What misses the name again follows from that mistake. */
bool diag_name_is_known(const Diagnostics *diags, DiagCode code, const char *name);
/* True once so many errors are recorded (1000; 20 are shown) that a stage should stop. */
bool diag_full(const Diagnostics *diags);

/* A mark, and a way back to it: for `try` bodies and probes whose reports do not count. */
typedef struct DiagMark {
    size_t reports;
} DiagMark;
DiagMark diag_mark(const Diagnostics *diags);
void diag_rewind(Diagnostics *diags, DiagMark mark);
/* Text of the first error recorded since the mark, or NULL; *at is its place. */
const char *diag_first_error(const Diagnostics *diags, DiagMark mark, SourceRange *at);
/* Python's exception type of that error ("" where it has none), or NULL. */
const char *diag_first_exception(const Diagnostics *diags, DiagMark mark);

/* Prints all reports that were not yet printed. */
void diag_render(Diagnostics *diags, FILE *stream);

#endif
