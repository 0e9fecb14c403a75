/* What the readers of Keras' HDF5 layouts ask of a file. libhdf5 is known to crash, to loop and to lose
 * memory on damaged files: it runs in a child process that can only compute (sandbox.h), and each function
 * here is a question to it (h5_message.h). What the child answers is not trusted either.
 *
 * Once the child has ended, by a signal or because its time is over, the file is damaged and every answer is
 * no.
 */
#ifndef LAMINA_WEIGHTS_H5_H
#define LAMINA_WEIGHTS_H5_H

#include <sys/types.h>

#include "weights/inventory.h"

typedef struct H5File {
    Arena *arena;
    Diagnostics *diags;
    const char *path;
    bool damaged; /* something could not be read, and was reported */
    int socket;   /* to the child; -1 once it has ended */
    pid_t child;
} H5File;

/* A group of the file, by the child's number for it; negative for none. */
typedef int64_t H5Group;
enum { H5_ROOT = 0 };

/* Opens the file from memory; it is closed with the arena at the latest. NULL after reporting E401, or E400
 * where no process can be had. */
H5File *h5_open(Arena *arena, Diagnostics *diags, const Bytes *bytes);
void h5_close(H5File *file);
/* Reports E401 once for the file, `what` naming the part; false. */
bool h5_damaged(H5File *file, const char *what);

/* Opens the group at `path` below `group`, reached by hard links alone; negative where there is none or it is
 * something else. */
H5Group h5_group(H5File *file, H5Group group, const char *path);
void h5_leave(H5File *file, H5Group group);

/* A list of strings. */
typedef VEC(const char *) H5Names;

/* The names in a group, sorted; false after reporting. */
bool h5_list(H5File *file, H5Group group, H5Names *out);
/* The attribute's strings ([] where it is absent or empty), also where Keras has cut them into NAME0, NAME1,
 * ...; false after reporting. */
bool h5_names(H5File *file, H5Group group, const char *name, H5Names *out);
bool h5_has_names(H5File *file, H5Group group, const char *name);
/* The text of a single string; NULL where the attribute is absent or no string. */
const char *h5_text(H5File *file, H5Group group, const char *name);

/* Shape, type and problem of the array at `path` below `group`. */
void h5_describe(H5File *file, H5Group group, const char *path, FoundWeight *out);
/* Reads what h5_describe has described without a problem; false after reporting. */
bool h5_read(H5File *file, H5Group group, const char *path, const FoundWeight *found, void *out);

#endif
