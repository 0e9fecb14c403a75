/* Skipped text: statements that may or may not have run, because a condition, an iterable or a callee is
 * unknown.
 *
 * In:  the text, and the cause. Out: every name that it binds is opaque, and so is every list, dict, layer,
 * tensor and model that it could have changed. How: the text is walked once in order. `peek` tells what an
 * expression is without evaluating it; where that is unknown, its value remembers the objects that it was
 * made from (Opaque.part_of), so that a later change of it is a change of those: `for l in m.layers: l.units
 * = 3` makes m opaque.
 */
#include <string.h>

#include "elaborate/eval_parts.h"
#include "elaborate/eval_walk.h"
#include "value/class.h"

typedef struct Skip {
    Eval *eval;
    const Opaque *cause;
} Skip;

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0) return true;
    return false;
}

bool skip_is_quiet_method(const char *name) {
    static const char *const NAMES[] = {"compile",
                                        "fit",
                                        "evaluate",
                                        "predict",
                                        "summary",
                                        "save",
                                        "save_weights",
                                        "load_weights",
                                        "set_weights",
                                        "get_weights",
                                        "count_params",
                                        "get_config",
                                        "to_json",
                                        "to_yaml",
                                        "get_layer",
                                        "train_on_batch",
                                        "test_on_batch",
                                        "predict_on_batch",
                                        "reset_states",
                                        "reset_metrics",
                                        "fit_generator",
                                        "evaluate_generator",
                                        "predict_generator",
                                        "export",
                                        "format",
                                        "get_compile_config",
                                        "stateless_call",
                                        "compute_output_shape",
                                        "compute_output_spec",
                                        "compute_loss",
                                        "compute_metrics",
                                        "get_build_config",
                                        "get_metrics_result",
                                        "make_train_function",
                                        "make_predict_function",
                                        "make_test_function",
                                        "symbolic_call",
                                        "adapt",
                                        "get_input_at",
                                        "get_output_at",
                                        "get_input_shape_at",
                                        "get_output_shape_at",
                                        "save_own_variables",
                                        NULL};
    return is_one_of(name, NAMES);
}

bool skip_is_quiet_attribute(const char *name) {
    static const char *const NAMES[] = {
        "trainable",      "stop_training", "optimizer",        "loss", "metrics", "history",
        "train_function", "test_function", "predict_function", "seed", "__doc__", NULL};
    return is_one_of(name, NAMES);
}

static bool changes_container(const char *name) {
    static const char *const NAMES[] = {"append",  "extend", "insert",  "pop",    "remove",
                                        "clear",   "sort",   "reverse", "update", "setdefault",
                                        "popitem", "add",    "discard", NULL};
    return is_one_of(name, NAMES);
}

/* ---- what an expression could be a part of ---- */

static Value unknown_value(Eval *eval, const Opaque *cause, bool harmless, Value roots) {
    Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
    *opaque = (Opaque){.reason = cause->reason, .at = cause->at, .harmless = harmless};
    if (roots.kind == VALUE_TUPLE && roots.as.list->items.count) {
        Value *part_of = ARENA_NEW(eval->arena, Value);
        *part_of = roots;
        opaque->part_of = part_of;
    }
    return eval_value_of(opaque);
}

typedef struct Roots {
    Eval *eval;
    Value tuple;
    int depth;
} Roots;

static void add_root(Roots *roots, Value value);

static bool is_constant(Value value) {
    return value.kind <= VALUE_ELLIPSIS;
}

/* A list or dict of numbers and texts: what is taken out of it is no part of anything that can change. */
static bool holds_constants(Value value) {
    if (value.kind == VALUE_LIST || value.kind == VALUE_TUPLE) {
        const List *list = value.as.list;
        for (size_t i = 0; i < list->items.count; i++)
            if (!is_constant(list->items.at[i])) return false;
        return !list->opaque;
    }
    if (value.kind != VALUE_DICT || value.as.dict->factory) return false;
    const Dict *dict = value.as.dict;
    for (size_t i = 0; i < dict->entries.count; i++)
        if (!is_constant(dict->entries.at[i].value)) return false;
    return !dict->opaque;
}

static bool takes_constant(Eval *eval, const Expr *expr) {
    Value value;
    bool unbound;
    return expr->kind == EXPR_SUBSCRIPT && expr->as.subscript.object->kind == EXPR_NAME &&
           eval_lookup(eval, expr->as.subscript.object->as.name, &value, &unbound) && holds_constants(value);
}

