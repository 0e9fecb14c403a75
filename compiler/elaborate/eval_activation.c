/* Functions of the file as activations: each becomes a Lambda, which the layer calls on its result
 * (layers/activation_function.c). One is known by its text: the hard_sigmoid of Keras 1 and 2,
 *
 *     def hard_sigmoid(x):
 *         return ops.clip(0.2 * x + 0.5, 0.0, 1.0)
 *
 * which people write (and `lamina convert` writes) because Keras 3 gives that name to another slope. Its text
 * is compared, not run: running it would count operations that Keras does not count.
 */
#include <string.h>

#include "elaborate/classes.h"
#include "elaborate/eval_parts.h"

static bool is_number(const Expr *expr, double wanted) {
    return (expr->kind == EXPR_FLOAT && expr->as.float_value == wanted) ||
           (expr->kind == EXPR_INT && !expr->as.integer.too_large &&
            (double)expr->as.integer.value == wanted);
}

static bool is_product(const Expr *expr, const char *parameter) {
    if (expr->kind != EXPR_BINARY || expr->as.binary.op != BINARY_MUL) return false;
    const Expr *left = expr->as.binary.left, *right = expr->as.binary.right;
    const Expr *name = left->kind == EXPR_NAME ? left : right, *number = name == left ? right : left;
    return name->kind == EXPR_NAME && strcmp(name->as.name, parameter) == 0 && is_number(number, 0.2);
}

/* 0.2 * x + 0.5 */
static bool is_line(const Expr *expr, const char *parameter) {
    return expr->kind == EXPR_BINARY && expr->as.binary.op == BINARY_ADD &&
           is_product(expr->as.binary.left, parameter) && is_number(expr->as.binary.right, 0.5);
}

/* The one expression that the function returns; NULL where it does more. */
static const Expr *returned(const struct Function *function) {
    if (!function->body) return function->lambda;
    const StmtList *body = function->body;
    const size_t docstring = body->count == 2 && body->at[0]->kind == STMT_EXPR;
    if (body->count != 1 + docstring || body->at[docstring]->kind != STMT_RETURN) return NULL;
    return body->at[docstring]->as.expr;
}

static bool names_clip(Eval *eval, const struct Function *function, const Expr *callee) {
    const char *root = NULL;
    Value value;
    const Expr *first = callee;
    while (first->kind == EXPR_ATTRIBUTE) first = first->as.attribute.object;
    if (first->kind != EXPR_NAME) return false;
    root = first->as.name;
    if (strcmp(function->parameters->at[0].name.text, root) == 0) return false;
    const DiagMark mark = diag_mark(eval->diags);
    const bool known = eval_expression(eval, callee, &value);
    if (!known) diag_rewind(eval->diags, mark);
    return known && value.kind == VALUE_SYMBOL && strcmp(value.as.symbol, "ops.clip") == 0;
}

static bool is_old_hard_sigmoid(Eval *eval, const struct Function *function) {
    if (function->opaque || function->partial_of || function->is_class || function->parameters->count != 1)
        return false;
    const Expr *call = returned(function);
    if (!call || call->kind != EXPR_CALL || call->as.call.arguments.count != 3) return false;
    const CallArgument *arguments = call->as.call.arguments.at;
    for (size_t i = 0; i < 3; i++)
        if (arguments[i].kind != ARGUMENT_POSITIONAL) return false;
    return is_line(arguments[0].value, function->parameters->at[0].name.text) &&
           is_number(arguments[1].value, 0) && is_number(arguments[2].value, 1) &&
           names_clip(eval, function, call->as.call.callee);
}

/* Its name is never seen, so none is counted for it. */
static bool make_lambda(Eval *eval, Value function, SourceRange at, Value *out) {
    const LayerClass *class_ = lambda_class(eval).as.layer_class;
    Argument *list = ARENA_ARRAY(eval->arena, Argument, 2);
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments);
    Layer *layer;
    list[0] = (Argument){.value = function, .at = at};
    list[1] = (Argument){
        .keyword = "name", .value = value_str(eval->arena, "activation"), .at = at, .keyword_at = at};
    *arguments = (Arguments){list, 2, at};
    if (!layer_construct(eval->graph, class_, arguments, &layer)) return false;
    return *out = value_layer(layer), true;
}

Value eval_activation(Eval *eval, Value value, SourceRange at) {
    if (value.kind != VALUE_FUNCTION) return value;
    if (is_old_hard_sigmoid(eval, value.as.function))
        return value_symbol("activations.hard_sigmoid of Keras 2");
    Value made;
    return make_lambda(eval, value, at, &made) ? made : value;
}
