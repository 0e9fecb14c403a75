#include "base/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"

/* An endless device is no model file. */
static const size_t LARGEST_SOURCE = (size_t)1 << 26;

Sources sources_new(Arena *arena) {
    return (Sources){.arena = arena};
}

static void find_lines(Arena *arena, SourceFile *file) {
    VEC(uint32_t) starts = {0};
    vec_push(arena, &starts, 0);
    for (size_t i = 0; i < file->length; i++) {
        const bool lone_return = file->text[i] == '\r' && file->text[i + 1] != '\n';
        if (file->text[i] == '\n' || lone_return) vec_push(arena, &starts, (uint32_t)(i + 1));
    }
    file->line_starts = starts.at;
    file->n_lines = (uint32_t)starts.count;
}

uint32_t sources_add(Sources *sources, const char *name, const char *text, size_t length) {
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    if (sources->count == sources->capacity) {
        const uint32_t capacity = sources->capacity ? sources->capacity * 2 : 4;
        sources->files = arena_grow_array(sources->arena, sources->files, sources->count, capacity,
                                          sizeof *sources->files);
        sources->capacity = capacity;
    }
    SourceFile *file = &sources->files[sources->count++];
    file->name = arena_strdup(sources->arena, name);
    file->text = arena_strndup(sources->arena, text, length);
    file->length = length;
    find_lines(sources->arena, file);
    return sources->count;
}

uint32_t sources_read(Sources *sources, const char *path, const char **error) {
    const bool standard_input = strcmp(path, "-") == 0;
    FILE *stream = standard_input ? stdin : fopen(path, "rb");
    if (!stream) {
        *error = strerror(errno);
        return 0;
    }
    Text text = text_new(sources->arena);
    char chunk[16384];
    size_t n;
    errno = 0;
    while ((n = fread(chunk, 1, sizeof chunk, stream)) > 0 && text.length <= LARGEST_SOURCE)
        text_add_n(&text, chunk, n);
    *error = ferror(stream)                 ? strerror(errno ? errno : EIO)
             : text.length > LARGEST_SOURCE ? "larger than 64 MiB"
                                            : NULL;
    if (!standard_input) fclose(stream);
    if (*error) return 0;
    return sources_add(sources, standard_input ? "<stdin>" : path, text.data, text.length);
}

const SourceFile *sources_get(const Sources *sources, uint32_t file) {
    return file && file <= sources->count ? &sources->files[file - 1] : NULL;
}

SourcePosition sources_position(const Sources *sources, uint32_t file_number, uint32_t offset) {
    const SourceFile *file = sources_get(sources, file_number);
    if (!file) return (SourcePosition){0, 0};
    uint32_t low = 0, high = file->n_lines; /* the last line that starts at or before the offset */
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (file->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    const uint32_t start = file->line_starts[low],
                   end = offset < file->length ? offset : (uint32_t)file->length;
    return (SourcePosition){low + 1, 1 + (uint32_t)text_code_points(file->text + start, end - start)};
}

const char *source_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
