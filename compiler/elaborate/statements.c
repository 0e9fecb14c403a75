/* Statements: each runs, and says how it ended (Flow). At module level an error ends one statement, and what
 * that would have bound is silently unknown, so that several independent errors are reported in one run.
 */
#include "elaborate/classes.h"
#include "elaborate/iterate.h"
#include "elaborate/numpy.h"

/* The first name of a tensor or layer is kept for messages. */
static void remember_name(Eval *eval, const char *name, Value value) {
    if (value.kind == VALUE_TENSOR && !value.as.tensor->variable)
        value.as.tensor->variable = arena_strdup(eval->arena, name);
    if (value.kind == VALUE_LAYER && !value.as.layer->variable)
        value.as.layer->variable = arena_strdup(eval->arena, name);
}

void eval_bind(Eval *eval, const char *name, Value value) {
    Cell *cell = scope_cell(eval_scope(eval), name);
    if (!cell || cell->pinned) return;
    if (eval->skip_depth == 0) remember_name(eval, name, value);
    cell->value = value;
    cell->bound = true;
    cell->serial = ++eval->serial;
}

static Flow flow_of(bool ok) {
    return ok ? FLOW_NEXT : FLOW_RAISE;
}

/* ---- assignment ---- */

/* `a, *b, c = value` */
static bool assign_items(Eval *eval, const Expr *target, Value value) {
    const ExprList *targets = &target->as.elements;
    List *items;
    const Opaque *unordered = iterate_unordered(eval, value, target->at);
    if (unordered) value = eval_value_of(unordered);
    if (!eval_iterate(eval, value, target->at, &items)) return false;
    if (items->opaque) {
        for (size_t i = 0; i < targets->count; i++)
            if (!exec_assign(eval, targets->at[i], eval_value_of(items->opaque))) return false;
        return true;
    }
    size_t star = targets->count;
    for (size_t i = 0; i < targets->count; i++)
        if (targets->at[i]->kind == EXPR_STARRED) star = i;
    const size_t count = items->items.count,
                 least = star < targets->count ? targets->count - 1 : targets->count;
    if (count < least)
        return eval_raise(eval, E308, NULL, target->at,
                          "not enough values to unpack (expected %s%zu, got %zu)",
                          star < targets->count ? "at least " : "", least, count);
    if (count > least && star == targets->count)
        return eval_raise(eval, E308, NULL, target->at, "too many values to unpack (expected %zu, got %zu)",
                          least, count);
    size_t next = 0;
    for (size_t i = 0; i < targets->count; i++) {
        Value item;
        if (i == star) {
            item = value_list_new(eval->arena, VALUE_LIST);
            for (size_t k = 0; k < count - least; k++)
                value_list_push(eval->arena, item, items->items.at[next++]);
        } else {
            item = items->items.at[next++];
        }
        if (!exec_assign(eval, targets->at[i], item)) return false;
    }
    return true;
}

static bool assign_subscript(Eval *eval, const Expr *target, Value value) {
    Value object, index;
    if (!eval_expression(eval, target->as.subscript.object, &object) ||
        !eval_expression(eval, target->as.subscript.index, &index))
        return false;
    const Opaque *cause = eval_opaque_of(object);
    if (!cause) cause = eval_opaque_inside(index);
    if (cause) {
        eval_spoil(eval, object, cause);
        eval_opaque_absorb(eval, object, value);
        return true;
    }
    if (numpy_is_array(object)) {
        const Value opaque = eval_opaque(eval, target->at, "storing into an array is not evaluated");
        eval_spoil(eval, object, opaque.as.opaque);
        return true;
    }
    Value ignored;
    bool found;
    const Value values[] = {index, value};
    if (!instance_special(eval, object, "__setitem__", values, 2, target->at, &ignored, &found)) return false;
    if (found) return true;
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_store_subscript(eval, object, index, value, target->at));
}

bool exec_assign(Eval *eval, const Expr *target, Value value) {
    Value object;
    switch (target->kind) {
    case EXPR_NAME: eval_bind(eval, target->as.name, value); return true;
    case EXPR_TUPLE:
    case EXPR_LIST: return assign_items(eval, target, value);
    case EXPR_STARRED: return exec_assign(eval, target->as.value, value);
    case EXPR_SUBSCRIPT: return assign_subscript(eval, target, value);
    case EXPR_ATTRIBUTE:
        if (!eval_expression(eval, target->as.attribute.object, &object)) return false;
        return eval_store_attribute(eval, object, target->as.attribute.name.text, value, target->at);
    default: return eval_raise(eval, E317, NULL, target->at, "cannot assign to this expression");
    }
}

static bool exec_assignment(Eval *eval, const Stmt *stmt) {
    Value value;
    if (!eval_expression(eval, stmt->as.assign.value, &value)) return false;
    for (size_t i = 0; i < stmt->as.assign.targets.count; i++)
        if (!exec_assign(eval, stmt->as.assign.targets.at[i], value)) return false;
    return true;
}

