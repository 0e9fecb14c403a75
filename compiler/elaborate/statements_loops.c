/* Loops: for and while, with break, continue and else. Where the iterable or condition is unknown, the loop
 * is skipped. */
#include "elaborate/eval_parts.h"
#include "elaborate/iterate.h"

/* What a loop does after one run of its body. True where the loop is over; *flow is then how it ended. */
static bool loop_ends(Eval *eval, const Stmt *stmt, const StmtList *body, const StmtList *otherwise,
                      Flow *flow, bool *broken) {
    switch (*flow) {
    case FLOW_BREAK:
        *broken = true;
        *flow = FLOW_NEXT;
        return true;
    case FLOW_MAYBE_BREAK:
    case FLOW_MAYBE_RETURN: {
        const Opaque *cause = eval->left_by;
        if (stmt->kind == STMT_FOR) skip_assign(eval, stmt->as.loop.target, stmt->as.loop.iterable, cause);
        Flow rest = skip_statements(eval, body, cause);
        const Flow after = skip_statements(eval, otherwise, cause);
        if (after > rest) rest = after;
        *broken = true;
        *flow = *flow == FLOW_MAYBE_RETURN || rest == FLOW_MAYBE_RETURN ? FLOW_MAYBE_RETURN : after;
        return true;
    }
    case FLOW_NEXT:
    case FLOW_CONTINUE: *flow = FLOW_NEXT; return false;
    default: return true;
    }
}

static Flow run_items(Eval *eval, const Stmt *stmt, List *iterator, bool *broken) {
    for (;;) {
        Value item;
        bool more;
        if (!eval_step(eval, stmt->head) ||
            !iterate_next(eval, iterator, stmt->as.loop.iterable->at, &item, &more))
            return FLOW_RAISE;
        Flow flow = FLOW_MAYBE_BREAK;
        if (iterator->opaque)
            eval->left_by = iterator->opaque; /* how often the rest runs is unknown */
        else if (!more)
            return FLOW_NEXT;
        else if (!exec_assign(eval, stmt->as.loop.target, item))
            return FLOW_RAISE;
        else
            flow = exec_block(eval, &stmt->as.loop.body);
        if (loop_ends(eval, stmt, &stmt->as.loop.body, &stmt->as.loop.otherwise, &flow, broken)) return flow;
    }
}

/* Runs the loop body with errors ending the whole loop: one mistake in it is one message. */
Flow exec_for(Eval *eval, const Stmt *stmt) {
    Value iterable;
    List *iterator;
    if (!eval_expression(eval, stmt->as.loop.iterable, &iterable) ||
        !iterate_open(eval, iterable, stmt->as.loop.iterable->at, &iterator))
        return FLOW_RAISE;
    const Opaque *unknown = iterator->opaque;
    if (stmt->is_async && !unknown)
        unknown = eval_opaque(eval, stmt->head, "async for is not evaluated").as.opaque;
    if (unknown) {
        eval->opaque_uses++;
        return skip_statement(eval, stmt, unknown);
    }
    const bool recover = eval->frame->recover;
    bool broken = false;
    eval->frame->recover = false;
    eval->frame->loops++;
    Flow flow = run_items(eval, stmt, iterator, &broken);
    eval->frame->loops--;
    eval->frame->recover = recover;
    if (flow == FLOW_NEXT && !broken) flow = exec_block(eval, &stmt->as.loop.otherwise);
    return flow;
}

static Flow run_while(Eval *eval, const Stmt *stmt, bool *broken) {
    for (;;) {
        Value test;
        bool truth;
        const Opaque *unknown;
        if (!eval_step(eval, stmt->head) || !eval_expression(eval, stmt->as.branch.test, &test) ||
            !eval_truth(eval, test, stmt->as.branch.test->at, &truth, &unknown))
            return FLOW_RAISE;
        if (unknown) {
            *broken = true;
            return skip_statement(eval, stmt, unknown);
        }
        if (!truth) return FLOW_NEXT;
        Flow flow = exec_block(eval, &stmt->as.branch.body);
        if (loop_ends(eval, stmt, &stmt->as.branch.body, &stmt->as.branch.otherwise, &flow, broken))
            return flow;
    }
}

Flow exec_while(Eval *eval, const Stmt *stmt) {
    const bool recover = eval->frame->recover;
    bool broken = false;
    eval->frame->recover = false;
    eval->frame->loops++;
    Flow flow = run_while(eval, stmt, &broken);
    eval->frame->loops--;
    eval->frame->recover = recover;
    if (flow == FLOW_NEXT && !broken) flow = exec_block(eval, &stmt->as.branch.otherwise);
    return flow;
}
