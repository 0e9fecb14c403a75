/* Class statements: the bases, Python's method resolution order, and the body run in a scope of its own.
 *
 * Invariant: functions made in a class body look names up where the class stands, not in the class; each
 * knows its class (Function.owner), which super() needs.
 */
#include "elaborate/classes.h"

#include <string.h>

#include "elaborate/dataclass.h"

/* ---- lookup ---- */

bool class_find(const Class *class_, const Class *after, const char *name, Value *out) {
    size_t i = 0;
    if (after)
        while (i < class_->n_mro && class_->mro[i++] != after) continue;
    for (; i < class_->n_mro; i++) {
        const Cell *cell = map_get(&class_->mro[i]->names->cells, name);
        if (!cell || !cell->bound) continue;
        *out = cell->value;
        return true;
    }
    return false;
}

bool class_is_below(const Class *class_, const Class *base) {
    for (size_t i = 0; i < class_->n_mro; i++)
        if (class_->mro[i] == base) return true;
    return false;
}

static Value bases_tuple(Eval *eval, const Class *class_) {
    const Value tuple = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < class_->n_mro; i++)
        value_list_push(eval->arena, tuple, class_value(class_->mro[i]));
    return tuple;
}

bool class_attribute(Eval *eval, Class *class_, const char *name, SourceRange at, Value *out, bool *found) {
    *found = true;
    if (strcmp(name, "__name__") == 0 || strcmp(name, "__qualname__") == 0) {
        *out = value_str(eval->arena, class_->name);
        return true;
    }
    if (strcmp(name, "__mro__") == 0) {
        *out = bases_tuple(eval, class_);
        return true;
    }
    *found = class_find(class_, NULL, name, out);
    if (!*found || out->kind != VALUE_CONFIG) return true;
    const Config *config = out->as.config;
    const Value wrapped = config->arguments->count ? config->arguments->at[0].value : value_none();
    if (strcmp(config->symbol, "builtins.staticmethod") == 0) *out = wrapped;
    if (strcmp(config->symbol, "builtins.classmethod") == 0 && wrapped.kind == VALUE_FUNCTION)
        *out = instance_bind(eval, class_value(class_), wrapped.as.function);
    (void)at;
    return true;
}

/* ---- bases ---- */

typedef struct Bases {
    VEC(Class *) classes;
    ClassBase base;
    bool unsupported;
} Bases;

static bool add_base(Eval *eval, const CallArgument *written, Bases *bases) {
    Value value;
    if (!eval_expression(eval, written->value, &value)) return false;
    if (value.kind == VALUE_CLASS && !value.as.class_->opaque) {
        vec_push(eval->arena, &bases->classes, value.as.class_);
        if (value.as.class_->base > bases->base) bases->base = value.as.class_->base;
        return true;
    }
    const bool is_layer = value.kind == VALUE_SYMBOL && strcmp(value.as.symbol, "layers.Layer") == 0;
    const bool is_model = value.kind == VALUE_LAYER_CLASS && value.as.layer_class == &MODEL_CLASS_FUNCTIONAL;
    const bool is_object = value.kind == VALUE_BUILTIN && strcmp(value.as.builtin->name, "object") == 0;
    if (is_layer && bases->base < CLASS_LAYER) bases->base = CLASS_LAYER;
    if (is_model) bases->base = CLASS_MODEL;
    bases->unsupported |= !is_layer && !is_model && !is_object;
    return true;
}

/* True where the class statement is one that we evaluate. */
static bool read_bases(Eval *eval, const Stmt *stmt, Bases *bases, bool *failed) {
    const CallArgumentList *written = &stmt->as.class_.bases;
    *failed = false;
    for (size_t i = 0; i < written->count; i++) {
        if (written->at[i].kind != ARGUMENT_POSITIONAL) return false;
        *failed = !add_base(eval, &written->at[i], bases);
        if (*failed || bases->unsupported) return false;
    }
    return true;
}

/* A base class hears of the classes below it. */
static bool tell_base(Eval *eval, Class *class_, SourceRange at) {
    Value hook;
    const Value self = class_value(class_);
    if (!class_find(class_, class_, "__init_subclass__", &hook)) return true;
    if (hook.kind == VALUE_CONFIG && hook.as.config->arguments->count)
        hook = hook.as.config->arguments->at[0].value;
    return hook.kind != VALUE_FUNCTION || eval_call_values(eval, hook, &self, 1, at, &hook);
}

/* ---- the method resolution order (C3) ---- */

typedef struct Line {
    Class *const *at;
    size_t count;
} Line;

static bool is_in_tail(const Line *lines, size_t n_lines, const Class *class_) {
    for (size_t i = 0; i < n_lines; i++)
        for (size_t k = 1; k < lines[i].count; k++)
            if (lines[i].at[k] == class_) return true;
    return false;
}