static bool root_expression(void *context, const Expr *expr) {
    Roots *roots = context;
    Value value;
    bool unbound;
    if (takes_constant(roots->eval, expr)) {
        const Walker walker = {roots, NULL, root_expression, NULL};
        walk_expression(&walker, expr->as.subscript.index);
        return false;
    }
    if (expr->kind == EXPR_NAME && eval_lookup(roots->eval, expr->as.name, &value, &unbound))
        add_root(roots, value);
    return true;
}

/* What a function of the file can reach by the names in its body. */
static void add_function_roots(Roots *roots, const struct Function *function) {
    if (roots->depth >= 3) return;
    roots->depth++;
    Scope *scope = roots->eval->frame->scope;
    roots->eval->frame->scope = function->scope;
    const Walker walker = {roots, NULL, root_expression, NULL};
    if (function->body) walk_statements(&walker, function->body);
    if (function->lambda) walk_expression(&walker, function->lambda);
    roots->eval->frame->scope = scope;
    roots->depth--;
}

static void add_root(Roots *roots, Value value) {
    switch (value.kind) {
    case VALUE_FUNCTION:
        if (!value.as.function->partial_of) add_function_roots(roots, value.as.function);
        break;
    case VALUE_OPAQUE:
    case VALUE_LAYER:
    case VALUE_TENSOR:
    case VALUE_HISTORY:
    case VALUE_METHOD:
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
    case VALUE_DICT: eval_part_add(roots->eval, roots->tuple, value); break;
    default: break;
    }
}

Value skip_reachable(Eval *eval, const Expr *expr) {
    Roots roots = {eval, value_list_new(eval->arena, VALUE_TUPLE), 0};
    const Walker walker = {&roots, NULL, root_expression, NULL};
    walk_expression(&walker, expr);
    return roots.tuple;
}

Value skip_result(Eval *eval, const Expr *const *exprs, size_t count, const Opaque *cause) {
    Roots roots = {eval, value_list_new(eval->arena, VALUE_TUPLE), 0};
    const Walker walker = {&roots, NULL, root_expression, NULL};
    for (size_t i = 0; i < count; i++) walk_expression(&walker, exprs[i]);
    eval_part_add(eval, roots.tuple, eval_value_of(cause));
    eval->opaque_uses++;
    return roots.tuple.as.list->items.count ? unknown_value(eval, cause, cause->harmless, roots.tuple)
                                            : eval_value_of(cause);
}

/* ---- peek ---- */

static Value peek(Eval *eval, const Expr *expr, const Opaque *cause);

static Value method_value(Eval *eval, Value self, const char *name) {
    Method *method = ARENA_NEW(eval->arena, Method);
    *method = (Method){.self = self, .name = name};
    return (Value){.kind = VALUE_METHOD, .as.method = method};
}

static Value peek_attribute(Eval *eval, const Expr *expr, const Opaque *cause) {
    const Value object = peek(eval, expr->as.attribute.object, cause);
    const char *name = expr->as.attribute.name.text;
    Value found;
    switch (object.kind) {
    case VALUE_OPAQUE: return object;
    case VALUE_NAMESPACE:
        if (namespace_get(eval, object.as.space, name, expr->at, &found)) return found;
        return unknown_value(eval, cause, true, value_none());
    case VALUE_LAYER:
        if (layer_has_method(object.as.layer, name)) return method_value(eval, object, name);
        break;
    default:
        if (value_has_method(object, name)) return method_value(eval, object, name);
        break;
    }
    const bool harmless =
        object.kind == VALUE_CONFIG || object.kind == VALUE_SYMBOL || object.kind == VALUE_LAYER_CLASS;
    return unknown_value(eval, cause, harmless, skip_reachable(eval, expr));
}

/* May what this call gives be called, or have methods called, without a layer or model being changed? */
static bool result_is_harmless(Value callee) {
    switch (callee.kind) {
    case VALUE_OPAQUE: return callee.as.opaque->harmless;
    case VALUE_LAYER:
    case VALUE_LAYER_CLASS:
    case VALUE_SYMBOL:
    case VALUE_CONFIG:
    case VALUE_DTYPE: return true;
    default: return false;
    }
}

static Value peek(Eval *eval, const Expr *expr, const Opaque *cause) {
    Value value;
    bool unbound;
    switch (expr->kind) {
    case EXPR_NAME:
        if (eval_lookup(eval, expr->as.name, &value, &unbound)) return value;
        return unknown_value(eval, cause, false, value_none());
    case EXPR_ATTRIBUTE: return peek_attribute(eval, expr, cause);
    case EXPR_CALL:
        value = peek(eval, expr->as.call.callee, cause);
        return unknown_value(eval, cause, result_is_harmless(value), skip_reachable(eval, expr));
    case EXPR_SUBSCRIPT:
        value = peek(eval, expr->as.subscript.object, cause);
        return unknown_value(eval, cause, value_is_opaque(value) && value.as.opaque->harmless,
                             skip_reachable(eval, expr));
    case EXPR_STARRED: return peek(eval, expr->as.value, cause);
    default: return unknown_value(eval, cause, false, skip_reachable(eval, expr));
    }
}

