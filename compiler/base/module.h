/* Modules: parts of the compiler that bring large libraries with them, loaded when they are needed from
 * lamina/NAME.so beside liblamina, where this code is part of it, else ../lib/lamina/NAME.so, seen from the folder of
 * the running program.
 */
#ifndef LAMINA_BASE_MODULE_H
#define LAMINA_BASE_MODULE_H

#include "base/arena.h"

/* The address of `symbol` in the module, or NULL with *error set. A module stays loaded. */
void *module_symbol(Arena *arena, const char *name, const char *symbol, const char **error);

#endif
