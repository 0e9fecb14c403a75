/* Training runs code of the file: callbacks, losses, metrics. fit() leaves the graph alone unless such code
 * changes layers.
 *
 * In:  the arguments of fit, evaluate, predict. Out: the model is opaque where a function or a class among
 * them could have changed it: one that sets an attribute of something other than itself, or gives the model
 * to others.
 */
#include <string.h>

#include "elaborate/eval_parts.h"
#include "elaborate/eval_walk.h"

typedef struct Training {
    Eval *eval;
    Value model;
    const char *self; /* the first parameter of the method under way */
    bool changes;
} Training;

static bool names_model(const Expr *expr) {
    return expr->kind == EXPR_ATTRIBUTE && strcmp(expr->as.attribute.name.text, "model") == 0;
}

/* self.model.optimizer.learning_rate = ... */
static bool is_about_optimizer(const Expr *expr) {
    for (; expr->kind == EXPR_ATTRIBUTE; expr = expr->as.attribute.object)
        if (strcmp(expr->as.attribute.name.text, "optimizer") == 0) return true;
    return false;
}

static void see_target(Training *training, const Expr *target) {
    if (target->kind == EXPR_TUPLE || target->kind == EXPR_LIST) {
        for (size_t i = 0; i < target->as.elements.count; i++)
            see_target(training, target->as.elements.at[i]);
        return;
    }
    if (target->kind != EXPR_ATTRIBUTE || skip_is_quiet_attribute(target->as.attribute.name.text)) return;
    const Expr *object = target->as.attribute.object;
    const bool own =
        object->kind == EXPR_NAME && training->self && strcmp(object->as.name, training->self) == 0;
    training->changes |= !own && !is_about_optimizer(object);
}

static bool see_expression(void *context, const Expr *expr) {
    Training *training = context;
    if (expr->kind == EXPR_ATTRIBUTE) {
        const char *name = expr->as.attribute.name.text;
        training->changes |= strcmp(name, "__dict__") == 0 || strcmp(name, "__setattr__") == 0;
    }
    if (expr->kind != EXPR_CALL) return true;
    const Expr *callee = expr->as.call.callee;
    if (callee->kind == EXPR_NAME) {
        const char *name = callee->as.name;
        const bool stores =
            strcmp(name, "setattr") == 0 || strcmp(name, "delattr") == 0 || strcmp(name, "vars") == 0;
        const bool ours = builtin_find(name) && !stores;
        for (size_t i = 0; i < expr->as.call.arguments.count; i++)
            training->changes |= stores || (!ours && names_model(expr->as.call.arguments.at[i].value));
    }
    if (callee->kind == EXPR_ATTRIBUTE && names_model(callee->as.attribute.object)) {
        const char *name = callee->as.attribute.name.text;
        training->changes |= strcmp(name, "add") == 0 || strcmp(name, "pop") == 0;
    }
    return true;
}

static void see_body(Training *training, const StmtList *body);

static bool see_statement(void *context, const Stmt *stmt) {
    Training *training = context;
    switch (stmt->kind) {
    case STMT_ASSIGN:
        for (size_t i = 0; i < stmt->as.assign.targets.count; i++)
            see_target(training, stmt->as.assign.targets.at[i]);
        break;
    case STMT_AUG_ASSIGN: see_target(training, stmt->as.aug_assign.target); break;
    case STMT_ANN_ASSIGN: see_target(training, stmt->as.ann_assign.target); break;
    case STMT_FOR: see_target(training, stmt->as.loop.target); break;
    case STMT_DELETE:
        for (size_t i = 0; i < stmt->as.targets.count; i++) see_target(training, stmt->as.targets.at[i]);
        break;
    case STMT_FUNCTION: {
        const char *outer = training->self;
        const ParameterList *parameters = &stmt->as.function.parameters;
        if (!outer) training->self = parameters->count ? parameters->at[0].name.text : NULL;
        see_body(training, &stmt->as.function.body);
        training->self = outer;
        break;
    }
    case STMT_CLASS: see_body(training, &stmt->as.class_.body); break;
    default: break;
    }
    return true;
}

static void see_body(Training *training, const StmtList *body) {
    const Walker walker = {training, see_statement, see_expression, NULL};
    if (body) walk_statements(&walker, body);
}

/* What a value holds; LambdaCallback(on_epoch_end=f) holds its arguments. */
static size_t held_count(Value value) {
    if (value.kind != VALUE_CONFIG) return value_part_count(value);
    return value.as.config->arguments ? value.as.config->arguments->count : 0;
}

static Value held(Value value, size_t index) {
    return value.kind == VALUE_CONFIG ? value.as.config->arguments->at[index].value
                                      : value_part(value, index);
}

/* The classes and functions of the file among a value's parts. */
static void see_value(Training *training, Value value, int depth) {
    if (depth > 8 || training->changes) return;
    switch (value.kind) {
    case VALUE_FUNCTION: see_body(training, value.as.function->body); break;
    case VALUE_OPAQUE:
        if (value.as.opaque->part_of) see_value(training, *value.as.opaque->part_of, depth + 1);
        break;
    default: break;
    }
    for (size_t i = 0; i < held_count(value); i++) see_value(training, held(value, i), depth + 1);
}

/* A function of the file that training calls: its own effects, on lists and layers that it names. */
static void run_functions(Eval *eval, Value value, const Opaque *cause, int depth) {
    if (depth > 8) return;
    if (value.kind == VALUE_FUNCTION) eval_spoil(eval, value, cause);
    for (size_t i = 0; i < held_count(value); i++) run_functions(eval, held(value, i), cause, depth + 1);
}

void eval_train(Eval *eval, Value model, const Arguments *arguments) {
    const Value opaque =
        value_opaque(eval->arena, arguments->call, "what training calls back is not evaluated");
    for (size_t i = 0; i < arguments->count; i++) {
        Training training = {eval, model, NULL, false};
        see_value(&training, arguments->at[i].value, 0);
        if (training.changes) eval_spoil(eval, model, opaque.as.opaque);
        run_functions(eval, arguments->at[i].value, opaque.as.opaque, 0);
    }
}
