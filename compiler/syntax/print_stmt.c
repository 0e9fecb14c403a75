/* Prints statements, patterns and whole files; see syntax/print.h for the form. */
#include "syntax/parser.h"
#include "syntax/pattern.h"
#include "syntax/print.h"

static void print_names(const Printer *printer, NameList names) {
    for (size_t i = 0; i < names.count; i++) print_line(printer, "names", NO_SOURCE, "%s", names.at[i].text);
}

static void print_aliases(const Printer *printer, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.import.count; i++) {
        const ImportAlias *alias = &stmt->as.import.at[i];
        print_line(printer, "names", alias->at, "alias %s%s%s", alias->dotted_name,
                   alias->alias.text ? " as " : "", alias->alias.text ? alias->alias.text : "");
    }
}

static void print_try(Printer *printer, const Stmt *stmt) {
    print_stmts(printer, "body", stmt->as.try_.body);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        print_line(printer, "handlers", handler->at, "ExceptHandler%s %s", handler->is_group ? "*" : "",
                   handler->name.text ? handler->name.text : "-");
        printer->depth++;
        print_expr(printer, "type", handler->type);
        print_stmts(printer, "body", handler->body);
        printer->depth--;
    }
    print_stmts(printer, "orelse", stmt->as.try_.otherwise);
    print_stmts(printer, "finalbody", stmt->as.try_.finally);
}

static void print_with(Printer *printer, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        print_line(printer, "items", NO_SOURCE, "withitem");
        printer->depth++;
        print_expr(printer, "context_expr", stmt->as.with.items[i].context);
        print_expr(printer, "optional_vars", stmt->as.with.items[i].target);
        printer->depth--;
    }
    print_stmts(printer, "body", stmt->as.with.body);
}

static void print_match(Printer *printer, const Stmt *stmt) {
    print_expr(printer, "subject", stmt->as.match.subject);
    for (size_t i = 0; i < stmt->as.match.n_cases; i++) {
        print_line(printer, "cases", NO_SOURCE, "match_case");
        printer->depth++;
        print_pattern(printer, "pattern", stmt->as.match.cases[i].pattern);
        print_expr(printer, "guard", stmt->as.match.cases[i].guard);
        print_stmts(printer, "body", stmt->as.match.cases[i].body);
        printer->depth--;
    }
}

static void print_head(const Printer *printer, const char *label, const Stmt *stmt) {
    static const char *const KINDS[] = {[STMT_EXPR] = "Expr",
                                        [STMT_ASSIGN] = "Assign",
                                        [STMT_AUG_ASSIGN] = "AugAssign",
                                        [STMT_ANN_ASSIGN] = "AnnAssign",
                                        [STMT_RETURN] = "Return",
                                        [STMT_DELETE] = "Delete",
                                        [STMT_PASS] = "Pass",
                                        [STMT_BREAK] = "Break",
                                        [STMT_CONTINUE] = "Continue",
                                        [STMT_GLOBAL] = "Global",
                                        [STMT_NONLOCAL] = "Nonlocal",
                                        [STMT_IMPORT] = "Import",
                                        [STMT_IMPORT_FROM] = "ImportFrom",
                                        [STMT_ASSERT] = "Assert",
                                        [STMT_RAISE] = "Raise",
                                        [STMT_IF] = "If",
                                        [STMT_WHILE] = "While",
                                        [STMT_FOR] = "For",
                                        [STMT_TRY] = "Try",
                                        [STMT_WITH] = "With",
                                        [STMT_FUNCTION] = "FunctionDef",
                                        [STMT_CLASS] = "ClassDef",
                                        [STMT_MATCH] = "Match",
                                        [STMT_TYPE_ALIAS] = "TypeAlias"};
    const char *kind = KINDS[stmt->kind], *async = stmt->is_async ? "Async" : "";
    const SourceRange at = stmt->at;
    switch (stmt->kind) {
    case STMT_AUG_ASSIGN:
        print_line(printer, label, at, "%s %s", kind, print_binary_name(stmt->as.aug_assign.op));
        break;
    case STMT_IMPORT_FROM:
        print_line(printer, label, at, "%s %d %s", kind, stmt->as.import.level, stmt->as.import.module);
        break;
    case STMT_FUNCTION:
        print_line(printer, label, at, "%s%s %s", async, kind, stmt->as.function.name.text);
        break;
    case STMT_CLASS: print_line(printer, label, at, "%s %s", kind, stmt->as.class_.name.text); break;
    case STMT_TYPE_ALIAS: print_line(printer, label, at, "%s %s", kind, stmt->as.type_alias.name.text); break;
    default: print_line(printer, label, at, "%s%s", async, kind); break;
    }
}

