/* Diagnostics: the record of reports and the -W rules. diag_render.c prints them. */
#include "base/diag.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/diag_record.h"

static const DiagInfo INFOS[DIAG_CODE_COUNT] = {
#define DIAG(code, severity, exception, flag, title, explanation, example, cure)                             \
    [code] = {#code, severity, exception, flag, title, explanation, example, cure},
#include "base/diag.def"
#undef DIAG
};

enum { MOST_ERRORS = 1000 };

const DiagInfo *diag_info(DiagCode code) {
    return &INFOS[code];
}

const DiagInfo *diag_find(const char *code) {
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++)
        if (strcasecmp(INFOS[i].code, code) == 0) return &INFOS[i];
    return NULL;
}

bool diag_is_flag(const char *flag) {
    for (size_t i = 0; i < DIAG_CODE_COUNT; i++)
        if (INFOS[i].flag[0] && strcmp(INFOS[i].flag, flag) == 0) return true;
    return false;
}

Diagnostics *diag_new(Arena *arena, const Sources *sources, const DiagOptions *options) {
    Diagnostics *diags = ARENA_NEW(arena, Diagnostics);
    diags->arena = arena;
    diags->sources = sources;
    if (options) diags->options = *options;
    return diags;
}

Arena *diag_arena(const Diagnostics *diags) {
    return diags->arena;
}

Temporaries *diag_temporaries(const Diagnostics *diags) {
    return diags->options.temporaries;
}

/* True where `flag` is PREFIX followed by NAME. */
static bool flag_is(const char *flag, const char *prefix, const char *name) {
    const size_t n = strlen(prefix);
    return strncmp(flag, prefix, n) == 0 && strcmp(flag + n, name) == 0;
}

/* The severity after -W options; *off is set for a warning that is switched off. */
static DiagSeverity effective_severity(const DiagOptions *options, const DiagInfo *info, bool *off) {
    *off = false;
    if (info->severity != SEVERITY_WARNING) return info->severity;
    bool enabled = !options->warnings_off, error = options->warnings_as_errors;
    for (size_t i = 0; i < options->n_flags; i++) {
        const char *flag = options->flags[i];
        if (flag_is(flag, "", info->flag))
            enabled = true;
        else if (flag_is(flag, "no-", info->flag))
            enabled = false;
        else if (flag_is(flag, "error=", info->flag))
            enabled = error = true;
        else if (flag_is(flag, "no-error=", info->flag))
            error = false;
    }
    if (options->strict_keras && strcmp(info->flag, "legacy") == 0) return SEVERITY_ERROR;
    *off = !enabled;
    return error ? SEVERITY_ERROR : SEVERITY_WARNING;
}

enum { REPEATS_LOOKED_AT = 256 }; /* a file with an error on each of its many lines takes no quadratic time */

static bool is_repeat(const Diagnostics *diags, const Report *report) {
    const size_t count = diags->reports.count;
    for (size_t i = count > REPEATS_LOOKED_AT ? count - REPEATS_LOOKED_AT : 0; i < count; i++) {
        const Report *other = &diags->reports.at[i];
        if (other->code == report->code && other->at.file == report->at.file &&
            other->at.begin == report->at.begin && other->at.end == report->at.end &&
            strcmp(other->text, report->text) == 0)
            return true;
    }
    return false;
}

/* Whether the report before says "did you mean" of the name that this one misses. */
static bool suggests_it(const Report *before, const char *name) {
    for (size_t i = 0; i < before->attachments.count; i++) {
        const char *guess = before->attachments.at[i].guess;
        if (guess && strcmp(guess, name) == 0) return true;
    }
    return false;
}

bool diag_name_is_known(const Diagnostics *diags, DiagCode code, const char *name) {
    const char *quoted = arena_printf(diags->arena, "'%s'", name);
    for (size_t i = 0; i < diags->reports.count; i++) {
        const Report *report = &diags->reports.at[i];
        if (report->severity != SEVERITY_ERROR) continue;
        if (report->code == code && strstr(report->text, quoted)) return true;
        if (suggests_it(report, name)) return true;
    }
    return false;
}

static bool record(Diagnostics *diags, DiagCode code, const char *exception, SourceRange at,
                   const char *format, va_list args) {
    bool off;
    const DiagSeverity severity = effective_severity(&diags->options, &INFOS[code], &off);
    Report report = {.code = code, .severity = severity, .exception = exception, .at = at};
    report.text = arena_vprintf(diags->arena, format, args);
    diags->last_dropped = off || is_repeat(diags, &report);
    if (diags->last_dropped) return false;
    vec_push(diags->arena, &diags->reports, report);
    if (severity == SEVERITY_ERROR) diags->n_errors++;
    return false;
}

