/* JSON as Python writes it (NaN and Infinity included) to Python values in the arena.
 *
 * Bounded in size, depth and number of values before anything is built. An object that has a key twice is
 * damaged: Python would take the later entry, and nothing writes such a file.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/parts.h"

enum { MAX_BYTES = 1 << 25, MAX_DEPTH = 300, MAX_VALUES = 1 << 22 };

typedef struct Parser {
    Arena *arena;
    const char *text;
    size_t length, at, values;
    const char *wrong; /* the first mistake */
    bool too_large;
} Parser;

static bool fail(Parser *parser, const char *wrong) {
    if (!parser->wrong) parser->wrong = wrong;
    return false;
}

static void skip_blanks(Parser *parser) {
    while (parser->at < parser->length && parser->text[parser->at] != '\0' &&
           strchr(" \t\r\n", parser->text[parser->at]))
        parser->at++;
}

static bool accept(Parser *parser, const char *word) {
    const size_t length = strlen(word);
    if (parser->length - parser->at < length || memcmp(parser->text + parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

static bool parse_hex(Parser *parser, uint32_t *out) {
    *out = 0;
    if (parser->length - parser->at < 4) return fail(parser, "a \\u escape is cut off");
    for (int i = 0; i < 4; i++) {
        const char c = parser->text[parser->at++];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return fail(parser, "a \\u escape has no four hexadecimal digits");
        *out = *out * 16 + (uint32_t)digit;
    }
    return true;
}

static void add_utf8(Text *text, uint32_t c) {
    if (c < 0x80) {
        text_char(text, (char)c);
    } else if (c < 0x800) {
        text_char(text, (char)(0xc0 | c >> 6));
        text_char(text, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        text_char(text, (char)(0xe0 | c >> 12));
        text_char(text, (char)(0x80 | (c >> 6 & 0x3f)));
        text_char(text, (char)(0x80 | (c & 0x3f)));
    } else {
        text_char(text, (char)(0xf0 | c >> 18));
        text_char(text, (char)(0x80 | (c >> 12 & 0x3f)));
        text_char(text, (char)(0x80 | (c >> 6 & 0x3f)));
        text_char(text, (char)(0x80 | (c & 0x3f)));
    }
}

/* What follows a backslash. Two escapes may make one code point. */
static bool parse_escape(Parser *parser, Text *text) {
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
    if (parser->at >= parser->length) return fail(parser, "a string has no end");
    const char c = parser->text[parser->at++];
    const char *simple = c ? strchr(FROM, c) : NULL;
    uint32_t code, low;
    if (simple) return text_char(text, TO[simple - FROM]), true;
    if (c != 'u') return fail(parser, "a string has an unknown escape");
    if (!parse_hex(parser, &code)) return false;
    if (code >= 0xd800 && code < 0xdc00 && accept(parser, "\\u")) {
        if (!parse_hex(parser, &low)) return false;
        if (low >= 0xdc00 && low < 0xe000) code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code >= 0xd800 && code < 0xe000) return fail(parser, "a string has half a surrogate pair");
    add_utf8(text, code);
    return true;
}

static bool parse_string(Parser *parser, Value *out) {
    Text text = text_new(parser->arena);
    parser->at++;
    while (parser->at < parser->length && parser->text[parser->at] != '"') {
        const size_t left = parser->length - parser->at;
        const unsigned char c = (unsigned char)parser->text[parser->at];
        const size_t width = c < 0x80 ? 1 : text_sequence(parser->text + parser->at, left);
        if (c < 0x20) return fail(parser, "a string holds a control character");
        if (width == 0) return fail(parser, "a string is not UTF-8");
        if (c == '\\') {
            parser->at++;
            if (!parse_escape(parser, &text)) return false;
            continue;
        }
        text_add_n(&text, parser->text + parser->at, width);
        parser->at += width;
    }
    if (parser->at >= parser->length) return fail(parser, "a string has no end");
    parser->at++;
    *out = value_str_n(parser->arena, text.data, text.length);
    return true;
}

static bool parse_number(Parser *parser, Value *out) {
    char digits[64];
    const size_t length = strspn(parser->text + parser->at, "+-.0123456789eE");
    if (length == 0) return fail(parser, "something is no value");
    if (length >= sizeof digits) return fail(parser, "a number is too long");
    memcpy(digits, parser->text + parser->at, length);
    digits[length] = '\0';
    parser->at += length;
    char *end;
    if (!strpbrk(digits, ".eE") && length < 19) {
        *out = value_int(strtoll(digits, &end, 10));
    } else {
        *out = value_float(strtod(digits, &end)); /* the locale is C's: nothing sets another */
    }
    return *end == '\0' || fail(parser, "something is no number");
}

static bool parse_value(Parser *parser, int depth, Value *out);

static bool parse_items(Parser *parser, int depth, Value *out) {
    *out = value_list_new(parser->arena, VALUE_LIST);
    parser->at++;
    skip_blanks(parser);
    if (accept(parser, "]")) return true;
    for (;;) {
        Value item;
        if (!parse_value(parser, depth + 1, &item)) return false;
        value_list_push(parser->arena, *out, item);
        if (accept(parser, "]")) return true;
        if (!accept(parser, ",")) return fail(parser, "a list has no end");
    }
}

static bool parse_entries(Parser *parser, int depth, Value *out) {
    *out = value_dict_new(parser->arena);
    parser->at++;
    skip_blanks(parser);
    if (accept(parser, "}")) return true;
    for (;;) {
        Value key, item;
        skip_blanks(parser);
        if (parser->at >= parser->length || parser->text[parser->at] != '"')
            return fail(parser, "an object's key is no string");
        if (!parse_string(parser, &key)) return false;
        skip_blanks(parser);
        if (!accept(parser, ":")) return fail(parser, "a ':' is missing");
        if (!parse_value(parser, depth + 1, &item)) return false;
        const size_t before = out->as.dict->entries.count;
        value_dict_put(parser->arena, out->as.dict, key, item);
        if (out->as.dict->entries.count == before) return fail(parser, "an object has a key twice");
        if (accept(parser, "}")) return true;
        if (!accept(parser, ",")) return fail(parser, "an object has no end");
    }
}

static bool parse_word(Parser *parser, Value *out) {
    static const struct {
        const char *word;
        Value value;
    } WORDS[] = {
        {"null", {.kind = VALUE_NONE}},
        {"true", {.kind = VALUE_BOOL, .as.boolean = true}},
        {"false", {.kind = VALUE_BOOL, .as.boolean = false}},
        {"NaN", {.kind = VALUE_FLOAT, .as.real = NAN}},
        {"Infinity", {.kind = VALUE_FLOAT, .as.real = INFINITY}},
        {"-Infinity", {.kind = VALUE_FLOAT, .as.real = -INFINITY}},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (accept(parser, WORDS[i].word)) return *out = WORDS[i].value, true;
    return parse_number(parser, out);
}

/* A value and the blanks around it. */
static bool parse_value(Parser *parser, int depth, Value *out) {
    skip_blanks(parser);
    if (parser->at >= parser->length) return fail(parser, "it ends too early");
    if (depth > MAX_DEPTH || ++parser->values > MAX_VALUES) {
        parser->too_large = true;
        return fail(parser, depth > MAX_DEPTH ? "its nesting is too deep" : "it has too many values");
    }
    const char c = parser->text[parser->at];
    const bool fine = c == '{'   ? parse_entries(parser, depth, out)
                      : c == '[' ? parse_items(parser, depth, out)
                      : c == '"' ? parse_string(parser, out)
                                 : parse_word(parser, out);
    skip_blanks(parser);
    return fine;
}

bool json_parse(Arena *arena, Diagnostics *diags, const char *path, const char *what, const char *text,
                size_t length, Value *out) {
    if (length > MAX_BYTES)
        return diag_report(diags, E425, NO_SOURCE, "\"%s\": its %s has %zu bytes, more than %d MiB", path,
                           what, length, MAX_BYTES >> 20);
    Parser parser = {.arena = arena, .text = arena_strndup(arena, text, length), .length = length};
    if (parse_value(&parser, 0, out) && parser.at == length) return true;
    if (!parser.wrong) parser.wrong = "something follows its end";
    return diag_report(diags, parser.too_large ? E425 : E421, NO_SOURCE,
                       "\"%s\": its %s is damaged at byte %zu: %s", path, what, parser.at, parser.wrong);
}
