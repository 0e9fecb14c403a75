/* Dataclasses and named tuples: classes whose __init__ is made from a list of fields. */
#ifndef LAMINA_ELABORATE_DATACLASS_H
#define LAMINA_ELABORATE_DATACLASS_H

#include "elaborate/classes.h"

/* The decorators of a class statement: dataclass, functions of the file; others are ignored, and unknown ones
 * make the class unknown. */
bool eval_decorate_class(Eval *eval, const Stmt *stmt, Value *value);
/* The generated __init__ of a class with fields. */
bool dataclass_init(Eval *eval, Value self, const Arguments *arguments);

#endif
