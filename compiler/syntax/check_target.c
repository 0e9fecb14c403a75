/* What may stand left of `=`, after `for`, `with ... as` and `del`. */
#include <string.h>

#include "syntax/check_walk.h"

static bool is_keyword_value(const Expr *expr) {
    return expr->kind == EXPR_TRUE || expr->kind == EXPR_FALSE || expr->kind == EXPR_NONE;
}

static void report_target(Check *check, const Expr *target, TargetKind kind, bool whole) {
    const char *what = expr_describe(target);
    const bool yield = target->kind == EXPR_YIELD || target->kind == EXPR_YIELD_FROM;
    if (kind == TARGET_DELETE)
        parser_report(check->p, E123, target->at, "cannot delete %s", what);
    else if (yield)
        parser_report(check->p, E122, target->at, "assignment to yield expression not possible");
    else if (kind == TARGET_ASSIGN && whole && !is_keyword_value(target))
        parser_report(check->p, E122, target->at,
                      "cannot assign to %s here. Maybe you meant '==' instead of '='?", what);
    else
        parser_report(check->p, E122, target->at, "cannot assign to %s", what);
}

static void check_part(Check *check, const Expr *target, TargetKind kind, bool whole);

static void check_parts(Check *check, ExprList parts, TargetKind kind) {
    bool starred = false;
    for (size_t i = 0; i < parts.count; i++) {
        const Expr *part = parts.at[i];
        if (part->kind != EXPR_STARRED || kind == TARGET_DELETE) {
            check_part(check, part, kind, false);
            continue;
        }
        if (starred) parser_report(check->p, E136, part->at, "multiple starred expressions in assignment");
        starred = true;
        check_part(check, part->as.value, kind, false);
    }
}

static void check_part(Check *check, const Expr *target, TargetKind kind, bool whole) {
    if (!check_enter(check, target->at)) return;
    switch (target->kind) {
    case EXPR_NAME:
        if (strcmp(target->as.name, "__debug__") == 0)
            parser_report(check->p, E122, target->at, "cannot assign to __debug__");
        check_name(check, target->as.name, NAME_ASSIGNED);
        break;
    case EXPR_ATTRIBUTE:
    case EXPR_SUBSCRIPT: check_expr(check, target); break;
    case EXPR_TUPLE:
    case EXPR_LIST: check_parts(check, target->as.elements, kind); break;
    case EXPR_STARRED:
        if (kind == TARGET_DELETE)
            parser_report(check->p, E123, target->at, "cannot delete starred");
        else
            parser_report(check->p, E136, target->at, "starred assignment target must be in a list or tuple");
        break;
    default: report_target(check, target, kind, whole); break;
    }
    check_leave(check);
}

void check_target(Check *check, const Expr *target, TargetKind kind) {
    check_part(check, target, kind, true);
}

void check_augmented_target(Check *check, const Expr *target) {
    if (target->kind == EXPR_NAME || target->kind == EXPR_ATTRIBUTE || target->kind == EXPR_SUBSCRIPT)
        check_part(check, target, TARGET_ASSIGN, true);
    else
        parser_report(check->p, E125, target->at, "'%s' is an illegal expression for augmented assignment",
                      expr_describe(target));
}

void check_annotated_target(Check *check, const Expr *target) {
    if (target->kind == EXPR_NAME || target->kind == EXPR_ATTRIBUTE || target->kind == EXPR_SUBSCRIPT)
        check_part(check, target, TARGET_ASSIGN, true);
    else if (target->kind == EXPR_TUPLE || target->kind == EXPR_LIST)
        parser_report(check->p, E124, target->at, "only single target (not %s) can be annotated",
                      expr_describe(target));
    else
        parser_report(check->p, E124, target->at, "illegal target for annotation");
}