/* ---- calls ---- */

static void spoil_all(Eval *eval, const Arguments *arguments, const Opaque *cause, bool containers_only) {
    for (size_t i = 0; i < arguments->count; i++) {
        if (containers_only)
            eval_spoil_containers(eval, arguments->at[i].value, cause);
        else
            eval_spoil(eval, arguments->at[i].value, cause);
    }
}

/* Functions of the file among the arguments: whoever gets them may run them. */
static void run_functions(Eval *eval, const Arguments *arguments, const Opaque *cause) {
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].value.kind == VALUE_FUNCTION) eval_spoil(eval, arguments->at[i].value, cause);
}

static void skip_method(Eval *eval, const Method *method, const Opaque *cause) {
    if (method->self.kind == VALUE_LAYER) {
        if (!skip_is_quiet_method(method->name)) eval_spoil(eval, method->self, cause);
    } else if (method->self.kind == VALUE_OPAQUE || changes_container(method->name)) {
        eval_spoil(eval, method->self, cause);
    }
}

/* A layer is built by its first call; a skipped one could have built it for any shape. */
static void skip_layer_call(Eval *eval, Layer *layer, const Opaque *cause) {
    const bool built = layer->built || (layer->model && layer->model->built);
    if (!built) eval_spoil(eval, value_layer(layer), cause);
}

/* Of ours, only setattr and next change an argument; what is not evaluated may. */
static void skip_builtin(Eval *eval, const Builtin *builtin, const Arguments *arguments,
                         const Opaque *cause) {
    if (strncmp(builtin->name, "keras.", 6) == 0 && strstr(builtin->name, ".set_"))
        eval->settings_unknown = cause;
    if (strcmp(builtin->name, "setattr") == 0 && arguments->count == 3) {
        const char *name = value_c_str(arguments->at[1].value);
        if (name && skip_is_quiet_attribute(name)) return;
    }
    const bool changes =
        !builtin->call || strcmp(builtin->name, "setattr") == 0 || strcmp(builtin->name, "next") == 0;
    if (changes) spoil_all(eval, arguments, cause, false);
}

void skip_call(Eval *eval, Value callee, const Arguments *arguments, const Opaque *cause) {
    run_functions(eval, arguments, cause);
    switch (callee.kind) {
    case VALUE_FUNCTION:
        eval_spoil(eval, callee, cause);
        spoil_all(eval, arguments, cause, false);
        break;
    case VALUE_BUILTIN: skip_builtin(eval, callee.as.builtin, arguments, cause); break;
    case VALUE_METHOD: skip_method(eval, callee.as.method, cause); break;
    case VALUE_LAYER: skip_layer_call(eval, callee.as.layer, cause); break;
    case VALUE_OPAQUE:
        if (callee.as.opaque->reads_only) break;
        spoil_all(eval, arguments, cause, callee.as.opaque->harmless);
        if (!callee.as.opaque->harmless) eval_spoil(eval, callee, cause);
        break;
    default: break;
    }
}

/* ---- expressions ---- */

/* A layer without a name of its own may be made here, and takes an automatic one. */
static void doubt_name(Eval *eval, Value callee, const CallArgumentList *arguments, SourceRange at) {
    const LayerClass *class_ = callee.kind == VALUE_LAYER_CLASS ? callee.as.layer_class : NULL;
    if (callee.kind == VALUE_CLASS) class_ = callee.as.class_->row;
    for (size_t i = 0; i < arguments->count; i++)
        if (arguments->at[i].kind == ARGUMENT_KEYWORD && strcmp(arguments->at[i].keyword.text, "name") == 0)
            return;
    if (class_) graph_doubt_name(eval->graph, class_->name, at);
}

static void skip_call_expression(Skip *skip, const Expr *expr) {
    Eval *eval = skip->eval;
    const CallArgumentList *written = &expr->as.call.arguments;
    Argument *list = ARENA_ARRAY(eval->arena, Argument, written->count);
    for (size_t i = 0; i < written->count; i++)
        list[i] = (Argument){.value = peek(eval, written->at[i].value, skip->cause),
                             .at = written->at[i].value->at};
    const Arguments arguments = {list, written->count, expr->at};
    const Expr *callee = expr->as.call.callee;
    /* a quiet method of something unknown: layer.get_weights() in a loop over unknown layers */
    if (callee->kind == EXPR_ATTRIBUTE && skip_is_quiet_method(callee->as.attribute.name.text)) return;
    const Value called = peek(eval, callee, skip->cause);
    if (eval->skip_depth == 0 && skip->cause->reason) doubt_name(eval, called, written, expr->at);
    skip_call(eval, called, &arguments, skip->cause);
}

