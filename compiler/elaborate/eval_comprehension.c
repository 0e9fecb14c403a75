/* Comprehensions, generator expressions (evaluated at once) and f-strings.
 *
 * Invariant: where an iterable or a condition is unknown, so is the whole result; its elements are skipped.
 */
#include "base/text.h"
#include "elaborate/eval_parts.h"

typedef struct Building {
    const Expr *expr;
    Value result;
    const Opaque *unknown;
} Building;

static bool add_element(Eval *eval, Building *building) {
    const Expr *expr = building->expr;
    Value element, value;
    if (!eval_expression(eval, expr->as.comprehension.element, &element)) return false;
    if (expr->kind == EXPR_DICT_COMP) {
        if (!eval_expression(eval, expr->as.comprehension.dict_value, &value)) return false;
        const Opaque *cause = eval_opaque_inside(element);
        if (cause)
            building->unknown = cause;
        else if (!value_store_subscript(eval, building->result, element, value,
                                        expr->as.comprehension.element->at))
            return false;
    } else if (expr->kind == EXPR_SET_COMP) {
        return value_add_to_set(eval, building->result, element, expr->as.comprehension.element->at);
    } else {
        value_list_push(eval->arena, building->result, element);
    }
    return true;
}

static void skip_rest(Eval *eval, Building *building, size_t clause, const Opaque *cause) {
    const ComprehensionList *clauses = &building->expr->as.comprehension.clauses;
    building->unknown = cause;
    for (size_t i = clause; i < clauses->count; i++) {
        if (i > clause) skip_expression(eval, clauses->at[i].iterable, cause);
        skip_assign(eval, clauses->at[i].target, clauses->at[i].iterable, cause);
        for (size_t k = 0; k < clauses->at[i].conditions.count; k++)
            skip_expression(eval, clauses->at[i].conditions.at[k], cause);
    }
    skip_expression(eval, building->expr->as.comprehension.element, cause);
    skip_expression(eval, building->expr->as.comprehension.dict_value, cause);
}

static bool run_clause(Eval *eval, Building *building, size_t index);

/* *pass is false where a condition is; an unknown one ends the comprehension. */
static bool check_conditions(Eval *eval, Building *building, size_t index, bool *pass) {
    const ExprList *conditions = &building->expr->as.comprehension.clauses.at[index].conditions;
    *pass = true;
    for (size_t i = 0; i < conditions->count && *pass; i++) {
        Value value;
        const Opaque *unknown;
        if (!eval_expression(eval, conditions->at[i], &value)) return false;
        if (!eval_truth(eval, value, conditions->at[i]->at, pass, &unknown)) return false;
        if (!unknown) continue;
        skip_rest(eval, building, index, unknown);
        *pass = false;
    }
    return true;
}

static bool run_clause(Eval *eval, Building *building, size_t index) {
    const ComprehensionList *clauses = &building->expr->as.comprehension.clauses;
    if (index == clauses->count) return add_element(eval, building);
    const Comprehension *clause = &clauses->at[index];
    Value iterable;
    List *items;
    if (!eval_expression(eval, clause->iterable, &iterable)) return false;
    if (!eval_iterate(eval, iterable, clause->iterable->at, &items)) return false;
    if (items->opaque) {
        skip_rest(eval, building, index, items->opaque);
        return true;
    }
    for (size_t i = 0; i < items->items.count && !building->unknown; i++) {
        bool pass;
        if (!eval_step(eval, clause->target->at)) return false;
        if (!exec_assign(eval, clause->target, items->items.at[i])) return false;
        if (!check_conditions(eval, building, index, &pass)) return false;
        if (pass && !run_clause(eval, building, index + 1)) return false;
    }
    return true;
}

bool eval_comprehension(Eval *eval, const Expr *expr, Value *out) {
    Building building = {.expr = expr};
    building.result = expr->kind == EXPR_DICT_COMP
                          ? value_dict_new(eval->arena)
                          : value_list_new(eval->arena, expr->kind == EXPR_SET_COMP ? VALUE_SET : VALUE_LIST);
    Scope *outer = eval->frame->scope;
    eval->frame->scope = scope_new(eval->arena, SCOPE_COMPREHENSION, outer);
    const bool ok = run_clause(eval, &building, 0);
    eval->frame->scope = outer;
    if (!ok) return false;
    if (expr->kind == EXPR_GENERATOR) {
        building.result.as.list->type = "generator";
        building.result.as.list->once = true;
    }
    *out = building.result;
    if (building.unknown) {
        const Expr *read[] = {expr};
        *out = skip_result(eval, read, 1, building.unknown);
    }
    return true;
}

/* ---- f-strings ---- */

/* The text of `{value!conversion:format}`; an unknown one gives an opaque *out. */
static bool format_piece(Eval *eval, const FormatPiece *piece, Value *out) {
    Value value, spec = value_str(eval->arena, "");
    if (!eval_expression(eval, piece->value, &value)) return false;
    char conversion = piece->conversion;
    if (piece->debug_text && !conversion && !piece->format) conversion = 'r';
    if (piece->format && !eval_expression(eval, piece->format, &spec)) return false;
    const SourceRange at = piece->value->at;
    if (value_is_opaque(spec)) {
        *out = spec;
        return true;
    }
    if (conversion && !value_to_text(eval, value, conversion, at, &value)) return false;
    if (value_is_opaque(value)) {
        *out = value;
        return true;
    }
    const char *text = value_c_str(spec);
    return value_format_spec(eval, value, text ? text : "", at, out);
}

bool eval_formatted(Eval *eval, const Expr *expr, Value *out) {
    Text text = text_new(eval->arena);
    const Opaque *unknown = NULL;
    for (size_t i = 0; i < expr->as.pieces.count; i++) {
        const FormatPiece *piece = &expr->as.pieces.at[i];
        Value part;
        if (!piece->value) {
            text_add_n(&text, piece->text, piece->length);
            continue;
        }
        if (piece->debug_text) text_add(&text, eval_str(eval, "%s=", piece->debug_text));
        if (!format_piece(eval, piece, &part)) return false;
        if (part.kind == VALUE_STR)
            text_add_n(&text, part.as.str->data, part.as.str->length);
        else if (!unknown)
            unknown = eval_opaque_of(part);
        if (!eval_charge(eval, expr->at, text.length / 64)) return false;
    }
    *out = unknown ? eval_opaque_from(eval, unknown) : value_str_n(eval->arena, text.data, text.length);
    return true;
}
