/* Exceptions: raise, assert, try, with. An exception under way is a recorded report; catching it takes that
 * back.
 *
 * Where a `try` body did something that was not evaluated, an exception may have come out of that: the
 * handlers are then skipped text. A `raise` or failing `assert` in skipped text is taken as not reached.
 */
#include <string.h>

#include "base/text.h"
#include "elaborate/eval_parts.h"

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

/* The body ended well, but something in it that was skipped may have raised: then a handler ran. */
static Flow maybe_handle(Eval *eval, const Stmt *stmt) {
    const Opaque *cause = eval_opaque(eval, stmt->head, "whether this try block raises is unknown").as.opaque;
    Flow flow = FLOW_NEXT;
    for (size_t i = 0; i < stmt->as.try_.n_handlers; i++) {
        const ExceptHandler *handler = &stmt->as.try_.handlers[i];
        if (handler->name.text) eval_bind(eval, handler->name.text, eval_value_of(cause));
        const Flow one = skip_statements(eval, &handler->body, cause);
        if (one > flow) flow = one;
    }
    return flow;
}

static Flow run_try(Eval *eval, const Stmt *stmt) {
    const DiagMark mark = diag_mark(eval->diags);
    const size_t uses = eval->opaque_uses;
    Flow flow = exec_block(eval, &stmt->as.try_.body);
    if (eval->fatal || eval->exited) return flow;
    if (flow == FLOW_RAISE) return handle(eval, stmt, mark);
    if (eval->opaque_uses != uses) {
        const Flow other = maybe_handle(eval, stmt);
        if (flow == FLOW_NEXT && other != FLOW_NEXT) return other;
    }
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

/* Context managers of Keras, TensorFlow and others are not evaluated; the body runs all the same. */
Flow exec_with(Eval *eval, const Stmt *stmt) {
    for (size_t i = 0; i < stmt->as.with.n_items; i++) {
        const WithItem *item = &stmt->as.with.items[i];
        Value context;
        if (!eval_expression(eval, item->context, &context)) return FLOW_RAISE;
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
    return exec_block(eval, &stmt->as.with.body);
}
