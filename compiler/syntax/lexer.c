/* The lexer: one token a call. */
#include "syntax/lexer.h"

#include <string.h>

#include "syntax/identifier.h"
#include "syntax/literal.h"

void lexer_init(Lexer *lexer, Parser *p, int start) {
    *lexer = (Lexer){.start = start, .n_indents = 1, .measured = start == T_START_EXPRESSION};
    raw_scan(p->arena, p->source, 0, &lexer->raw);
}

/* ---- indentation ---- */

static uint32_t line_start(const SourceFile *source, uint32_t i) {
    while (i > 0 && source->text[i - 1] != '\n' && source->text[i - 1] != '\r') i--;
    return i;
}

/* The start of the line before the one that starts at `i`, where it is blank but for a backslash; else `i`.
 */
static uint32_t joined_line_start(const SourceFile *source, uint32_t i) {
    if (i < 2) return i;
    uint32_t backslash = i - 2;
    if (source->text[backslash] == '\r' && source->text[i - 1] == '\n' && backslash > 0) backslash--;
    if (source->text[backslash] != '\\') return i;
    const uint32_t start = line_start(source, backslash);
    for (uint32_t k = start; k < backslash; k++)
        if (source->text[k] != ' ' && source->text[k] != '\t' && source->text[k] != '\f') return i;
    return start;
}

/* The column of the first token of a line, at `offset`; a form feed starts it anew. */
static Indent measure(const SourceFile *source, uint32_t offset) {
    Indent indent = {0};
    uint32_t i = line_start(source, offset);
    for (uint32_t before; (before = joined_line_start(source, i)) != i;) i = before;
    for (; i < offset; i++) {
        const char c = source->text[i];
        if (c == ' ') {
            indent.column++, indent.tabless++;
        } else if (c == '\t') {
            indent.column = (indent.column / 8 + 1) * 8, indent.tabless++;
        } else if (c == '\f') {
            indent.column = indent.tabless = 0;
        } else {
            break;
        }
    }
    return indent;
}

static void report_tabs(Parser *p, SourceRange at) {
    if (!p->lexer->tabs_reported)
        parser_report(p, E108, at, "inconsistent use of tabs and spaces in indentation");
    p->lexer->tabs_reported = true;
}

static void indent_line(Parser *p, Indent line, SourceRange at) {
    Lexer *lexer = p->lexer;
    if (lexer->n_indents == MOST_INDENTS + 1) {
        parser_report(p, E121, at, "too many levels of indentation");
        lexer->stop = true;
        return;
    }
    const RawToken head = lexer->raw.at[lexer->previous_head];
    line.alias = line.column;
    line.is_match = lexer->previous_head < lexer->next &&
                    lexer_keyword(lexer, p->source, lexer->previous_head) == T_MATCH && head.kind == T_NAME;
    lexer->indents[lexer->n_indents++] = line;
    lexer->owed = 1;
}

static void dedent_line(Parser *p, Indent line, SourceRange at) {
    Lexer *lexer = p->lexer;
    Indent *top = &lexer->indents[lexer->n_indents - 1];
    while (line.column < top->column && line.column != top->alias) {
        lexer->n_indents--;
        lexer->owed--;
        top--;
    }
    if (line.column != top->column && line.column != top->alias) {
        parser_report(p, E106, at, "unindent does not match any outer indentation level");
        top->alias = line.column;
    } else if (line.column == top->column && line.tabless != top->tabless) {
        report_tabs(p, at);
    }
}

/* Compares the line of the next raw token with the open blocks. */
static void measure_line(Parser *p) {
    Lexer *lexer = p->lexer;
    const RawToken token = lexer->raw.at[lexer->next];
    const SourceRange at = parser_range(p, token.begin, token.end);
    const Indent *top = &lexer->indents[lexer->n_indents - 1];
    const Indent line = token.kind == T_END ? (Indent){0} : measure(p->source, token.begin);
    lexer->measured = true;
    if (line.column > top->column && line.column != top->alias) {
        if (line.tabless <= top->tabless) report_tabs(p, at);
        indent_line(p, line, at);
    } else if (line.column < top->column && line.column != top->alias) {
        dedent_line(p, line, at);
    } else if (line.column == top->column && line.tabless != top->tabless) {
        report_tabs(p, at);
    }
}

