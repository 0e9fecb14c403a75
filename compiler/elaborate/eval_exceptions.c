/* Exceptions: raise, assert, try, with. An exception under way is a recorded report; catching it takes that
 * back.
 *
 * Where a `try` body did something that was not evaluated, an exception may have come out of that: the
 * handlers are then skipped text. A `raise` or failing `assert` in skipped text is taken as not reached.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/classes.h"

typedef struct ExceptionClass {
    const char *name, *base;
} ExceptionClass;

static const ExceptionClass EXCEPTIONS[] = {{"BaseException", ""},
                                            {"Exception", "BaseException"},
                                            {"SystemExit", "BaseException"},
                                            {"KeyboardInterrupt", "BaseException"},
                                            {"GeneratorExit", "BaseException"},
                                            {"ArithmeticError", "Exception"},
                                            {"OverflowError", "ArithmeticError"},
                                            {"ZeroDivisionError", "ArithmeticError"},
                                            {"FloatingPointError", "ArithmeticError"},
                                            {"AssertionError", "Exception"},
                                            {"AttributeError", "Exception"},
                                            {"BufferError", "Exception"},
                                            {"EOFError", "Exception"},
                                            {"ImportError", "Exception"},
                                            {"ModuleNotFoundError", "ImportError"},
                                            {"LookupError", "Exception"},
                                            {"IndexError", "LookupError"},
                                            {"KeyError", "LookupError"},
                                            {"MemoryError", "Exception"},
                                            {"NameError", "Exception"},
                                            {"UnboundLocalError", "NameError"},
                                            {"OSError", "Exception"},
                                            {"IOError", "OSError"},
                                            {"FileNotFoundError", "OSError"},
                                            {"FileExistsError", "OSError"},
                                            {"PermissionError", "OSError"},
                                            {"ConnectionError", "OSError"},
                                            {"TimeoutError", "OSError"},
                                            {"RuntimeError", "Exception"},
                                            {"NotImplementedError", "RuntimeError"},
                                            {"RecursionError", "RuntimeError"},
                                            {"StopIteration", "Exception"},
                                            {"SyntaxError", "Exception"},
                                            {"TypeError", "Exception"},
                                            {"ValueError", "Exception"},
                                            {"UnicodeError", "ValueError"},
                                            {"UnicodeDecodeError", "UnicodeError"},
                                            {"Warning", "Exception"},
                                            {"UserWarning", "Warning"},
                                            {"DeprecationWarning", "Warning"},
                                            {"FutureWarning", "Warning"},
                                            {"RuntimeWarning", "Warning"}};
enum { EXCEPTION_COUNT = sizeof EXCEPTIONS / sizeof EXCEPTIONS[0] };

static const ExceptionClass *find_exception(const char *name) {
    for (size_t i = 0; i < EXCEPTION_COUNT; i++)
        if (strcmp(EXCEPTIONS[i].name, name) == 0) return &EXCEPTIONS[i];
    return NULL;
}

bool exception_is_name(const char *name) {
    return find_exception(name) != NULL;
}

Value exception_class(Eval *eval, const char *name) {
    return value_symbol(eval_str(eval, "builtins.%s", name));
}

bool exception_matches(const char *type, const char *handler) {
    if (strcmp(handler, "EnvironmentError") == 0 || strcmp(handler, "IOError") == 0) handler = "OSError";
    while (type[0]) {
        if (strcmp(type, handler) == 0) return true;
        const ExceptionClass *class_ = find_exception(type);
        type = class_ ? class_->base : "Exception";
    }
    return false;
}

static const char *exception_name(Value value) {
    const char *symbol = value.kind == VALUE_SYMBOL   ? value.as.symbol
                         : value.kind == VALUE_CONFIG ? value.as.config->symbol
                                                      : "";
    return strncmp(symbol, "builtins.", 9) == 0 ? symbol + 9 : NULL;
}

/* ---- raise, assert ---- */

/* str(exception) */
static const char *exception_text(Eval *eval, Value value) {
    if (value.kind != VALUE_CONFIG || value.as.config->arguments->count == 0) return "";
    const Arguments *arguments = value.as.config->arguments;
    Text text = text_new(eval->arena);
    for (size_t i = 0; i < arguments->count; i++) {
        Value piece;
        if (i > 0) text_add(&text, ", ");
        if (!value_to_text(eval, arguments->at[i].value, 0, arguments->at[i].at, &piece)) return "";
        const char *words = value_c_str(piece);
        text_add(&text, words ? words : "(a value that is not evaluated)");
    }
    return text.data;
}

