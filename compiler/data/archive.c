/* An archive is "!<arch>\n", then members: a header of 60 characters and their bytes, each begun on an even
 * place. The first is the index "/": how many symbols, for each the offset of its member's header, then their
 * names. The second, "//", has the names that a header has no room for.
 */
#include "data/archive.h"

#include <string.h>

#include "base/text.h"

enum { HEADER_BYTES = 60, SHORT_NAME = 15 };

static size_t even(size_t size) {
    return size + (size & 1);
}

static void add_header(Text *out, const char *name, size_t size) {
    text_printf(out, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "644", size);
}

static void add_word(Text *out, size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        const char byte = (char)(value >> shift & 0xff);
        text_add_n(out, &byte, 1);
    }
}

/* Members end with a newline where their size is odd. */
static void add_padding(Text *out) {
    if (out->length & 1) text_char(out, '\n');
}

Bytes archive_of_object(Arena *arena, const Bytes *object, const char *const *symbols, size_t n_symbols) {
    static const char MAGIC[] = "!<arch>\n";
    Text out = text_new(arena);
    const size_t name = strlen(object->path), names = name > SHORT_NAME ? name + 2 : 0;
    size_t index = 4 + 4 * n_symbols, at = strlen(MAGIC) + HEADER_BYTES;
    for (size_t i = 0; i < n_symbols; i++) index += strlen(symbols[i]) + 1;
    at += even(index) + (names ? HEADER_BYTES + even(names) : 0);

    text_add(&out, MAGIC);
    add_header(&out, "/", index);
    add_word(&out, n_symbols);
    for (size_t i = 0; i < n_symbols; i++) add_word(&out, at);
    for (size_t i = 0; i < n_symbols; i++) text_add_n(&out, symbols[i], strlen(symbols[i]) + 1);
    add_padding(&out);
    if (names) {
        add_header(&out, "//", names);
        text_printf(&out, "%s/\n", object->path);
        add_padding(&out);
    }
    add_header(&out, names ? "/0" : arena_printf(arena, "%s/", object->path), object->size);
    text_add_n(&out, (const char *)object->data, object->size);
    add_padding(&out);
    return (Bytes){object->path, (unsigned char *)out.data, out.length};
}
