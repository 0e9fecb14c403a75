/* Confinement of the child process that tries a file first (h5_process.c). */
#ifndef LAMINA_WEIGHTS_HDF5_SANDBOX_H
#define LAMINA_WEIGHTS_HDF5_SANDBOX_H

#include <stddef.h>

/* From now on this process has bounds of time and memory that are right for a file of so many bytes, and no
 * way to anything outside: what is open already can be read and written. There is no way back. */
void sandbox_confine(size_t file_size);

#endif