static void bind_targets(Skip *skip, const Expr *target, Value value);

static void skip_comprehension(Skip *skip, const Expr *expr) {
    Eval *eval = skip->eval;
    Scope *outer = eval->frame->scope;
    eval->frame->scope = scope_new(eval->arena, SCOPE_COMPREHENSION, outer);
    const ComprehensionList *clauses = &expr->as.comprehension.clauses;
    for (size_t i = 0; i < clauses->count; i++) {
        skip_expression(eval, clauses->at[i].iterable, skip->cause);
        bind_targets(skip, clauses->at[i].target, peek(eval, clauses->at[i].iterable, skip->cause));
        for (size_t k = 0; k < clauses->at[i].conditions.count; k++)
            skip_expression(eval, clauses->at[i].conditions.at[k], skip->cause);
    }
    skip_expression(eval, expr->as.comprehension.element, skip->cause);
    skip_expression(eval, expr->as.comprehension.dict_value, skip->cause);
    eval->frame->scope = outer;
}

static bool visit_expression(void *context, const Expr *expr) {
    Skip *skip = context;
    switch (expr->kind) {
    case EXPR_CALL: skip_call_expression(skip, expr); return true;
    case EXPR_LAMBDA: skip_expression(skip->eval, expr->as.lambda.body, skip->cause); return true;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_GENERATOR:
    case EXPR_DICT_COMP: skip_comprehension(skip, expr); return false;
    default: return true;
    }
}

static void visit_walrus(void *context, const char *name, SourceRange at) {
    (void)at;
    Skip *skip = context;
    eval_bind(skip->eval, name, unknown_value(skip->eval, skip->cause, false, value_none()));
}

void skip_expression(Eval *eval, const Expr *expr, const Opaque *cause) {
    Skip skip = {eval, cause};
    const Walker walker = {&skip, NULL, visit_expression, visit_walrus};
    walk_expression(&walker, expr);
}

/* ---- targets ---- */

/* target = value, where the value is unknown or is an iterable whose items are unknown. */
static void bind_targets(Skip *skip, const Expr *target, Value value) {
    Eval *eval = skip->eval;
    if (!value_is_opaque(value)) {
        Roots roots = {eval, value_list_new(eval->arena, VALUE_TUPLE), 0};
        add_root(&roots, value);
        value = unknown_value(eval, skip->cause, false, roots.tuple);
    }
    switch (target->kind) {
    case EXPR_NAME: eval_bind(eval, target->as.name, value); break;
    case EXPR_TUPLE:
    case EXPR_LIST:
        for (size_t i = 0; i < target->as.elements.count; i++)
            bind_targets(skip, target->as.elements.at[i], value);
        break;
    case EXPR_STARRED: bind_targets(skip, target->as.value, value); break;
    case EXPR_ATTRIBUTE:
        skip_expression(eval, target->as.attribute.object, skip->cause);
        if (!skip_is_quiet_attribute(target->as.attribute.name.text))
            eval_spoil(eval, peek(eval, target->as.attribute.object, skip->cause), skip->cause);
        break;
    case EXPR_SUBSCRIPT:
        skip_expression(eval, target->as.subscript.object, skip->cause);
        skip_expression(eval, target->as.subscript.index, skip->cause);
        eval_spoil(eval, peek(eval, target->as.subscript.object, skip->cause), skip->cause);
        break;
    default: break;
    }
}

void skip_target(Eval *eval, const Expr *target, const Opaque *cause) {
    Skip skip = {eval, cause};
    bind_targets(&skip, target, eval_value_of(cause));
}

/* The unknown value of a skipped right side; a plain name keeps what it stands for out of reach of nothing.
 */
void skip_assign(Eval *eval, const Expr *target, const Expr *value, const Opaque *cause) {
    Skip skip = {eval, cause};
    Value peeked = peek(eval, value, cause);
    const bool harmless = value_is_opaque(peeked) && peeked.as.opaque->harmless;
    Roots roots = {eval, skip_reachable(eval, value), 0};
    if (value_is_opaque(peeked)) add_root(&roots, peeked);
    if (cause->part_of) value_list_push(eval->arena, roots.tuple, *cause->part_of);
    bind_targets(&skip, target, unknown_value(eval, cause, harmless, roots.tuple));
}
