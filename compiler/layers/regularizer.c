/* Regularizers and constraints, which have no effect on inference: whether keras.regularizers.get and
 * keras.constraints.get know what they are given. */
#include <string.h>

#include "base/text.h"
#include "layers/bind.h"

static const char *const regularizers[] = {"l1", "l2", "l1_l2", "orthogonal_regularizer", "regularizer",
                                           "L1", "L2", "L1L2",  "OrthogonalRegularizer",  "Regularizer"};
static const char *const constraints[] = {"max_norm", "min_max_norm", "non_neg", "unit_norm", "constraint",
                                          "MaxNorm",  "MinMaxNorm",   "NonNeg",  "UnitNorm",  "Constraint"};
enum { COUNT = sizeof regularizers / sizeof *regularizers };
_Static_assert(sizeof constraints == sizeof regularizers, "one count serves both");

static bool ends_in(const char *name, const char *end) {
    const size_t length = strlen(name), n = strlen(end);
    return length >= n && strcmp(name + length - n, end) == 0;
}

/* Objects, classes and functions may be anything callable; their own names are checked where they are made.
 */
static bool may_be_callable(Value value) {
    switch (value.kind) {
    case VALUE_STR:
    case VALUE_BYTES:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_LIST:
    case VALUE_TUPLE: return false;
    default: return true;
    }
}

bool regularizer_check(Graph *graph, const char *parameter, Value value, SourceRange at) {
    const bool constraint = ends_in(parameter, "_constraint");
    if ((!constraint && !ends_in(parameter, "_regularizer")) || may_be_callable(value)) return true;
    const char *name = value_c_str(value), *const *known = constraint ? constraints : regularizers;
    for (size_t i = 0; name && i < COUNT; i++)
        if (strcmp(known[i], name) == 0) return true;
    diag_report(graph->diags, E218, at, "Could not interpret %s identifier: %s",
                constraint ? "constraint" : "regularizer", value_text(graph->arena, value));
    if (name) diag_suggest(graph->diags, at, name, text_nearest(name, known, COUNT));
    return false;
}
