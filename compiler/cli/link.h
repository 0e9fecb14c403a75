/* The system's C compiler as a linker, and a folder for its files. */
#ifndef LAMINA_CLI_LINK_H
#define LAMINA_CLI_LINK_H

#include "cli/driver.h"
#include "emit/emit.h"

/* *code, an object for options->target, becomes a shared library, by $CC or cc. False after reporting E611.
 */
bool link_c(Driver *driver, Blob *code); /* the same of C that needs no other file */
bool link_shared(Driver *driver, const EmitOptions *options, Blob *code);

#endif
