/* parse_module and parse_expression: the checks of the whole text, the parser, then the checks of the tree.
 */
#include "syntax/parser.h"

#include <string.h>

#include "syntax/build.h"
#include "syntax/check.h"
#include "syntax/lexer.h"

static const size_t LARGEST_FILE = (size_t)1 << 30;

/* The length of the UTF-8 character at `text`, of which `left` bytes follow; 0 where it is invalid. */
static size_t character_length(const unsigned char *text, size_t left) {
    const unsigned char lead = text[0];
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC2 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF5 ? 4
                                        : 0;
    if (length == 0 || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    const bool overlong = (lead == 0xE0 && text[1] < 0xA0) || (lead == 0xF0 && text[1] < 0x90);
    const bool no_character = (lead == 0xED && text[1] > 0x9F) || (lead == 0xF4 && text[1] > 0x8F);
    return overlong || no_character ? 0 : length;
}

/* Text that is no text is refused as a whole. */
static bool check_text(Parser *p) {
    const SourceFile *source = p->source;
    const char *null_byte = memchr(source->text, '\0', source->length);
    if (source->length > LARGEST_FILE) {
        parser_report(p, E001, NO_SOURCE, "%s: larger than 1 GiB", source->name);
    } else if (null_byte) {
        const uint32_t at = (uint32_t)(null_byte - source->text);
        parser_report(p, E120, parser_range(p, at, at + 1), "source code cannot contain null bytes");
    }
    for (size_t i = 0, n; i < source->length && !p->failed; i += n) {
        n = character_length((const unsigned char *)source->text + i, source->length - i);
        if (n == 0)
            parser_report(p, E119, parser_range(p, (uint32_t)i, (uint32_t)i + 1),
                          "(unicode error) 'utf-8' codec can't decode byte 0x%02x in position %zu",
                          (unsigned char)source->text[i], i);
    }
    return !p->failed;
}

static void parse(Parser *p, int start) {
    if (!check_text(p)) return;
    p->lexer = ARENA_NEW(p->arena, Lexer);
    lexer_init(p->lexer, p, start);
    if (model_parse(p) != 0) p->failed = true;
}

static Parser new_parser(Arena *arena, const Sources *sources, uint32_t file, Diagnostics *diags) {
    return (Parser){.arena = arena,
                    .sources = sources,
                    .source = sources_get(sources, file),
                    .file = file,
                    .diags = diags};
}

Module *parse_module(Arena *arena, const Sources *sources, uint32_t file, Diagnostics *diags) {
    Parser p = new_parser(arena, sources, file, diags);
    parse(&p, T_START_FILE);
    if (p.module) check_module(&p, p.module);
    return p.failed ? NULL : p.module;
}

Expr *parse_expression(Arena *arena, const Sources *sources, uint32_t file, Diagnostics *diags) {
    Parser p = new_parser(arena, sources, file, diags);
    parse(&p, T_START_EXPRESSION);
    if (p.expression) check_expression(&p, p.expression);
    return p.failed ? NULL : p.expression;
}