bool exec_raise(Eval *eval, const Stmt *stmt) {
    Value value;
    if (!stmt->as.raise.exception) {
        const PendingException *pending = eval->handling;
        if (!pending)
            return eval_raise(eval, E300, "RuntimeError", stmt->at, "No active exception to reraise");
        return eval_raise(eval, E300, pending->type, pending->at, "%s", pending->text);
    }
    if (!eval_expression(eval, stmt->as.raise.exception, &value)) return false;
    const char *name = exception_name(value);
    if (name) {
        const char *text = exception_text(eval, value);
        return eval_raise(eval, E300, name, stmt->at, "%s", text[0] ? text : "raised here without a text");
    }
    if (value_is_opaque(value))
        return eval_raise(eval, E300, "Exception", stmt->at,
                          "an exception whose type is not evaluated is raised here");
    return eval_raise(eval, E320, NULL, stmt->at, "exceptions must derive from BaseException, not '%s'",
                      value_class_name(value));
}

bool exec_assert(Eval *eval, const Stmt *stmt) {
    Value value;
    bool truth;
    const Opaque *unknown;
    if (!eval_expression(eval, stmt->as.assertion.test, &value) ||
        !eval_truth(eval, value, stmt->as.assertion.test->at, &truth, &unknown))
        return false;
    if (truth || unknown) return true;
    const SourceRange at = stmt->as.assertion.test->at;
    const char *text = NULL;
    if (stmt->as.assertion.message) {
        if (!eval_expression(eval, stmt->as.assertion.message, &value) ||
            !value_to_text(eval, value, 0, stmt->as.assertion.message->at, &value))
            return false;
        text = value_c_str(value);
    }
    return eval_raise(eval, E305, NULL, at, "%s", text && text[0] ? text : "the assertion does not hold");
}

/* ---- try ---- */

/* Whether the handler takes the exception: its type is a class, or a tuple of classes. */
static bool handler_takes(Eval *eval, const ExceptHandler *handler, const char *type, bool *takes) {
    Value value;
    *takes = !handler->type;
    if (*takes) return true;
    if (!eval_expression(eval, handler->type, &value)) return false;
    const size_t count = value.kind == VALUE_TUPLE ? value.as.list->items.count : 1;
    for (size_t i = 0; i < count && !*takes; i++) {
        const char *name = exception_name(value.kind == VALUE_TUPLE ? value.as.list->items.at[i] : value);
        *takes = name && exception_matches(type, name);
    }
    return true;
}

static void bind_exception(Eval *eval, const ExceptHandler *handler, const PendingException *pending) {
    if (!handler->name.text) return;
    Argument *argument = ARENA_NEW(eval->arena, Argument);
    *argument = (Argument){.value = value_str(eval->arena, pending->text), .at = pending->at};
    Arguments *arguments = ARENA_NEW(eval->arena, Arguments);
    *arguments = (Arguments){argument, 1, pending->at};
    Config *config = ARENA_NEW(eval->arena, Config);
    *config = (Config){exception_class(eval, pending->type).as.symbol, arguments};
    eval_bind(eval, handler->name.text, (Value){.kind = VALUE_CONFIG, .as.config = config});
}

static Flow run_handler(Eval *eval, const ExceptHandler *handler, PendingException *pending) {
    bind_exception(eval, handler, pending);
    pending->outer = eval->handling;
    eval->handling = pending;
    const Flow flow = exec_block(eval, &handler->body);
    eval->handling = pending->outer;
    return flow;
}

/* The exception of the body meets the handlers. */
static Flow handle(Eval *eval, const Stmt *stmt, DiagMark mark) {
    PendingException pending = {.type = eval->raised_type, .text = eval->raised_text};
    (void)diag_first_error(eval->diags, mark, &pending.at);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        bool takes;
        if (!handler_takes(eval, handler, pending.type, &takes)) return FLOW_RAISE;
        if (!takes) continue;
        diag_rewind(eval->diags, mark);
        return run_handler(eval, handler, &pending);
    }
    return FLOW_RAISE;
}