/* ---- brackets ---- */

static int closer_of(int opener) {
    switch (opener) {
    case T_LPAR: return T_RPAR;
    case T_LSQB: return T_RSQB;
    case T_LBRACE: return T_RBRACE;
    default: return T_FIELD_CLOSE;
    }
}

static int open_bracket(Parser *p, RawToken token) {
    Lexer *lexer = p->lexer;
    if (lexer->n_brackets == MOST_BRACKETS) {
        parser_report(p, E121, parser_range(p, token.begin, token.end), "too many nested parentheses");
        lexer->stop = true;
        return T_END;
    }
    lexer->brackets[lexer->n_brackets++] = (Bracket){token.kind, lexer->next - 1};
    return token.kind;
}

/* Returns 0 where the bracket was reported and is to be left out. */
static int close_bracket(Parser *p, RawToken token) {
    Lexer *lexer = p->lexer;
    const SourceRange at = parser_range(p, token.begin, token.end);
    const char *text = p->source->text;
    if (lexer->n_brackets == 0) {
        if (!lexer->recovering) parser_report(p, E102, at, "unmatched '%c'", text[token.begin]);
        return 0;
    }
    const Bracket open = lexer->brackets[--lexer->n_brackets];
    if (closer_of(open.kind) == token.kind) return token.kind;
    if (lexer->recovering) return 0;
    const RawToken opener = lexer->raw.at[open.raw];
    parser_report(p, E102, at, "closing parenthesis '%c' does not match opening parenthesis '%c'",
                  text[token.begin], text[opener.begin]);
    diag_note(p->diags, parser_range(p, opener.begin, opener.end), "'%c' was opened here",
              text[opener.begin]);
    lexer_recover(p, false);
    return T_MODEL_error;
}

/* ---- recovery ---- */

void lexer_recover(Parser *p, bool before_current) {
    Lexer *lexer = p->lexer;
    lexer->recovering = true;
    lexer->brackets_lost = lexer->n_brackets > 0 && !lexer_brackets_close(lexer, lexer->next);
    if (!lexer->brackets_lost || !before_current || !lexer_begins_line(lexer, lexer->current)) return;
    if (lexer->brackets[0].raw >= lexer->current)
        return; /* the line itself opened them: to read it again would loop */
    lexer->next = lexer->current;
    while (lexer->next > 0 && lexer->raw.at[lexer->next - 1].kind == RAW_NEWLINE) lexer->next--;
}

/* At a newline that ends a statement whose brackets are lost. What follows is read afresh if an f-string was
 * open. */
static void drop_brackets(Parser *p) {
    Lexer *lexer = p->lexer;
    bool in_field = false;
    for (size_t i = 0; i < lexer->n_brackets; i++) in_field |= lexer->brackets[i].kind == T_FIELD_OPEN;
    lexer->n_brackets = 0;
    lexer->raw_strings.count = 0;
    if (!in_field) return;
    const uint32_t offset = lexer->raw.at[lexer->next - 1].end;
    lexer->raw.count = lexer->next;
    raw_scan(p->arena, p->source, offset, &lexer->raw);
}

/* ---- tokens ---- */

static int end_line(Parser *p) {
    Lexer *lexer = p->lexer;
    lexer->in_line = lexer->measured = lexer->recovering = lexer->brackets_lost = false;
    lexer->previous_head = lexer->head;
    lexer->n_lost = lexer->n_brackets;
    lexer->n_brackets = 0;
    return T_NEWLINE;
}

/* A RAW_NEWLINE was passed: does the logical line end here? */
static bool newline_counts(Parser *p) {
    Lexer *lexer = p->lexer;
    if (lexer->n_brackets > 0 && lexer->brackets_lost) drop_brackets(p);
    return lexer->n_brackets == 0 && lexer->in_line;
}

static int end_of_file(Parser *p) {
    return p->lexer->in_line ? end_line(p) : T_END;
}