/* The value of `target op= value`, from the target's present one. */
static bool augmented_value(Eval *eval, const Stmt *stmt, Value before, Value *out) {
    Value value;
    if (!eval_expression(eval, stmt->as.aug_assign.value, &value)) return false;
    const Opaque *cause = before.kind == VALUE_TENSOR ? eval_opaque_of(before) : NULL;
    if (!cause && value.kind == VALUE_TENSOR) cause = eval_opaque_of(value);
    if (cause) {
        eval_spoil_containers(eval, before, cause);
        *out = eval_opaque_from(eval, cause);
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark,
                        value_augmented(eval, stmt->as.aug_assign.op, before, value, stmt->at, out));
}

bool exec_augmented(Eval *eval, const Stmt *stmt) {
    const Expr *target = stmt->as.aug_assign.target;
    Value object, index, before, after;
    if (target->kind == EXPR_ATTRIBUTE) {
        const char *name = target->as.attribute.name.text;
        return eval_expression(eval, target->as.attribute.object, &object) &&
               eval_attribute(eval, object, name, target->at, &before) &&
               augmented_value(eval, stmt, before, &after) &&
               eval_store_attribute(eval, object, name, after, target->at);
    }
    if (target->kind != EXPR_SUBSCRIPT)
        return eval_expression(eval, target, &before) && augmented_value(eval, stmt, before, &after) &&
               exec_assign(eval, target, after);
    if (!eval_expression(eval, target->as.subscript.object, &object) ||
        !eval_expression(eval, target->as.subscript.index, &index))
        return false;
    const Opaque *cause = eval_opaque_of(object) ? eval_opaque_of(object) : eval_opaque_inside(index);
    if (cause) {
        eval_spoil(eval, object, cause);
        return augmented_value(eval, stmt, eval_value_of(cause), &after);
    }
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_subscript(eval, object, index, target->at, &before)) &&
           augmented_value(eval, stmt, before, &after) &&
           eval_checked(eval, mark, value_store_subscript(eval, object, index, after, target->at));
}

bool exec_delete(Eval *eval, const Expr *target) {
    Value object, index;
    if (target->kind == EXPR_TUPLE || target->kind == EXPR_LIST) {
        for (size_t i = 0; i < target->as.elements.count; i++)
            if (!exec_delete(eval, target->as.elements.at[i])) return false;
        return true;
    }
    if (target->kind == EXPR_NAME) {
        if (!eval_expression(eval, target, &object)) return false;
        Cell *cell = scope_cell(eval_scope(eval), target->as.name);
        if (cell && !cell->pinned) cell->bound = false;
        return true;
    }
    if (target->kind == EXPR_ATTRIBUTE) {
        if (!eval_expression(eval, target->as.attribute.object, &object)) return false;
        if (instance_of(object) && !eval_opaque_of(object))
            return instance_delete(eval, object, target->as.attribute.name.text, target->at);
        const Value opaque = eval_opaque(eval, target->at, "deleting an attribute is not evaluated");
        eval_spoil(eval, object, opaque.as.opaque);
        return true;
    }
    if (!eval_expression(eval, target->as.subscript.object, &object) ||
        !eval_expression(eval, target->as.subscript.index, &index))
        return false;
    const Opaque *cause = eval_opaque_of(object) ? eval_opaque_of(object) : eval_opaque_inside(index);
    if (cause) {
        eval_spoil(eval, object, cause);
        return true;
    }
    const DiagMark mark = diag_mark(eval->diags);
    return eval_checked(eval, mark, value_delete_subscript(eval, object, index, target->at));
}

/* ---- simple statements ---- */

static Flow exec_return(Eval *eval, const Stmt *stmt) {
    if (!eval->frame->function)
        return flow_of(eval_raise(eval, E317, NULL, stmt->at, "'return' outside function"));
    eval->frame->result = value_none();
    if (stmt->as.expr && !eval_expression(eval, stmt->as.expr, &eval->frame->result)) return FLOW_RAISE;
    return FLOW_RETURN;
}

static Flow exec_jump(Eval *eval, const Stmt *stmt) {
    if (eval->frame->loops) return stmt->kind == STMT_BREAK ? FLOW_BREAK : FLOW_CONTINUE;
    return flow_of(
        eval_raise(eval, E317, NULL, stmt->at,
                   stmt->kind == STMT_BREAK ? "'break' outside loop" : "'continue' not properly in loop"));
}

static bool check_nonlocal(Eval *eval, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.names.count; i++)
        if (!eval_scope(eval)->parent || !scope_cell(eval_scope(eval), stmt->as.names.at[i].text))
            return eval_raise(eval, E317, NULL, stmt->as.names.at[i].at, "no binding for nonlocal '%s' found",
                              stmt->as.names.at[i].text);
    return true;
}