/* A body whose exceptions are caught, run up to its end or the first exception. *from: its first statement in
 * which something was skipped that may have raised; the count of statements where there is none. */
static Flow run_guarded(Eval *eval, const StmtList *body, size_t *from) {
    Flow flow = FLOW_NEXT;
    for (*from = 0; *from < body->count && flow == FLOW_NEXT; ++*from) {
        const size_t uses = eval->opaque_uses;
        const Stmt *stmt = body->at[*from];
        const StmtList one = {body->at + *from, 1};
        flow = exec_block(eval, &one);
        const bool import = stmt->kind == STMT_IMPORT || stmt->kind == STMT_IMPORT_FROM;
        if (flow == FLOW_RAISE || (eval->opaque_uses != uses && !import)) break;
    }
    if (*from == body->count || flow == FLOW_RAISE) return flow;
    const StmtList rest = {body->at + *from + 1, body->count - *from - 1};
    if (flow == FLOW_NEXT) return exec_block(eval, &rest);
    if (flow != FLOW_MAYBE_BREAK && flow != FLOW_MAYBE_RETURN) return flow;
    const Flow other = skip_statements(eval, &rest, eval->left_by);
    return other > flow ? other : flow;
}

/* How a body ends whose statements from `from` on may not have run to their end. */
static Flow doubt_rest(Eval *eval, const StmtList *body, size_t from, Flow flow, const Opaque *cause) {
    const StmtList rest = {body->at + from, body->count - from};
    const Flow other = skip_statements(eval, &rest, cause);
    if (other != FLOW_NEXT) eval->left_by = cause;
    return flow == FLOW_NEXT || flow == FLOW_RETURN || flow == FLOW_BREAK || flow == FLOW_CONTINUE ? other
                                                                                                   : flow;
}

/* Nothing that is skipped raises KeyboardInterrupt or the like. */
static bool waits_for_user(const ExceptHandler *handler) {
    const Expr *type = handler->type;
    return type && type->kind == EXPR_NAME &&
           (strcmp(type->as.name, "KeyboardInterrupt") == 0 || strcmp(type->as.name, "SystemExit") == 0);
}

/* The body ended well, but something in it that was skipped may have raised: then a handler ran. */
static Flow maybe_handle(Eval *eval, const Stmt *stmt, size_t from, Flow flow) {
    const Opaque *cause = eval_opaque(eval, stmt->head, "whether this try block raises is unknown").as.opaque;
    bool caught = false;
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++)
        caught |= !waits_for_user(&stmt->as.try_.handlers[i]);
    if (caught) flow = doubt_rest(eval, &stmt->as.try_.body, from, flow, cause);
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        if (waits_for_user(handler)) continue;
        if (handler->name.text) eval_bind(eval, handler->name.text, eval_value_of(cause));
        const Flow one = skip_statements(eval, &handler->body, cause);
        if (flow == FLOW_NEXT || (one > flow && flow > FLOW_RAISE)) flow = one;
    }
    return flow;
}

static Flow run_try(Eval *eval, const Stmt *stmt) {
    const DiagMark mark = diag_mark(eval->diags);
    const size_t uses = eval->opaque_uses;
    size_t from;
    Flow flow = run_guarded(eval, &stmt->as.try_.body, &from);
    if (eval->fatal || eval->exited) return flow;
    if (flow == FLOW_RAISE) return handle(eval, stmt, mark);
    if (eval->opaque_uses != uses && stmt->as.try_.n_handlers) flow = maybe_handle(eval, stmt, from, flow);
    return flow == FLOW_NEXT ? exec_block(eval, &stmt->as.try_.otherwise) : flow;
}

Flow exec_try(Eval *eval, const Stmt *stmt) {
    const bool recover = eval->frame->recover;
    eval->frame->recover = false;
    const Flow flow = run_try(eval, stmt);
    const Value result = eval->frame->result;
    const Flow last = eval->fatal ? FLOW_NEXT : exec_block(eval, &stmt->as.try_.finally);
    eval->frame->recover = recover;
    if (last != FLOW_NEXT) return last;
    eval->frame->result = result;
    return flow;
}

/* ---- with ---- */

