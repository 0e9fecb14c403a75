/* The child's end: one question after the other, answered by libhdf5. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/text.h"
#include "weights/hdf5/h5_message.h"
#include "weights/hdf5/image.h"

typedef struct Server {
    int socket;
    const Bytes *bytes;
    Image image;
    const H5Request *request;
    const char *name;
    H5Reply reply;
    const void *answer; /* reply.size bytes */
} Server;

static void end_out_of_memory(void *context, size_t size) {
    (void)context;
    (void)size;
    _exit(EXIT_FAILURE); /* which the parent reports */
}

static void answer(Server *server, const void *bytes, size_t size) {
    server->reply.yes = true;
    server->reply.size = size;
    server->answer = bytes;
}

static void answer_names(Server *server, const ImageNames *names) {
    Text all = text_new(server->image.arena);
    for (size_t i = 0; i < names->count; i++) text_add_n(&all, names->at[i], strlen(names->at[i]) + 1);
    answer(server, all.data, all.length);
}

static void answer_text(Server *server, const char *text) {
    if (text) answer(server, text, strlen(text) + 1);
}

static void answer_group(Server *server, hid_t group) {
    server->reply.yes = group >= 0;
    server->reply.group = group;
}

static void answer_description(Server *server, hid_t group) {
    FoundWeight found = {0};
    image_describe(&server->image, group, server->name, &found);
    const H5Description description = {found.shape, found.dtype};
    Text all = text_new(server->image.arena);
    text_add_n(&all, (const char *)&description, sizeof description);
    if (found.problem) text_add_n(&all, found.problem, strlen(found.problem) + 1);
    answer(server, all.data, all.length);
}

static void answer_array(Server *server, hid_t group) {
    const ImageSize size = {(size_t)server->request->count, (size_t)server->request->width};
    size_t bytes;
    if (!checked_mul_size(size.count, size.width, &bytes)) return;
    void *elements = arena_alloc(server->image.arena, bytes);
    if (image_read(&server->image, group, server->name, &size, elements)) answer(server, elements, bytes);
}

static void find_answer(Server *server) {
    Image *image = &server->image;
    const hid_t group = server->request->group == H5_ROOT ? image->id : server->request->group;
    ImageNames names;
    switch (server->request->question) {
    case H5_OPEN: server->reply.yes = image_open(image, image->arena, server->bytes); break;
    case H5_GROUP: answer_group(server, image_group(image, group, server->name)); break;
    case H5_LEAVE: server->reply.yes = H5Gclose(group) >= 0; break;
    case H5_LIST:
        if (image_list(image, group, &names)) answer_names(server, &names);
        break;
    case H5_NAMES:
        if (image_names(image, group, server->name, &names)) answer_names(server, &names);
        break;
    case H5_HAS_NAMES: server->reply.yes = image_has_names(group, server->name); break;
    case H5_TEXT: answer_text(server, image_text(image, group, server->name)); break;
    case H5_DESCRIBE: answer_description(server, group); break;
    case H5_READ: answer_array(server, group); break;
    }
}

static bool send_answer(Server *server) {
    const char *damage = server->image.damage;
    char cut[H5_MAX_NAME];
    if (damage) {
        snprintf(cut, sizeof cut, "%s", damage);
        server->reply.damage_size = (uint32_t)strlen(cut) + 1;
    }
    return h5_send(server->socket, &server->reply, sizeof server->reply) &&
           h5_send(server->socket, cut, server->reply.damage_size) &&
           h5_send(server->socket, server->answer, server->reply.size);
}

/* One question; false where no more comes. */
static bool serve_one(Server *server) {
    H5Request request;
    char name[H5_MAX_NAME];
    if (!h5_receive(server->socket, &request, sizeof request)) return false;
    if (request.name_size > sizeof name || !h5_receive(server->socket, name, request.name_size)) return false;
    server->request = &request;
    server->name = name;
    server->reply = (H5Reply){0};
    server->image.damage = NULL;
    server->image.arena = arena_new_with_hook(end_out_of_memory, NULL);
    find_answer(server);
    const bool sent = send_answer(server);
    arena_free(server->image.arena);
    return sent;
}

_Noreturn void h5_serve(int socket, const Bytes *bytes) {
    Server server = {.socket = socket, .bytes = bytes};
    while (serve_one(&server)) continue;
    _exit(EXIT_SUCCESS);
}
