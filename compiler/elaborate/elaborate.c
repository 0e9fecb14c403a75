/* Elaborate: the run of a model file from its first statement to the chosen model. READ elaborate.h FIRST. */
#include "elaborate/elaborate.h"

#include <string.h>
#include <sys/resource.h>

#include "elaborate/classes.h"
#include "elaborate/eval_walk.h"
#include "elaborate/imports_files.h"

struct Elaboration {
    Eval eval;
    const Module *module;
    Value called; /* the result of --call */
    bool call_failed;
};

/* ---- setting up ---- */

/* Recursion may use this part of the machine stack. */
static size_t stack_limit(void) {
    struct rlimit limit;
    const size_t fallback = (size_t)8 << 20, most = (size_t)256 << 20;
    size_t size = fallback;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        size = (size_t)limit.rlim_cur;
    if (size > most) size = most;
    return size / 4 * 3;
}

static bool see_keras_import(void *context, const Stmt *stmt) {
    if (stmt->kind != STMT_IMPORT && stmt->kind != STMT_IMPORT_FROM) return true;
    const char *module = stmt->kind == STMT_IMPORT_FROM ? stmt->as.import.module : "";
    for (size_t i = 0; stmt->kind == STMT_IMPORT && i < stmt->as.import.count; i++) {
        module = stmt->as.import.at[i].dotted_name;
        if (strstr(module, "keras") || strstr(module, "tensorflow")) break;
    }
    if (strstr(module, "keras") || strstr(module, "tensorflow") || stmt->as.import.level > 0)
        *(bool *)context = true;
    return true;
}

static bool imports_keras(const Module *module) {
    bool seen = false;
    const Walker walker = {&seen, see_keras_import, NULL, NULL};
    walk_statements(&walker, &module->body);
    return seen;
}

static bool is_identifier(const char *name) {
    if (!name[0] || (name[0] >= '0' && name[0] <= '9')) return false;
    for (; *name; name++) {
        const bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') || *name == '_';
        if (!letter && !(*name >= '0' && *name <= '9') && (unsigned char)*name < 128) return false;
    }
    return true;
}

/* Only literals: numbers, strings, None, True, False, and tuples, lists and dicts of them, with signs. */
static bool is_literal(const Expr *expr) {
    switch (expr->kind) {
    case EXPR_NONE:
    case EXPR_TRUE:
    case EXPR_FALSE:
    case EXPR_INT:
    case EXPR_FLOAT:
    case EXPR_STRING: return true;
    case EXPR_UNARY: return expr->as.unary.op != UNARY_OP_NOT && is_literal(expr->as.unary.operand);
    case EXPR_TUPLE:
    case EXPR_LIST:
        for (size_t i = 0; i < expr->as.elements.count; i++)
            if (!is_literal(expr->as.elements.at[i])) return false;
        return true;
    case EXPR_DICT:
        for (size_t i = 0; i < expr->as.dict.values.count; i++)
            if (!expr->as.dict.keys.at[i] || !is_literal(expr->as.dict.keys.at[i]) ||
                !is_literal(expr->as.dict.values.at[i]))
                return false;
        return true;
    default: return false;
    }
}

/* A Python literal, else the text itself. */
static Value definition_value(Eval *eval, const char *text) {
    const uint32_t file = sources_add(eval->sources, "<-D>", text, strlen(text));
    const DiagMark mark = diag_mark(eval->diags);
    const Expr *expr = parse_expression(eval->arena, eval->sources, file, eval->diags);
    Value value;
    if (expr && is_literal(expr) && eval_expression(eval, expr, &value)) return value;
    diag_rewind(eval->diags, mark);
    return value_str(eval->arena, text);
}

static void define_all(Eval *eval) {
    for (size_t i = 0; i < eval->options->n_definitions; i++) {
        const ElaborateDefinition *definition = &eval->options->definitions[i];
        if (!is_identifier(definition->name)) {
            diag_report(eval->diags, E319, NO_SOURCE, "-D %s: not a Python name", definition->name);
            continue;
        }
        const Value value = definition_value(eval, definition->value);
        Cell *cell = scope_cell(eval->module, definition->name);
        *cell = (Cell){.value = value, .bound = true, .pinned = true};
    }
}

