/* The compiler's end: puts questions to the child process, and looks at its answers as at anything from
 * outside. */
#include <string.h>

#include "base/checked.h"
#include "weights/hdf5/h5_message.h"

bool h5_damaged(H5File *file, const char *what) {
    if (!file->damaged)
        diag_report(file->diags, E401, NO_SOURCE, "\"%s\" is damaged: %s cannot be read", file->path,
                    bytes_printable(file->arena, what));
    file->damaged = true;
    return false;
}

static bool lost(H5File *file) {
    h5_end(file, false);
    return false;
}

static bool receive_damage(H5File *file, uint32_t size) {
    char what[H5_MAX_NAME];
    if (size > sizeof what || !h5_receive(file->socket, what, size)) return lost(file);
    what[size - 1] = '\0';
    return h5_damaged(file, what);
}

/* Asks, and takes the answer's head; false where there is no answer or it tells of damage. */
static bool ask(H5File *file, H5Request request, const char *name, H5Reply *reply) {
    if (file->damaged) return false;
    const size_t size = strlen(name) + 1;
    if (size > H5_MAX_NAME) return false; /* nothing of that name is there */
    request.name_size = (uint32_t)size;
    if (!h5_send(file->socket, &request, sizeof request) || !h5_send(file->socket, name, size) ||
        !h5_receive(file->socket, reply, sizeof *reply))
        return lost(file);
    return reply->damage_size == 0 || receive_damage(file, reply->damage_size);
}

/* The answer's bytes and a NUL, of at most H5_MAX_LIST; NULL where it fails. */
static char *receive_bytes(H5File *file, uint64_t size) {
    if (size > H5_MAX_LIST) {
        h5_damaged(file, "a list or text of more than 256 MiB");
        return NULL;
    }
    char *bytes = arena_alloc(file->arena, (size_t)size + 1);
    if (h5_receive(file->socket, bytes, (size_t)size)) return bytes;
    lost(file);
    return NULL;
}

static bool ask_names(H5File *file, H5Request request, const char *name, H5Names *out) {
    H5Reply reply;
    *out = (H5Names){0};
    if (!ask(file, request, name, &reply)) return false;
    if (!reply.yes) return h5_damaged(file, "a list of names");
    const char *all = receive_bytes(file, reply.size);
    for (const char *at = all; all && at < all + reply.size; at += strlen(at) + 1)
        vec_push(file->arena, out, at);
    return all != NULL;
}

static void close_at_end(void *file) {
    h5_close(file);
}

H5File *h5_open(Arena *arena, Diagnostics *diags, const Bytes *bytes) {
    H5File *file = ARENA_NEW(arena, H5File);
    *file = (H5File){.arena = arena, .diags = diags, .path = bytes->path, .socket = -1};
    arena_at_free(arena, close_at_end, file);
    H5Reply reply;
    if (!h5_start(file, bytes)) return NULL;
    if (ask(file, (H5Request){H5_OPEN}, "", &reply) && reply.yes) return file;
    h5_damaged(file, "its HDF5 structure");
    return NULL;
}

void h5_close(H5File *file) {
    h5_end(file, true);
}

H5Group h5_group(H5File *file, H5Group group, const char *path) {
    H5Reply reply;
    const bool found = ask(file, (H5Request){H5_GROUP, .group = group}, path, &reply) && reply.yes;
    return found && reply.group > H5_ROOT ? reply.group : -1;
}

void h5_leave(H5File *file, H5Group group) {
    H5Reply reply;
    (void)ask(file, (H5Request){H5_LEAVE, .group = group}, "", &reply);
}

bool h5_list(H5File *file, H5Group group, H5Names *out) {
    return ask_names(file, (H5Request){H5_LIST, .group = group}, "", out);
}

bool h5_names(H5File *file, H5Group group, const char *name, H5Names *out) {
    return ask_names(file, (H5Request){H5_NAMES, .group = group}, name, out);
}

bool h5_has_names(H5File *file, H5Group group, const char *name) {
    H5Reply reply;
    return ask(file, (H5Request){H5_HAS_NAMES, .group = group}, name, &reply) && reply.yes;
}

const char *h5_text(H5File *file, H5Group group, const char *name) {
    H5Reply reply;
    if (!ask(file, (H5Request){H5_TEXT, .group = group}, name, &reply) || !reply.yes) return NULL;
    return receive_bytes(file, reply.size);
}

/* A shape and type that the rest of the compiler may rely on. */
static bool is_plausible(const H5Description *description) {
    const Shape *shape = &description->shape;
    if (shape->rank < 0 || shape->rank > SHAPE_MAX_RANK || (unsigned)description->dtype >= DTYPE_COMPILABLE)
        return false;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] < 0) return false;
    return true;
}

void h5_describe(H5File *file, H5Group group, const char *path, FoundWeight *out) {
    H5Reply reply;
    H5Description description;
    out->problem = "it cannot be read";
    if (!ask(file, (H5Request){H5_DESCRIBE, .group = group}, path, &reply)) return;
    const char *bytes = receive_bytes(file, reply.size);
    if (!bytes || reply.size < sizeof description) return;
    memcpy(&description, bytes, sizeof description);
    if (!is_plausible(&description)) return;
    out->shape = description.shape;
    out->dtype = description.dtype;
    out->problem = NULL;
    if (reply.size > sizeof description)
        out->problem = bytes_printable(file->arena, bytes + sizeof description);
}

bool h5_read(H5File *file, H5Group group, const char *path, const FoundWeight *found, void *out) {
    H5Reply reply;
    int64_t count = 0;
    size_t bytes = 0;
    const size_t width = dtype_size(found->dtype);
    if (!shape_count(&found->shape, 0, &count) || !checked_mul_size((size_t)count, width, &bytes))
        return h5_damaged(file, found->path);
    const H5Request request = {H5_READ, .group = group, .count = (uint64_t)count, .width = width};
    if (!ask(file, request, path, &reply)) return false;
    if (!reply.yes || reply.size != bytes) return h5_damaged(file, found->path);
    return h5_receive(file->socket, out, bytes) || lost(file);
}
