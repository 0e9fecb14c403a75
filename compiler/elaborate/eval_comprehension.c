/* Comprehensions, generator expressions (evaluated as they are read) and f-strings.
 *
 * Invariant: where an iterable or a condition is unknown, so is the whole result; its elements are skipped.
 */
#include "base/text.h"
#include "elaborate/eval_parts.h"
#include "elaborate/iterate.h"

/* A walk over the clauses: `iterators` has one per clause that is under way. */
typedef struct Walk {
    const Expr *expr;
    Scope *scope; /* of the targets */
    List **iterators;
    size_t level; /* the clauses under way; 0 at the end */
} Walk;

static const ComprehensionList *clauses_of(const Walk *walk) {
    return &walk->expr->as.comprehension.clauses;
}

/* What follows in the clauses from `clause` on may or may not run. */
static void skip_rest(Eval *eval, const Walk *walk, size_t clause, const Opaque *cause) {
    const ComprehensionList *clauses = clauses_of(walk);
    for (size_t i = clause; i < clauses->count; i++) {
        if (i > clause) skip_expression(eval, clauses->at[i].iterable, cause);
        skip_assign(eval, clauses->at[i].target, clauses->at[i].iterable, cause);
        for (size_t k = 0; k < clauses->at[i].conditions.count; k++)
            skip_expression(eval, clauses->at[i].conditions.at[k], cause);
    }
    skip_expression(eval, walk->expr->as.comprehension.element, cause);
    skip_expression(eval, walk->expr->as.comprehension.dict_value, cause);
}

/* Starts clause number `level`. */
static bool open_clause(Eval *eval, Walk *walk, const Opaque **unknown) {
    const Comprehension *clause = &clauses_of(walk)->at[walk->level];
    List **iterator = &walk->iterators[walk->level];
    Value iterable;
    if (!eval_expression(eval, clause->iterable, &iterable)) return false;
    if (!iterate_open(eval, iterable, clause->iterable->at, iterator)) return false;
    *unknown = (*iterator)->opaque;
    if (*unknown) skip_rest(eval, walk, walk->level, *unknown);
    walk->level++;
    return true;
}

/* *pass is false where a condition is. */
static bool check_conditions(Eval *eval, const Walk *walk, bool *pass, const Opaque **unknown) {
    const ExprList *conditions = &clauses_of(walk)->at[walk->level - 1].conditions;
    *pass = true;
    for (size_t i = 0; i < conditions->count && *pass && !*unknown; i++) {
        Value value;
        if (!eval_expression(eval, conditions->at[i], &value)) return false;
        if (!eval_truth(eval, value, conditions->at[i]->at, pass, unknown)) return false;
    }
    if (*unknown) skip_rest(eval, walk, walk->level - 1, *unknown);
    return true;
}

/* Binds the targets for the next element; *more is false after the last. */
static bool walk_next(Eval *eval, Walk *walk, bool *more, const Opaque **unknown) {
    *more = false;
    while (walk->level > 0) {
        const Comprehension *clause = &clauses_of(walk)->at[walk->level - 1];
        List *iterator = walk->iterators[walk->level - 1];
        Value item;
        bool pass;
        if (!eval_step(eval, clause->target->at)) return false;
        if (!iterate_next(eval, iterator, clause->iterable->at, &item, more)) return false;
        *unknown = iterator->opaque;
        if (*unknown) {
            skip_rest(eval, walk, walk->level - 1, *unknown);
            return true;
        }
        if (!*more) {
            walk->level--;
            continue;
        }
        if (!exec_assign(eval, clause->target, item)) return false;
        if (!check_conditions(eval, walk, &pass, unknown)) return false;
        if (*unknown) return true;
        if (!pass) continue;
        if (walk->level == clauses_of(walk)->count) return true;
        if (!open_clause(eval, walk, unknown)) return false;
        if (*unknown) return true;
    }
    return true;
}

static bool add_element(Eval *eval, const Expr *expr, Value result, const Opaque **unknown) {
    Value element, value;
    if (!eval_expression(eval, expr->as.comprehension.element, &element)) return false;
    const SourceRange at = expr->as.comprehension.element->at;
    if (expr->kind == EXPR_SET_COMP) return value_add_to_set(eval, result, element, at);
    if (expr->kind == EXPR_LIST_COMP) {
        value_list_push(eval->arena, result, element);
        return true;
    }
    if (!eval_expression(eval, expr->as.comprehension.dict_value, &value)) return false;
    *unknown = eval_opaque_inside(element);
    return *unknown || value_store_subscript(eval, result, element, value, at);
}

static bool run_comprehension(Eval *eval, Walk *walk, Value result, const Opaque **unknown) {
    if (!open_clause(eval, walk, unknown)) return false;
    for (bool more = !*unknown; more;) {
        if (!walk_next(eval, walk, &more, unknown)) return false;
        if (*unknown || !more) break;
        if (!add_element(eval, walk->expr, result, unknown)) return false;
        if (*unknown) break;
    }
    return true;
}

/* The next element of a generator expression: IterateStep. */
static bool generator_next(Eval *eval, void *state, Value *out, bool *more, const Opaque **unknown) {
    Walk *walk = state;
    Scope *outer = eval->frame->scope;
    eval->frame->scope = walk->scope;
    bool ok = walk_next(eval, walk, more, unknown);
    if (ok && *more && !*unknown) ok = eval_expression(eval, walk->expr->as.comprehension.element, out);
    eval->frame->scope = outer;
    return ok;
}

/* The first iterable is evaluated at once, the rest as elements are asked for. */
static bool make_generator(Eval *eval, Walk *walk, Value *out, const Opaque **unknown) {
    if (!open_clause(eval, walk, unknown) || *unknown) return *unknown != NULL;
    const Value held = value_list_new(eval->arena, VALUE_TUPLE);
    value_list_push(eval->arena, held, (Value){.kind = VALUE_LIST, .as.list = walk->iterators[0]});
    value_list_push(eval->arena, held, skip_reachable(eval, walk->expr));
    *out = iterate_generator(eval, generator_next, walk, held);
    return true;
}

bool eval_comprehension(Eval *eval, const Expr *expr, Value *out) {
    Scope *outer = eval->frame->scope;
    Walk *walk = ARENA_NEW(eval->arena, Walk);
    *walk = (Walk){.expr = expr, .scope = scope_new(eval->arena, SCOPE_COMPREHENSION, outer)};
    walk->iterators = ARENA_ARRAY(eval->arena, List *, expr->as.comprehension.clauses.count);
    const Opaque *unknown = NULL;
    *out = expr->kind == EXPR_DICT_COMP
               ? value_dict_new(eval->arena)
               : value_list_new(eval->arena, expr->kind == EXPR_SET_COMP ? VALUE_SET : VALUE_LIST);
    eval->frame->scope = walk->scope;
    const bool ok = expr->kind == EXPR_GENERATOR ? make_generator(eval, walk, out, &unknown)
                                                 : run_comprehension(eval, walk, *out, &unknown);
    eval->frame->scope = outer;
    if (ok && unknown) *out = skip_result(eval, &expr, 1, unknown);
    return ok;
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