static void set_up(Eval *eval, Arena *arena, Sources *sources, uint32_t file, Diagnostics *diags,
                   const ElaborateOptions *options) {
    *eval = (Eval){.arena = arena, .diags = diags, .sources = sources, .options = options};
    eval->graph = graph_new(arena, diags);
    if (options->max_nodes) eval->graph->max_nodes = options->max_nodes;
    eval->graph->settings.tf1 = options->tf1;
    eval->graph->operation_names = options->operation_names;
    eval->graph->n_operation_names = options->n_operation_names;
    eval->modules = map_new(arena);
    eval->module = scope_new(arena, SCOPE_MODULE, NULL);
    eval->module->space = ARENA_NEW(arena, struct Namespace);
    *eval->module->space = (struct Namespace){.kind = SPACE_LOCAL, .path = "__main__", .scope = eval->module};
    eval->module->home = import_folder_of(arena, sources_get(sources, file)->name);
    eval->stack_limit = stack_limit();
}

/* ---- running ---- */

static void run_call(Elaboration *elaboration) {
    Eval *eval = &elaboration->eval;
    const char *text = eval->options->call;
    const uint32_t file = sources_add(eval->sources, "<--call>", text, strlen(text));
    const Expr *expr = parse_expression(eval->arena, eval->sources, file, eval->diags);
    elaboration->call_failed = true;
    if (!expr) return;
    if (expr->kind != EXPR_CALL) {
        diag_report(eval->diags, E313, expr->at, "--call takes a call, such as %s()", text);
        return;
    }
    elaboration->call_failed = !eval_expression(eval, expr, &elaboration->called);
}

static void run(Elaboration *elaboration) {
    Eval *eval = &elaboration->eval;
    const char here = 0;
    eval->stack = &here;
    Frame frame = {.scope = eval->module, .result = value_none(), .recover = true};
    eval->frame = &frame;
    define_all(eval);
    eval_bind(eval, "__name__", value_str(eval->arena, "__main__"));
    (void)exec_block(eval, &elaboration->module->body);
    eval->exited = false;
    if (eval->options->call && !eval->fatal) run_call(elaboration);
    custom_finish(eval);
}

Elaboration *elaborate_file(Arena *arena, Sources *sources, uint32_t file, Diagnostics *diags,
                            const ElaborateOptions *options) {
    const Module *module = parse_module(arena, sources, file, diags);
    if (!module) return NULL;
    Elaboration *elaboration = ARENA_NEW(arena, Elaboration);
    elaboration->module = module;
    set_up(&elaboration->eval, arena, sources, file, diags, options);
    elaboration->eval.predefined = !imports_keras(module);
    run(elaboration);
    return elaboration;
}

Graph *elaborate_graph(Elaboration *elaboration) {
    return elaboration->eval.graph;
}

bool elaborate_lookup(const Elaboration *elaboration, const char *name, Value *out) {
    return scope_lookup(elaboration->eval.module, name, out) == LOOKUP_FOUND;
}

const char *const *elaborate_imports(const Elaboration *elaboration, size_t *count) {
    *count = elaboration->eval.imported.count;
    return elaboration->eval.imported.at;
}

/* ---- choosing ---- */

static Model *model_of(Value value) {
    return value.kind == VALUE_LAYER ? value.as.layer->model : NULL;
}

/* Reports that a value which should be the model is unknown; silent where that follows from an error. */
static Model *unknown_model(Eval *eval, const char *what, const Opaque *cause) {
    if (!cause->reason || diag_error_count(eval->diags) > 0) return NULL;
    diag_report(eval->diags, E310, cause->at, "%s depends on something that is not evaluated: %s", what,
                cause->reason);
    if (strstr(cause->reason, "is not evaluated"))
        diag_help(eval->diags, cause->at, NULL,
                  "write the value into the file, or give a variable its value by -D NAME=VALUE");
    return NULL;
}

/* A model of a class of the file that has no inputs. */
static bool is_subclassed(Value value) {
    const Layer *layer = value.kind == VALUE_LAYER ? value.as.layer : NULL;
    return layer && layer->instance && !layer->model && layer->instance->class_->base == CLASS_MODEL;
}

static Model *subclassed_model(Eval *eval, const char *what, const Layer *layer) {
    diag_report(eval->diags, E322, layer->at,
                "%s is a %s, a model without inputs of its own: it cannot be compiled by itself", what,
                layer->class_->name);
    diag_help(eval->diags, layer->at, NULL, "wrap it: x = keras.Input(...); model = keras.Model(x, %s(x))",
              layer->variable ? layer->variable : what);
    return NULL;
}