static void drop(Line *lines, size_t n_lines, const Class *class_) {
    for (size_t i = 0; i < n_lines; i++) {
        if (lines[i].count == 0 || lines[i].at[0] != class_) continue;
        lines[i].at++;
        lines[i].count--;
    }
}

static bool linearize(Eval *eval, Class *class_, const Bases *bases) {
    const size_t n = bases->classes.count;
    Line *lines = ARENA_ARRAY(eval->arena, Line, n + 1);
    VEC(Class *) order = {0};
    for (size_t i = 0; i < n; i++) lines[i] = (Line){bases->classes.at[i]->mro, bases->classes.at[i]->n_mro};
    lines[n] = (Line){bases->classes.at, n};
    vec_push(eval->arena, &order, class_);
    for (;;) {
        Class *next = NULL;
        bool left = false;
        for (size_t i = 0; i <= n && !next; i++) {
            if (lines[i].count == 0) continue;
            left = true;
            if (!is_in_tail(lines, n + 1, lines[i].at[0])) next = lines[i].at[0];
        }
        if (!left) break;
        if (!next)
            return eval_raise(eval, E323, NULL, class_->at,
                              "Cannot create a consistent method resolution order (MRO) for the bases of %s",
                              class_->name);
        vec_push(eval->arena, &order, next);
        drop(lines, n + 1, next);
    }
    class_->mro = order.at;
    class_->n_mro = order.count;
    return true;
}

/* ---- the body ---- */

/* The functions in it belong to the class, wrapped ones (property) included. */
static void own(Class *class_, Value value) {
    if (value.kind == VALUE_FUNCTION && !value.as.function->owner) value.as.function->owner = class_;
    if (value.kind != VALUE_CONFIG || strncmp(value.as.config->symbol, "builtins.", 9) != 0) return;
    for (size_t i = 0; i < value.as.config->arguments->count; i++)
        own(class_, value.as.config->arguments->at[i].value);
}

static bool run_class_body(Eval *eval, const Stmt *stmt, Class *class_) {
    if (!eval_enter(eval, stmt->head)) return false;
    Frame frame = {.caller = eval->frame, .scope = class_->names, .result = value_none()};
    eval->frame = &frame;
    const Flow flow = exec_block(eval, &stmt->as.class_.body);
    eval->frame = frame.caller;
    eval_leave(eval);
    if (flow == FLOW_RAISE) return false;
    for (size_t i = 0; i < class_->names->cells.count; i++)
        own(class_, ((const Cell *)class_->names->cells.entries[i].value)->value);
    return true;
}

static Value annotated_names(Eval *eval, const StmtList *body) {
    const Value names = value_list_new(eval->arena, VALUE_TUPLE);
    for (size_t i = 0; i < body->count; i++) {
        const Stmt *stmt = body->at[i];
        if (stmt->kind == STMT_ANN_ASSIGN && stmt->as.ann_assign.target->kind == EXPR_NAME)
            value_list_push(eval->arena, names, value_str(eval->arena, stmt->as.ann_assign.target->as.name));
    }
    return names;
}

const LayerClass *class_make_row(Eval *eval, Class *class_) {
    CustomRow *row = ARENA_NEW(eval->arena, CustomRow);
    row->row = CUSTOM_LAYER;
    row->row.name = class_->name;
    row->eval = eval;
    row->class_ = class_;
    return &row->row;
}

Class *class_new(Eval *eval, const char *name, SourceRange at) {
    Class *class_ = ARENA_NEW(eval->arena, Class);
    class_->name = name;
    class_->at = at;
    class_->names = scope_new(eval->arena, SCOPE_CLASS, eval_scope(eval));
    class_->mro = ARENA_ARRAY(eval->arena, Class *, 1);
    class_->mro[0] = class_;
    class_->n_mro = 1;
    class_->annotated = value_list_new(eval->arena, VALUE_TUPLE);
    return class_;
}

bool exec_class(Eval *eval, const Stmt *stmt) {
    Bases bases = {0};
    bool failed;
    if (!read_bases(eval, stmt, &bases, &failed)) {
        const Value outside = external_class(eval, stmt->as.class_.name.text, stmt->head);
        if (failed || value_is_none(outside)) return !failed && class_skip(eval, stmt);
        eval_bind(eval, stmt->as.class_.name.text, outside);
        return true;
    }
    Class *class_ = class_new(eval, stmt->as.class_.name.text, stmt->head);
    class_->base = bases.base;
    if (!linearize(eval, class_, &bases) || !run_class_body(eval, stmt, class_)) return false;
    class_->annotated = annotated_names(eval, &stmt->as.class_.body);
    if (class_->base != CLASS_OBJECT) class_->row = class_make_row(eval, class_);
    for (size_t i = 1; i < class_->n_mro && !class_->fields; i++) class_->fields = class_->mro[i]->fields;
    Value value = class_value(class_);
    if (!tell_base(eval, class_, stmt->head)) return false;
    if (!eval_decorate_class(eval, stmt, &value)) return false;
    eval_bind(eval, class_->name, value);
    return true;
}
