/* Automatic names: what Keras calls a layer, operation or tensor that was given no name.
 *
 * In:  a class name. Out: its snake-case form, and that form made unique by a counter per form and session.
 * Invariant: the counters are shared by layers, operations, models and tensors, as in keras.src.utils.naming;
 * a name that the user gives neither reads nor bumps them. They fix names in messages, summaries and weight
 * files.
 */
#include "graph/graph.h"

#include <ctype.h>
#include <string.h>

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
/* Python's \w; bytes of non-ASCII letters count as letters. */
static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t count_lower(const char *text) {
    size_t n = 0;
    while (is_lower(text[n])) n++;
    return n;
}

/* re.sub("(.)([A-Z][a-z]+)", r"\1_\2", text) */
static void split_words(const char *text, char *out) {
    for (size_t i = 0; text[i];) {
        const size_t tail = is_upper(text[i + 1]) ? count_lower(text + i + 2) : 0;
        *out++ = text[i++];
        if (tail == 0) continue;
        *out++ = '_';
        memcpy(out, text + i, tail + 1);
        out += tail + 1;
        i += tail + 1;
    }
    *out = '\0';
}

/* re.sub("([a-z])([A-Z])", r"\1_\2", text).lower() */
static void split_humps(const char *text, char *out) {
    for (size_t i = 0; text[i];) {
        const bool hump = is_lower(text[i]) && is_upper(text[i + 1]);
        *out++ = (char)tolower((unsigned char)text[i++]);
        if (!hump) continue;
        *out++ = '_';
        *out++ = (char)tolower((unsigned char)text[i++]);
    }
    *out = '\0';
}

const char *graph_snake_case(Arena *arena, const char *class_name) {
    const size_t size = 2 * strlen(class_name) + 1; /* at most one underscore is added for each letter */
    char *words = arena_alloc(arena, size), *split = arena_alloc(arena, size);
    char *snake = arena_alloc_array(arena, size, 2);
    size_t n = 0;
    for (const char *c = class_name; *c; c++) {
        if (is_word(*c)) words[n++] = *c;
    }
    split_words(words, split);
    split_humps(split, snake);
    return snake;
}

size_t graph_count_name(Graph *graph, const char *prefix) {
    size_t *count = map_get(&graph->name_counts, prefix);
    if (!count) {
        count = ARENA_NEW(graph->arena, size_t);
        map_put(&graph->name_counts, prefix, count);
    }
    return ++*count;
}

void graph_uncount_name(Graph *graph, const char *class_name) {
    size_t *count = map_get(&graph->name_counts, graph_snake_case(graph->arena, class_name));
    if (count && *count) --*count;
}

void graph_doubt_name(Graph *graph, const char *class_name, SourceRange at) {
    const char *snake = graph_snake_case(graph->arena, class_name);
    if (map_has(&graph->name_doubts, snake)) return;
    SourceRange *place = ARENA_NEW(graph->arena, SourceRange);
    *place = at;
    map_put(&graph->name_doubts, snake, place);
}

static void warn_of_doubt(Graph *graph, const char *snake) {
    SourceRange *at = map_get(&graph->name_doubts, snake);
    if (!at || !at->file) return;
    diag_report(graph->diags, W301, *at,
                "whether a layer is made here is unknown: the automatic names \"%s_...\" of later layers may "
                "be other ones",
                snake);
    *at = NO_SOURCE; /* once */
}

const char *graph_auto_name(Graph *graph, const char *class_name) {
    const char *snake = graph_snake_case(graph->arena, class_name);
    const size_t count = graph_count_name(graph, snake);
    warn_of_doubt(graph, snake);
    return count == 1 ? snake : arena_printf(graph->arena, "%s_%zu", snake, count - 1);
}

void graph_clear_session(Graph *graph) {
    graph->name_counts = map_new(graph->arena);
    graph->name_doubts = map_new(graph->arena);
}

const char *graph_operation_name(const Graph *graph, SourceRange at) {
    size_t low = 0, high = graph->n_operation_names;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (graph->operation_names[middle].begin < at.begin)
            low = middle + 1;
        else
            high = middle;
    }
    return low < graph->n_operation_names && graph->operation_names[low].begin == at.begin
               ? graph->operation_names[low].name
               : NULL;
}
