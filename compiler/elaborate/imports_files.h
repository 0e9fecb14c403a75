/* Where modules of the user are looked for. */
#ifndef LAMINA_ELABORATE_IMPORTS_FILES_H
#define LAMINA_ELABORATE_IMPORTS_FILES_H

#include "base/arena.h"
#include "syntax/parser.h"

/* The folder part of a path; "." where it has none. */
const char *import_folder_of(Arena *arena, const char *path);

#endif