static void print_simple(Printer *printer, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_EXPR:
    case STMT_RETURN: print_expr(printer, "value", stmt->as.expr); break;
    case STMT_ASSIGN:
        print_exprs(printer, "targets", stmt->as.assign.targets);
        print_expr(printer, "value", stmt->as.assign.value);
        break;
    case STMT_AUG_ASSIGN:
        print_expr(printer, "target", stmt->as.aug_assign.target);
        print_expr(printer, "value", stmt->as.aug_assign.value);
        break;
    case STMT_ANN_ASSIGN:
        print_expr(printer, "target", stmt->as.ann_assign.target);
        print_expr(printer, "annotation", stmt->as.ann_assign.annotation);
        print_expr(printer, "value", stmt->as.ann_assign.value);
        break;
    case STMT_DELETE: print_exprs(printer, "targets", stmt->as.targets); break;
    case STMT_GLOBAL:
    case STMT_NONLOCAL: print_names(printer, stmt->as.names); break;
    case STMT_IMPORT:
    case STMT_IMPORT_FROM: print_aliases(printer, stmt); break;
    case STMT_ASSERT:
        print_expr(printer, "test", stmt->as.assertion.test);
        print_expr(printer, "msg", stmt->as.assertion.message);
        break;
    case STMT_RAISE:
        print_expr(printer, "exc", stmt->as.raise.exception);
        print_expr(printer, "cause", stmt->as.raise.cause);
        break;
    case STMT_TYPE_ALIAS: print_expr(printer, "value", stmt->as.type_alias.value); break;
    default: break;
    }
}

static void print_definition(Printer *printer, const Stmt *stmt) {
    if (stmt->kind == STMT_CLASS) {
        print_arguments(printer, "bases", stmt->as.class_.bases);
        print_stmts(printer, "body", stmt->as.class_.body);
        print_exprs(printer, "decorator_list", stmt->as.class_.decorators);
    } else {
        print_parameters(printer, stmt->as.function.parameters);
        print_stmts(printer, "body", stmt->as.function.body);
        print_exprs(printer, "decorator_list", stmt->as.function.decorators);
        print_expr(printer, "returns", stmt->as.function.returns);
    }
}

static void print_children(Printer *printer, const Stmt *stmt) {
    switch (stmt->kind) {
    case STMT_IF:
    case STMT_WHILE:
        print_expr(printer, "test", stmt->as.branch.test);
        print_stmts(printer, "body", stmt->as.branch.body);
        print_stmts(printer, "orelse", stmt->as.branch.otherwise);
        break;
    case STMT_FOR:
        print_expr(printer, "target", stmt->as.loop.target);
        print_expr(printer, "iter", stmt->as.loop.iterable);
        print_stmts(printer, "body", stmt->as.loop.body);
        print_stmts(printer, "orelse", stmt->as.loop.otherwise);
        break;
    case STMT_TRY: print_try(printer, stmt); break;
    case STMT_WITH: print_with(printer, stmt); break;
    case STMT_MATCH: print_match(printer, stmt); break;
    case STMT_FUNCTION:
    case STMT_CLASS: print_definition(printer, stmt); break;
    default: print_simple(printer, stmt); break;
    }
}

void print_stmts(Printer *printer, const char *label, StmtList list) {
    for (size_t i = 0; i < list.count; i++) {
        print_head(printer, label, list.at[i]);
        printer->depth++;
        print_children(printer, list.at[i]);
        printer->depth--;
    }
}

static const char *pattern_name(const Pattern *pattern) {
    return pattern->name.text ? pattern->name.text : "_";
}

void print_pattern(Printer *printer, const char *label, const Pattern *pattern) {
    static const char *const KINDS[] = {[PATTERN_VALUE] = "MatchValue",
                                        [PATTERN_SINGLETON] = "MatchSingleton",
                                        [PATTERN_SEQUENCE] = "MatchSequence",
                                        [PATTERN_MAPPING] = "MatchMapping",
                                        [PATTERN_CLASS] = "MatchClass",
                                        [PATTERN_STAR] = "MatchStar",
                                        [PATTERN_AS] = "MatchAs",
                                        [PATTERN_OR] = "MatchOr"};
    const bool named = pattern->kind == PATTERN_STAR || pattern->kind == PATTERN_AS;
    print_line(printer, label, pattern->at, "%s%s%s", KINDS[pattern->kind], named ? " " : "",
               named ? pattern_name(pattern) : "");
    printer->depth++;
    print_expr(printer, "value", pattern->value);
    if (pattern->inner) print_pattern(printer, "pattern", pattern->inner);
    for (size_t i = 0; i < pattern->parts.count; i++)
        print_pattern(printer, "patterns", pattern->parts.at[i]);
    for (size_t i = 0; i < pattern->items.count; i++) {
        const PatternItem *item = &pattern->items.at[i];
        print_expr(printer, "key", item->key);
        if (!item->pattern)
            print_line(printer, "rest", NO_SOURCE, "%s", item->name.text);
        else
            print_pattern(printer, item->name.text ? item->name.text : "patterns", item->pattern);
    }
    printer->depth--;
}

void ast_print(const Module *module, const Sources *sources, FILE *out) {
    Printer printer = {.out = out, .sources = sources};
    fprintf(out, "Module\n");
    printer.depth++;
    print_stmts(&printer, "body", module->body);
}