static Flow exec_deletes(Eval *eval, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.targets.count; i++)
        if (!exec_delete(eval, stmt->as.targets.at[i])) return FLOW_RAISE;
    return FLOW_NEXT;
}

static bool exec_annotated(Eval *eval, const Stmt *stmt) {
    Value value;
    if (!stmt->as.ann_assign.value) return true;
    return eval_expression(eval, stmt->as.ann_assign.value, &value) &&
           exec_assign(eval, stmt->as.ann_assign.target, value);
}

static Flow exec_if(Eval *eval, const Stmt *stmt) {
    Value test;
    bool truth;
    const Opaque *unknown;
    if (!eval_expression(eval, stmt->as.branch.test, &test) ||
        !eval_truth(eval, test, stmt->as.branch.test->at, &truth, &unknown))
        return FLOW_RAISE;
    if (!unknown) return exec_block(eval, truth ? &stmt->as.branch.body : &stmt->as.branch.otherwise);
    const Flow then = skip_statements(eval, &stmt->as.branch.body, unknown);
    const Flow otherwise = skip_statements(eval, &stmt->as.branch.otherwise, unknown);
    return then > otherwise ? then : otherwise; /* FLOW_NEXT is the least, FLOW_MAYBE_RETURN the greatest */
}

static Flow exec_skipped(Eval *eval, const Stmt *stmt, const char *reason) {
    return skip_statement(eval, stmt, eval_opaque(eval, stmt->head, reason).as.opaque);
}

Flow exec_statement(Eval *eval, const Stmt *stmt) {
    Value value;
    if (!eval_step(eval, stmt->head)) return FLOW_RAISE;
    switch (stmt->kind) {
    case STMT_EXPR: return flow_of(eval_expression(eval, stmt->as.expr, &value));
    case STMT_ASSIGN: return flow_of(exec_assignment(eval, stmt));
    case STMT_AUG_ASSIGN: return flow_of(exec_augmented(eval, stmt));
    case STMT_ANN_ASSIGN: return flow_of(exec_annotated(eval, stmt));
    case STMT_RETURN: return exec_return(eval, stmt);
    case STMT_DELETE: return exec_deletes(eval, stmt);
    case STMT_BREAK:
    case STMT_CONTINUE: return exec_jump(eval, stmt);
    case STMT_NONLOCAL: return flow_of(check_nonlocal(eval, stmt));
    case STMT_PASS:
    case STMT_GLOBAL: return FLOW_NEXT;
    case STMT_IMPORT: return flow_of(exec_import(eval, stmt));
    case STMT_IMPORT_FROM: return flow_of(exec_import_from(eval, stmt));
    case STMT_ASSERT: return flow_of(exec_assert(eval, stmt));
    case STMT_RAISE: return flow_of(exec_raise(eval, stmt));
    case STMT_IF: return exec_if(eval, stmt);
    case STMT_WHILE: return exec_while(eval, stmt);
    case STMT_FOR: return exec_for(eval, stmt);
    case STMT_TRY: return exec_try(eval, stmt);
    case STMT_WITH: return exec_with(eval, stmt);
    case STMT_FUNCTION: return flow_of(exec_function(eval, stmt));
    case STMT_CLASS: return flow_of(exec_class(eval, stmt));
    case STMT_MATCH: return exec_skipped(eval, stmt, "match statements are not evaluated");
    case STMT_TYPE_ALIAS: return exec_skipped(eval, stmt, "type aliases are not evaluated");
    }
    return FLOW_NEXT;
}

/* After the error of one statement of the module: what it binds follows from the error. */
static bool recovers(Eval *eval, const Stmt *stmt) {
    if (!eval->frame->recover || eval->fatal || eval->exited || diag_full(eval->diags)) return false;
    (void)skip_statement(eval, stmt, eval_poison(eval, stmt->at));
    return true;
}

Flow exec_block(Eval *eval, const StmtList *list) {
    for (size_t i = 0; i < list->count; i++) {
        const Flow flow = exec_statement(eval, list->at[i]);
        if (flow == FLOW_NEXT || (flow == FLOW_RAISE && recovers(eval, list->at[i]))) continue;
        if (flow != FLOW_MAYBE_BREAK && flow != FLOW_MAYBE_RETURN) return flow;
        /* skipped text may have left this block: the rest may or may not run */
        const Opaque *cause = eval->left_by;
        Flow rest = flow;
        for (size_t k = i + 1; k < list->count; k++)
            if (skip_statement(eval, list->at[k], cause) == FLOW_MAYBE_RETURN) rest = FLOW_MAYBE_RETURN;
        return rest;
    }
    return FLOW_NEXT;
}
