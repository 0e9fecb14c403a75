/* Quotes of source lines: the line, and marks under a range of it; and a line as a fix-it would make it.
 *
 * Columns are those of a terminal: a tab is shown as four blanks, East Asian characters and emoji take two
 * columns, combining marks none. Text of a file is not trusted to a terminal: what is no UTF-8 or a control
 * character (an escape sequence, say) is shown as U+FFFD.
 */
#include <string.h>

#include "base/diag_record.h"

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static bool is_control(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    return (n == 1 && ((p[0] < 0x20 && p[0] != '\n') || p[0] == 0x7F)) ||
           (n == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

static uint32_t code_point(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    uint32_t c = n == 1 ? p[0] : n == 2 ? p[0] & 0x1FU : n == 3 ? p[0] & 0x0FU : p[0] & 0x07U;
    for (size_t i = 1; i < n; i++) c = c << 6 | (p[i] & 0x3FU);
    return c;
}

typedef struct WidthRange {
    uint32_t first, last;
    size_t width;
} WidthRange;

/* The blocks of Unicode whose characters are not one column wide. */
static const WidthRange WIDTHS[] = {
    {0x0300, 0x036F, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05BD, 0},   {0x0610, 0x061A, 0},
    {0x064B, 0x065F, 0},   {0x0E34, 0x0E3A, 0},   {0x1100, 0x115F, 2},   {0x1AB0, 0x1AFF, 0},
    {0x1DC0, 0x1DFF, 0},   {0x200B, 0x200F, 0},   {0x20D0, 0x20FF, 0},   {0x2E80, 0x303E, 2},
    {0x3041, 0x3098, 2},   {0x3099, 0x309A, 0},   {0x309B, 0x4DBF, 2},   {0x4E00, 0xA4CF, 2},
    {0xA960, 0xA97F, 2},   {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE00, 0xFE0F, 0},
    {0xFE20, 0xFE2F, 0},   {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},
    {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2}, {0x1FA70, 0x1FAFF, 2},
    {0x20000, 0x3FFFD, 2}, {0xE0100, 0xE01EF, 0},
};

static size_t width_of(uint32_t c) {
    for (size_t i = 0; i < sizeof WIDTHS / sizeof *WIDTHS && WIDTHS[i].first <= c; i++)
        if (c <= WIDTHS[i].last) return WIDTHS[i].width;
    return 1;
}

enum { TAB_WIDTH = 4 };

size_t diag_show(Text *out, const char *text, size_t length) {
    size_t columns = 0;
    for (size_t i = 0; i < length;) {
        const size_t n = text_sequence(text + i, length - i);
        if (text[i] == '\t') {
            text_add(out, "    ");
            columns += TAB_WIDTH;
        } else if (n && !is_control(text + i, n)) {
            text_add_n(out, text + i, n);
            columns += width_of(code_point(text + i, n));
        } else if (n || !is_continuation(text[i])) {
            text_add(out, "\xEF\xBF\xBD");
            columns++;
        }
        i += n ? n : 1;
    }
    return columns;
}

size_t diag_line_length(const SourceFile *file, uint32_t start) {
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

/* How a place of a line is marked. */
typedef struct Marks {
    size_t begin, end; /* bytes of the line */
    char first, rest;
    const char *color;
} Marks;

static void quote_line(Text *out, uint32_t number, const char *line, size_t length, Marks marks) {
    const Window window = window_of(line, length, marks.begin);
    const size_t begin = marks.begin < window.to ? marks.begin : window.to;
    const size_t end = marks.end < window.to ? marks.end : window.to;
    text_printf(out, "%9u | %s", number, window.from ? "..." : "");
    const size_t before = diag_show(out, line + window.from, begin - window.from);
    size_t columns = end > begin ? diag_show(out, line + begin, end - begin) : 0;
    const size_t rest = end > begin ? end : begin;
    diag_show(out, line + rest, window.to - rest);
    text_printf(out, "%s\n          | %s%*s", window.to < length ? "..." : "", window.from ? "   " : "",
                (int)before, "");
    if (marks.color) text_add(out, marks.color);
    text_char(out, marks.first);
    for (; columns > 1; columns--) text_char(out, marks.rest);
    if (marks.color) text_add(out, "\033[0m");
    text_char(out, '\n');
}

/* The last line of a range that ends on a later line than it begins; what lies between is told by dots. */
static void quote_end(const Diagnostics *diags, const SourceFile *file, uint32_t first, SourceRange at,
                      Text *out) {
    const SourcePosition last = sources_position(diags->sources, at.file, at.end);
    const uint32_t start = file->line_starts[last.line - 1];
    if (last.line <= first || at.end == start) return;
    const size_t blanks = strspn(file->text + start, " \t"), length = diag_line_length(file, start);
    if (blanks >= at.end - start) return;
    if (last.line > first + 1) text_add(out, "      ... |\n");
    const Marks marks = {blanks, at.end - start, '~', '~', diags->options.color ? "\033[1;32m" : NULL};
    quote_line(out, last.line, file->text + start, length, marks);
}

void diag_quote(const Diagnostics *diags, SourceRange at, bool whole, Text *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    if (!file) return;
    const SourcePosition position = sources_position(diags->sources, at.file, at.begin);
    const uint32_t start = file->line_starts[position.line - 1];
    const size_t length = diag_line_length(file, start);
    const Marks marks = {at.begin - start, at.end - start, '^', '~',
                         diags->options.color ? "\033[1;32m" : NULL};
    quote_line(out, position.line, file->text + start, length, marks);
    if (whole) quote_end(diags, file, position.line, at, out);
}

bool diag_fixes_one_line(const Diagnostics *diags, SourceRange at, const char *replacement) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    return file && replacement && !strchr(replacement, '\n') && at.begin <= at.end &&
           at.end <= file->length && !memchr(file->text + at.begin, '\n', at.end - at.begin);
}

void diag_quote_fixed(const Diagnostics *diags, SourceRange at, const char *replacement, Text *out) {
    const SourceFile *file = sources_get(diags->sources, at.file);
    const SourcePosition position = sources_position(diags->sources, at.file, at.begin);
    const uint32_t start = file->line_starts[position.line - 1];
    const size_t length = diag_line_length(file, start), more = strlen(replacement);
    Text line = text_new(diags->arena);
    text_add_n(&line, file->text + start, at.begin - start);
    text_add(&line, replacement);
    if (start + length > at.end) text_add_n(&line, file->text + at.end, start + length - at.end);
    const char mark = at.end == at.begin ? '+' : more ? '~' : '^';
    const Marks marks = {at.begin - start, at.begin - start + more, mark, mark,
                         diags->options.color ? "\033[32m" : NULL};
    quote_line(out, position.line, line.data, line.length, marks);
}
