/* The search for something unknown inside a value: one bounded walk for all stages. */
#ifndef LAMINA_VALUE_OPAQUE_H
#define LAMINA_VALUE_OPAQUE_H

#include "value/value.h"

/* Why this value is unknown, without looking at its items; NULL where it is known. */
typedef const Opaque *ValueOpaqueOf(Value value);
/* The first reason in the value or its items. A structure that is too large or deep to look through, or that
 * holds itself, counts as unknown: its reason has no place. `visits` counts the work. */
const Opaque *value_opaque_inside(Value value, ValueOpaqueOf *of, uint64_t *visits);

#endif
