/* Questions to the process that reads an HDF5 file, and its answers, over a socket: each a head and then its
 * bytes, in the machine's own layout, since both ends are one program.
 */
#ifndef LAMINA_WEIGHTS_HDF5_H5_MESSAGE_H
#define LAMINA_WEIGHTS_HDF5_H5_MESSAGE_H

#include "weights/hdf5/h5.h"

typedef enum H5Question {
    H5_OPEN,      /* nothing: whether the file can be opened */
    H5_GROUP,     /* .group: the number of the group */
    H5_LEAVE,     /* the group is not asked about again */
    H5_LIST,      /* the names, each with its NUL */
    H5_NAMES,     /* the strings, each with its NUL */
    H5_HAS_NAMES, /* .yes */
    H5_TEXT,      /* .yes, and the text with its NUL */
    H5_DESCRIBE,  /* an H5Description, and the problem with its NUL */
    H5_READ,      /* the elements */
} H5Question;

/* Followed by `name_size` bytes: a path below the group or the name of an attribute, with its NUL. */
typedef struct H5Request {
    H5Question question;
    uint32_t name_size;
    H5Group group;
    uint64_t count, width; /* H5_READ: elements, and bytes of each */
} H5Request;

/* Followed by `damage_size` bytes, what could not be read, with its NUL (0: nothing was wrong), and then by
 * `size` bytes of answer. */
typedef struct H5Reply {
    bool yes;
    uint32_t damage_size;
    H5Group group;
    uint64_t size;
} H5Reply;

typedef struct H5Description {
    Shape shape;
    DType dtype;
} H5Description;

/* In bytes: nothing is found by a longer name, a longer report of damage is cut, a longer list is damage. */
enum { H5_MAX_NAME = 1 << 12, H5_MAX_LIST = 1 << 28 };

/* Sends or takes all of the bytes; false where the other end is gone. */
bool h5_send(int socket, const void *bytes, size_t size);
bool h5_receive(int socket, void *bytes, size_t size);

/* In the child: answers until the other end is closed. Never returns. */
_Noreturn void h5_serve(int socket, const Bytes *bytes);

/* Starts the child; false after reporting E400. */
bool h5_start(H5File *file, const Bytes *bytes);
/* Ends it; waits for it. Reports E401 where it had ended by itself, which is so if it does not answer. */
void h5_end(H5File *file, bool answered);

#endif