/* contextlib.suppress(A, B): is the exception one of these? */
static bool suppresses(Value context, const char *type) {
    if (context.kind != VALUE_CONFIG || strcmp(context.as.config->symbol, "contextlib.suppress") != 0)
        return false;
    const Arguments *arguments = context.as.config->arguments;
    for (size_t i = 0; type && i < arguments->count; i++) {
        const char *name = exception_name(arguments->at[i].value);
        if (name && exception_matches(type, name)) return true;
    }
    return !type;
}

/* The body of `with suppress(...)`: as a try whose handler does nothing. */
static Flow run_suppressed(Eval *eval, const Stmt *stmt, Value context) {
    const DiagMark mark = diag_mark(eval->diags);
    const size_t uses = eval->opaque_uses;
    const bool recover = eval->frame->recover;
    size_t from;
    eval->frame->recover = false;
    Flow flow = run_guarded(eval, &stmt->as.with.body, &from);
    eval->frame->recover = recover;
    if (eval->fatal || eval->exited) return flow;
    if (flow == FLOW_RAISE && suppresses(context, eval->raised_type)) {
        diag_rewind(eval->diags, mark);
        return FLOW_NEXT;
    }
    if (flow == FLOW_RAISE || eval->opaque_uses == uses) return flow;
    const Value cause = eval_opaque(eval, stmt->head, "whether this with block raises is unknown");
    return doubt_rest(eval, &stmt->as.with.body, from, flow, cause.as.opaque);
}

/* __exit__ of the objects that were entered, the last first; one that gives True takes the exception back. */
static Flow leave_contexts(Eval *eval, const Value *entered, size_t count, DiagMark mark, SourceRange at,
                           Flow flow) {
    const Value result = eval->frame->result;
    const Value nones[] = {value_none(), value_none(), value_none()};
    for (size_t i = count; i > 0 && !eval->fatal && !eval->exited; i--) {
        Value taken = value_none();
        bool found, truth = false;
        const Opaque *unknown = NULL;
        if (!instance_special(eval, entered[i - 1], "__exit__", nones, 3, at, &taken, &found) ||
            (found && !eval_truth(eval, taken, at, &truth, &unknown)))
            return FLOW_RAISE;
        if (flow != FLOW_RAISE || !truth) continue;
        diag_rewind(eval->diags, mark);
        flow = FLOW_NEXT;
    }
    eval->frame->result = result;
    return flow;
}

/* Context managers of Keras, TensorFlow and others are not evaluated; the body runs all the same. */
Flow exec_with(Eval *eval, const Stmt *stmt) {
    Value suppressing = value_none();
    Value *entered = ARENA_ARRAY(eval->arena, Value, stmt->as.with.n_items);
    size_t n_entered = 0;
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        const WithItem *item = &stmt->as.with.items[i];
        Value context;
        if (!eval_expression(eval, item->context, &context)) return FLOW_RAISE;
        if (suppresses(context, NULL)) suppressing = context;
        bool found = false;
        const Value object = context;
        if (instance_of(object) && !eval_opaque_of(object) &&
            !instance_special(eval, object, "__enter__", NULL, 0, item->context->at, &context, &found))
            return FLOW_RAISE;
        if (found) {
            entered[n_entered++] = object;
            if (item->target && !exec_assign(eval, item->target, context)) return FLOW_RAISE;
            continue;
        }
        if (!item->target) continue;
        if (!eval_opaque_of(context)) {
            Value *part_of = ARENA_NEW(eval->arena, Value);
            *part_of = context;
            Opaque *opaque = ARENA_NEW(eval->arena, Opaque);
            *opaque = (Opaque){.reason = "what a context manager gives is not evaluated",
                               .at = item->context->at,
                               .harmless = context.kind == VALUE_CONFIG,
                               .part_of = part_of};
            context = eval_value_of(opaque);
        }
        if (!exec_assign(eval, item->target, context)) return FLOW_RAISE;
    }
    if (!value_is_none(suppressing)) return run_suppressed(eval, stmt, suppressing);
    if (n_entered == 0) return exec_block(eval, &stmt->as.with.body);
    const DiagMark mark = diag_mark(eval->diags);
    const bool recover = eval->frame->recover;
    eval->frame->recover = false;
    const Flow flow = exec_block(eval, &stmt->as.with.body);
    eval->frame->recover = recover;
    return leave_contexts(eval, entered, n_entered, mark, stmt->head, flow);
}
