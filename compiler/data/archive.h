/* Static libraries: the ar format of System V, as GNU and LLVM's linkers read it. */
#ifndef LAMINA_DATA_ARCHIVE_H
#define LAMINA_DATA_ARCHIVE_H

#include "data/bytes.h"

/* A library with one member (object->path is its name) and an index of the symbols that it defines. The same
 * bytes from the same object: no time, no owner. */
Bytes archive_of_object(Arena *arena, const Bytes *object, const char *const *symbols, size_t n_symbols);

#endif