bool diag_report(Diagnostics *diags, DiagCode code, SourceRange at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    record(diags, code, INFOS[code].exception, at, format, args);
    va_end(args);
    return false;
}

bool diag_report_as(Diagnostics *diags, DiagCode code, const char *exception, SourceRange at,
                    const char *format, ...) {
    va_list args;
    va_start(args, format);
    record(diags, code, exception, at, format, args);
    va_end(args);
    return false;
}

static void attach(Diagnostics *diags, Attachment attachment) {
    if (diags->last_dropped || !diags->reports.count) return;
    Report *last = &diags->reports.at[diags->reports.count - 1];
    vec_push(diags->arena, &last->attachments, attachment);
}

void diag_note(Diagnostics *diags, SourceRange at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    attach(diags,
           (Attachment){.kind = ATTACHED_NOTE, .at = at, .text = arena_vprintf(diags->arena, format, args)});
    va_end(args);
}

void diag_help(Diagnostics *diags, SourceRange at, const char *replacement, const char *format, ...) {
    va_list args;
    va_start(args, format);
    attach(diags, (Attachment){.kind = ATTACHED_HELP,
                               .at = at,
                               .text = arena_vprintf(diags->arena, format, args),
                               .replacement = replacement ? arena_strdup(diags->arena, replacement) : NULL});
    va_end(args);
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

/* Where in the range the word stands: behind its last dot, or the one place where it stands as a word of its
 * own; an empty file number where there is none. */
static SourceRange place_of_word(const Diagnostics *diags, SourceRange at, const char *word) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    const uint32_t n = (uint32_t)strlen(word);
    SourceRange found = NO_SOURCE;
    if (!file || n == 0 || at.end > file->length) return found;
    for (uint32_t begin = at.begin; begin + n <= at.end; begin++) {
        const char *text = file->text + begin;
        if (memcmp(text, word, n) != 0 || (begin && is_word(text[-1])) || is_word(text[n])) continue;
        const bool last = begin + n == at.end;
        if (found.file && !last) return NO_SOURCE;
        found = (SourceRange){at.file, begin, begin + n};
    }
    return found;
}

void diag_suggest(Diagnostics *diags, SourceRange at, const char *wanted, const char *nearest) {
    if (!nearest) return;
    const SourceRange word = place_of_word(diags, at, wanted);
    attach(diags, (Attachment){.kind = ATTACHED_HELP,
                               .at = word.file ? word : at,
                               .text = arena_printf(diags->arena, "did you mean '%s'?", nearest),
                               .replacement = word.file ? arena_strdup(diags->arena, nearest) : NULL,
                               .guess = nearest});
}

static bool ends_operand(char c) {
    return is_word(c) || c == ')' || c == ']';
}

bool diag_is_parenthesized(const Diagnostics *diags, SourceRange at) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file || at.begin == 0 || at.end >= file->length) return false;
    if (file->text[at.begin - 1] != '(' || file->text[at.end] != ')') return false;
    return at.begin == 1 || !ends_operand(file->text[at.begin - 2]);
}

size_t diag_error_count(const Diagnostics *diags) {
    return diags->n_errors;
}
bool diag_full(const Diagnostics *diags) {
    return diags->n_errors >= MOST_ERRORS;
}
bool diag_has(const Diagnostics *diags, DiagCode code) {
    for (size_t i = 0; i < diags->reports.count; i++)
        if (diags->reports.at[i].code == code) return true;
    return false;
}

DiagMark diag_mark(const Diagnostics *diags) {
    return (DiagMark){diags->reports.count};
}

void diag_rewind(Diagnostics *diags, DiagMark mark) {
    for (size_t i = mark.reports; i < diags->reports.count; i++) {
        if (diags->reports.at[i].severity == SEVERITY_ERROR) diags->n_errors--;
    }
    diags->reports.count = mark.reports;
    diags->last_dropped = true; /* a note that comes now has no report to belong to */
}

const char *diag_first_error(const Diagnostics *diags, DiagMark mark, SourceRange *at) {
    for (size_t i = mark.reports; i < diags->reports.count; i++) {
        const Report *report = &diags->reports.at[i];
        if (report->severity != SEVERITY_ERROR) continue;
        if (at) *at = report->at;
        return report->text;
    }
    return NULL;
}

const char *diag_first_exception(const Diagnostics *diags, DiagMark mark) {
    for (size_t i = mark.reports; i < diags->reports.count; i++)
        if (diags->reports.at[i].severity == SEVERITY_ERROR) return diags->reports.at[i].exception;
    return NULL;
}
