/* Forms: the files that a Program becomes. Today: C with its header, and weights beside it where that is
 * asked for. */
#ifndef LAMINA_CLI_FORMS_H
#define LAMINA_CLI_FORMS_H

#include "cli/driver.h"

/* Writes PATH (the C), the header beside it and, by --weights-as, STEM.weights.bin. To a device the C holds
 * its header. `target` NULL: --target. False after reporting. */
bool forms_write_c(Driver *driver, const char *path, const char *prefix, const char *target);
/* "dir/mlp.c" -> "mlp"; `path` with its suffix replaced. */
const char *forms_stem(Arena *arena, const char *path);
const char *forms_with_suffix(Arena *arena, const char *path, const char *suffix);

#endif