static Model *checked_model(Eval *eval, const char *what, Value value) {
    const Opaque *cause = eval_opaque_of(value);
    if (cause) return unknown_model(eval, what, cause);
    if (is_subclassed(value)) return subclassed_model(eval, what, value.as.layer);
    Model *model = model_of(value);
    return model && model_check(eval->graph, model, model->layer->at) ? model : NULL;
}

static Model *called_model(Elaboration *elaboration) {
    Eval *eval = &elaboration->eval;
    const Value value = elaboration->called;
    if (elaboration->call_failed) return NULL;
    if (model_of(value) || eval_opaque_of(value) || is_subclassed(value))
        return checked_model(eval, eval_str(eval, "the result of %s", eval->options->call), value);
    diag_report(eval->diags, E313, NO_SOURCE, "--call=%s: the result is %s, not a Model", eval->options->call,
                value_repr(eval->arena, value));
    return NULL;
}

static Model *named_model(Eval *eval, const char *name) {
    Value value;
    if (scope_lookup(eval->module, name, &value) != LOOKUP_FOUND) {
        diag_report(eval->diags, E312, NO_SOURCE, "--model=%s: the file has no variable of this name", name);
        VEC(const char *) names = {0};
        for (size_t i = 0; i < eval->module->cells.count; i++)
            vec_push(eval->arena, &names, eval->module->cells.entries[i].key);
        eval_suggest(eval, NO_SOURCE, name, names.at, names.count);
        return NULL;
    }
    if (model_of(value) || eval_opaque_of(value) || is_subclassed(value))
        return checked_model(eval, name, value);
    diag_report(eval->diags, E312, NO_SOURCE, "--model=%s: the variable holds %s, not a Model", name,
                value_repr(eval->arena, value));
    return NULL;
}

/* A Model, or what would be one but depends on something unknown: compiling an earlier one in its place would
 * be a guess. */
static bool is_model(Value value) {
    return model_of(value) || (value_is_opaque(value) && value.as.opaque->model);
}

/* The name that was bound last to a Model, or (models false) to something unknown. */
static const char *last_bound(const Eval *eval, bool models) {
    const char *best = NULL;
    uint64_t serial = 0;
    for (size_t i = 0; i < eval->module->cells.count; i++) {
        const Cell *cell = eval->module->cells.entries[i].value;
        const bool fits =
            models ? is_model(cell->value) : value_is_opaque(cell->value) && cell->value.as.opaque->reason;
        if (!cell->bound || !fits || cell->serial < serial) continue;
        best = eval->module->cells.entries[i].key;
        serial = cell->serial;
    }
    return best;
}

static Model *no_model(Eval *eval, uint32_t file) {
    if (diag_error_count(eval->diags)) return NULL;
    const char *function = NULL;
    for (size_t i = 0; i < eval->module->cells.count; i++) {
        const Cell *cell = eval->module->cells.entries[i].value;
        if (cell->bound && cell->value.kind == VALUE_FUNCTION) function = eval->module->cells.entries[i].key;
    }
    diag_report(eval->diags, E311, (SourceRange){file, 0, 0},
                "no variable of the file is bound to a Model or Sequential");
    const char *unknown = last_bound(eval, false);
    Value value;
    if (unknown && scope_lookup(eval->module, unknown, &value) == LOOKUP_FOUND)
        diag_note(eval->diags, value.as.opaque->at, "%s is unknown: %s", unknown, value.as.opaque->reason);
    if (function)
        diag_help(eval->diags, NO_SOURCE, NULL,
                  "where a function returns the model, compile with --call='%s(...)'", function);
    return NULL;
}

Model *elaborate_model(Elaboration *elaboration) {
    Eval *eval = &elaboration->eval;
    Value value;
    if (eval->fatal) return NULL;
    if (eval->options->call) return called_model(elaboration);
    if (eval->options->model_name) return named_model(eval, eval->options->model_name);
    if (scope_lookup(eval->module, "model", &value) == LOOKUP_FOUND &&
        (model_of(value) || eval_opaque_of(value) || is_subclassed(value)))
        return checked_model(eval, "model", value);
    const char *last = last_bound(eval, true);
    if (!last) return no_model(eval, elaboration->module->file);
    (void)scope_lookup(eval->module, last, &value);
    Model *model = checked_model(eval, last, value);
    if (!model && eval_opaque_of(value))
        diag_help(eval->diags, NO_SOURCE, NULL,
                  "it is the last model of the file; --model=NAME compiles another one");
    return model;
}
