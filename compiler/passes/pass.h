/* The passes' functions, by passes.def: each returns true where it changed something. */
#ifndef LAMINA_PASSES_PASS_H
#define LAMINA_PASSES_PASS_H

#include "ir/rewrite.h"

#define PASS(name, level, function, about) bool function(Ir *ir);
#include "passes/passes.def"
#undef PASS

#endif