static int string_edge(Parser *p, RawToken token) {
    Lexer *lexer = p->lexer;
    if (token.kind == T_FSTRING_START) {
        bool raw = false;
        for (uint32_t i = token.begin; i < token.end; i++)
            raw |= p->source->text[i] == 'r' || p->source->text[i] == 'R';
        vec_push(p->arena, &lexer->raw_strings, raw);
    } else if (lexer->raw_strings.count) {
        lexer->raw_strings.count--;
    }
    return token.kind;
}

/* A token that cannot be read: reported, unless this statement has been. */
static int refuse(Parser *p, RawToken token) {
    if (p->lexer->recovering) return 0;
    lexer_report_bad_token(p, token);
    lexer_recover(p, false);
    return T_MODEL_error;
}

static int take_name(Parser *p, RawToken token, MODEL_STYPE *value) {
    const uint32_t bad = identifier_first_bad(p->source->text, token.begin, token.end);
    if (bad < token.end) return refuse(p, (RawToken){RAW_BAD_CHARACTER, bad, token.end});
    const int kind = lexer_keyword(p->lexer, p->source, p->lexer->next - 1);
    if (kind == T_NAME)
        value->T_NAME = arena_strndup(p->arena, p->source->text + token.begin, token.end - token.begin);
    return kind;
}

/* Gives a raw token its value and its final kind; 0 where there is nothing to give. */
static int evaluate(Parser *p, RawToken token, MODEL_STYPE *value) {
    Lexer *lexer = p->lexer;
    const SourceRange at = parser_range(p, token.begin, token.end);
    switch (token.kind) {
    case T_NAME: return take_name(p, token, value);
    case T_WITH: return lexer_keyword(lexer, p->source, lexer->next - 1);
    case T_NUMBER: value->T_NUMBER = literal_number(p, at); return T_NUMBER;
    case T_STRING: value->T_STRING = literal_string(p, at); return T_STRING;
    case T_FSTRING_MIDDLE: {
        const size_t n = lexer->raw_strings.count;
        value->T_FSTRING_MIDDLE = literal_middle(p, at, n && lexer->raw_strings.at[n - 1]);
        return T_FSTRING_MIDDLE;
    }
    case T_FSTRING_START:
    case T_FSTRING_END: return string_edge(p, token);
    case T_LPAR:
    case T_LSQB:
    case T_LBRACE:
    case T_FIELD_OPEN: return open_bracket(p, token);
    case T_RPAR:
    case T_RSQB:
    case T_RBRACE:
    case T_FIELD_CLOSE: return close_bracket(p, token);
    default: return token.kind >= 0 ? token.kind : refuse(p, token);
    }
}

static void note_token(Lexer *lexer, size_t index) {
    if (!lexer->in_line) lexer->head = index;
    lexer->in_line = true;
    lexer->before = lexer->current;
    lexer->current = index;
}

static int pay_dent(Lexer *lexer) {
    const bool indent = lexer->owed > 0;
    lexer->owed += indent ? -1 : 1;
    return indent ? T_INDENT : T_DEDENT;
}

static int next_token(Parser *p, MODEL_STYPE *value, SourceRange *at) {
    Lexer *lexer = p->lexer;
    for (;;) {
        const RawToken token = lexer->raw.at[lexer->next];
        *at = parser_range(p, token.begin, token.end);
        if (lexer->stop) return T_END;
        if (token.kind == RAW_NEWLINE) {
            lexer->next++;
            if (newline_counts(p)) return end_line(p);
            continue;
        }
        if (!lexer->measured && lexer->n_brackets == 0 && (token.kind != T_END || !lexer->in_line))
            measure_line(p);
        if (lexer->owed) {
            *at = parser_range(p, token.begin, token.begin);
            return pay_dent(lexer);
        }
        if (token.kind == T_END) return end_of_file(p);
        const size_t index = lexer->next++;
        const int kind = evaluate(p, token, value);
        if (!kind) continue;
        note_token(lexer, index);
        return kind;
    }
}

int model_lex(MODEL_STYPE *value, SourceRange *at, Parser *p) {
    if (p->lexer->start) {
        const int start = p->lexer->start;
        p->lexer->start = 0;
        *at = NO_SOURCE;
        return start;
    }
    return next_token(p, value, at);
}
