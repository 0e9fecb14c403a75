/* Iterate: Python's iterators, which read what they walk as they go: a list that changes meanwhile is seen
 * changed, and what nobody asks for is never computed.
 *
 * An iterator is a VALUE_LIST with `once`; where `lazy` is set it makes its items here, one by one, and
 * `items` stays empty. Its `opaque` is set once its next item is unknown.
 */
#ifndef LAMINA_ELABORATE_ITERATE_H
#define LAMINA_ELABORATE_ITERATE_H

#include "elaborate/eval.h"

/* An iterator over anything; an iterator itself is given back. For something unknown its `opaque` is set. */
bool iterate_open(Eval *eval, Value iterable, SourceRange at, List **iterator);
/* The next item; *more is false at the end, and where the rest is unknown (iterator->opaque). */
bool iterate_next(Eval *eval, List *iterator, SourceRange at, Value *out, bool *more);
/* Why the order of a set is unknown: that of strings changes from run to run. NULL for all other values. */
const Opaque *iterate_unordered(Eval *eval, Value value, SourceRange at);
/* All that is left, in place: afterwards the iterator holds plain items. */
bool iterate_collect(Eval *eval, List *iterator, SourceRange at);
/* The objects that can be reached through the iterator, as a tuple. */
Value iterate_held(Eval *eval, const List *iterator);

Value iterate_enumerate(Eval *eval, List *source, int64_t start);
Value iterate_zip(Eval *eval, List *const *sources, size_t count, bool strict);
Value iterate_map(Eval *eval, Value function, List *const *sources, size_t count);
Value iterate_filter(Eval *eval, Value function, List *source);
Value iterate_reversed(Eval *eval, Value list);
/* A generator expression: `next` makes its next element from `state`; `held`: what its text can reach. */
typedef bool IterateStep(Eval *eval, void *state, Value *out, bool *more, const Opaque **unknown);
Value iterate_generator(Eval *eval, IterateStep *next, void *state, Value held);

/* keys(), values() and items() follow their dict: brings the items of such a view up to date. */
void iterate_refresh_view(Eval *eval, List *view);

#endif
