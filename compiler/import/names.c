/* Names in the code: identifiers like the layers' names, and the names that Keras gives by itself. */
#include <string.h>

#include "import/parts.h"

enum { LINE_WIDTH = 100 };

static const char *const TAKEN[] = {
    "False",        "None",        "True",        "and",      "as",       "assert", "async",
    "await",        "break",       "class",       "continue", "def",      "del",    "elif",
    "else",         "except",      "finally",     "for",      "from",     "global", "if",
    "import",       "in",          "is",          "lambda",   "nonlocal", "not",    "or",
    "pass",         "raise",       "return",      "try",      "while",    "with",   "yield",
    "Input",        "Model",       "Sequential",  "layers",   "ops",      "keras",  "initializers",
    "regularizers", "constraints", "activations", "float",    "slice",    "abs",    "hard_sigmoid",
};

static bool is_taken(const Writer *writer, const char *name) {
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++)
        if (strcmp(TAKEN[i], name) == 0) return true;
    return map_has(&writer->identifiers, name);
}

const char *names_identifier(Writer *writer, const char *name) {
    Text text = text_new(writer->arena);
    for (size_t i = 0; name[i] && text.length < 60; i++) {
        const char c = name[i];
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (digit && text.length == 0) text_add(&text, "x_");
        if (letter || digit || (text.length && text.data[text.length - 1] != '_'))
            text_char(&text, letter || digit ? c : '_');
    }
    while (text.length && text.data[text.length - 1] == '_') text.data[--text.length] = '\0';
    const char *base = text.length ? text.data : "x", *unique = base;
    size_t *last = map_get(&writer->identifiers, base); /* the number that was appended last */
    if (!last) last = ARENA_NEW(writer->arena, size_t);
    while (is_taken(writer, unique)) unique = arena_printf(writer->arena, "%s_%zu", base, ++*last);
    map_put(&writer->identifiers, base, last);
    return unique == base ? base : map_put(&writer->identifiers, unique, ARENA_NEW(writer->arena, size_t));
}

static size_t *counter(Writer *writer, const char *class_name) {
    const char *base = graph_snake_case(writer->arena, class_name);
    size_t *count = map_get(&writer->automatic, base);
    if (!count) {
        count = ARENA_NEW(writer->arena, size_t);
        map_put(&writer->automatic, base, count);
    }
    return count;
}

void names_count(Writer *writer, const char *class_name) {
    ++*counter(writer, class_name);
}

bool names_automatic(Writer *writer, const char *class_name, const char *name) {
    size_t *count = counter(writer, class_name);
    const char *base = graph_snake_case(writer->arena, class_name);
    const char *next = *count ? arena_printf(writer->arena, "%s_%zu", base, *count) : base;
    if (writer->all_names || strcmp(next, name) != 0) return false;
    ++*count;
    return true;
}

const char *code_import(Writer *writer, const char *name) {
    return map_put(&writer->imports, name, writer);
}

/* Where the line that begins at `from` is to be broken: after the last comma that fits, within brackets and
 * outside strings; 0 where it is short enough, or cannot be broken. */
static size_t find_break(const char *text, size_t from, size_t column, int *depth) {
    size_t best = 0;
    char quote = '\0';
    int best_depth = *depth;
    for (size_t i = from; text[i] && text[i] != '\n'; i++) {
        if (quote && text[i] == '\\' && text[i + 1]) {
            i++;
        } else if (quote || text[i] == '\'' || text[i] == '"') {
            if (!quote)
                quote = text[i];
            else if (quote == text[i])
                quote = '\0';
        } else if (strchr("([{", text[i])) {
            ++*depth;
        } else if (strchr(")]}", text[i])) {
            --*depth;
        } else if (text[i] == ',' && text[i + 1] == ' ' && *depth > 0 && column + (i - from) < LINE_WIDTH) {
            best = i + 1;
            best_depth = *depth;
        }
        if (best && column + (i - from) >= LINE_WIDTH) {
            *depth = best_depth;
            return best;
        }
    }
    return 0;
}

/* The value with long lines broken; in a list of layers, deeper. */
static void add_wrapped(Text *out, const char *value, size_t column) {
    int depth = 0;
    for (size_t at = 0; value[at];) {
        const size_t end = strcspn(value + at, "\n"), cut = find_break(value, at, column, &depth);
        const bool nested = strncmp(value + at, "    ", 4) == 0 || (column == 8 && at);
        if (!cut) {
            text_add_n(out, value + at, end + (value[at + end] == '\n'));
            at += end + (value[at + end] == '\n');
            column = 0;
            continue;
        }
        text_add_n(out, value + at, cut - at);
        text_add(out, nested ? "\n        " : "\n    ");
        column = nested ? 8 : 4;
        at = cut + 1;
    }
}

void code_assign(Writer *writer, const char *variable, const char *value) {
    text_printf(&writer->body, "%s = ", variable);
    add_wrapped(&writer->body, value, strlen(variable) + 3);
    text_char(&writer->body, '\n');
}
