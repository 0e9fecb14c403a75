/* Zip archives through libzip, from memory and to memory, so that a file is read once and cannot change under
 * us. */
#include "data/zip.h"

#include <stdint.h>
#include <string.h>
#include <zip.h>

#include "base/map.h"

struct ZipArchive {
    Arena *arena;
    Diagnostics *diags;
    const char *path;
    zip_t *zip;
    ZipEntry *entries;
    size_t count;
};

/* Deflate cannot do better than 1032 to 1; other methods are refused. */
enum { MAX_EXPANSION = 1032, LOCAL_HEADER = 4 };

bool zip_sniff(const unsigned char *data, size_t size) {
    return size >= LOCAL_HEADER && (memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0);
}

static void *report_damage(Diagnostics *diags, const char *path, const char *why) {
    diag_report(diags, E504, NO_SOURCE, "\"%s\" is damaged: its zip archive cannot be read: %s", path, why);
    return NULL;
}

static zip_t *open_bytes(Diagnostics *diags, const Bytes *bytes) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes->data, bytes->size, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!zip) {
        report_damage(diags, bytes->path, zip_error_strerror(&error));
        if (source) zip_source_free(source);
    }
    zip_error_fini(&error);
    return zip;
}

static zip_t *open_path(Diagnostics *diags, const char *path) {
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (zip) return zip;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    report_damage(diags, path, zip_error_strerror(&error));
    zip_error_fini(&error);
    return NULL;
}

static bool list_entries(ZipArchive *archive) {
    const zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    archive->count = count < 0 ? 0 : (size_t)count;
    archive->entries = ARENA_ARRAY(archive->arena, ZipEntry, archive->count);
    Map names = map_new(archive->arena);
    for (size_t i = 0; i < archive->count; i++) {
        zip_stat_t stat;
        if (zip_stat_index(archive->zip, i, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) ||
            !(stat.valid & ZIP_STAT_SIZE)) {
            report_damage(archive->diags, archive->path, zip_strerror(archive->zip));
            return false;
        }
        if (map_has(&names, stat.name))
            return diag_report(archive->diags, E504, NO_SOURCE, "\"%s\" is ambiguous: it holds \"%s\" twice",
                               archive->path, bytes_printable(archive->arena, stat.name));
        archive->entries[i] =
            (ZipEntry){map_put(&names, stat.name, &archive->entries[i]), (size_t)stat.size, i};
    }
    return true;
}

static ZipArchive *make_archive(Arena *arena, Diagnostics *diags, const char *path, zip_t *zip) {
    if (!zip) return NULL;
    ZipArchive *archive = ARENA_NEW(arena, ZipArchive);
    *archive = (ZipArchive){arena, diags, path, zip, NULL, 0};
    if (list_entries(archive)) return archive;
    zip_archive_close(archive);
    return NULL;
}

ZipArchive *zip_archive_open(Arena *arena, Diagnostics *diags, const Bytes *bytes) {
    return make_archive(arena, diags, bytes->path, open_bytes(diags, bytes));
}

ZipArchive *zip_archive_open_file(Arena *arena, Diagnostics *diags, const char *path) {
    return make_archive(arena, diags, path, open_path(diags, path));
}

void zip_archive_close(ZipArchive *archive) {
    zip_discard(archive->zip);
}

size_t zip_archive_count(const ZipArchive *archive) {
    return archive->count;
}

const ZipEntry *zip_archive_entry(const ZipArchive *archive, size_t index) {
    return &archive->entries[index];
}

/* Whether the declared size can be true, before anything of that size is allocated. */
static bool check_entry(ZipArchive *archive, const ZipEntry *entry, size_t limit) {
    const char *name = bytes_printable(archive->arena, entry->name);
    zip_stat_t stat;
    if (zip_stat_index(archive->zip, entry->index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_COMP_SIZE))
        return report_damage(archive->diags, archive->path, zip_strerror(archive->zip));
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return diag_report(archive->diags, E504, NO_SOURCE,
                           "\"%s\" cannot be read: its entry \"%s\" is encrypted", archive->path, name);
    if (entry->size > limit)
        return diag_report(archive->diags, E505, NO_SOURCE,
                           "\"%s\": its entry \"%s\" would unpack to %zu bytes; the most "
                           "that is read is %zu",
                           archive->path, name, entry->size, limit);
    const bool stored = stat.comp_method == ZIP_CM_STORE;
    if (!stored && stat.comp_method != ZIP_CM_DEFLATE)
        return diag_report(archive->diags, E504, NO_SOURCE,
                           "\"%s\" cannot be read: its entry \"%s\" is packed by a method "
                           "other than deflate",
                           archive->path, name);
    if (stored ? entry->size == stat.comp_size : entry->size / MAX_EXPANSION <= stat.comp_size) return true;
    return diag_report(archive->diags, E504, NO_SOURCE,
                       "\"%s\" is damaged: its entry \"%s\" declares %zu bytes, more than "
                       "it can hold",
                       archive->path, name, entry->size);
}

bool zip_archive_read(ZipArchive *archive, const ZipEntry *entry, size_t limit_bytes, Bytes *out) {
    if (!check_entry(archive, entry, limit_bytes)) return false;
    const char *name = bytes_printable(archive->arena, entry->name);
    zip_file_t *file = zip_fopen_index(archive->zip, entry->index, 0);
    if (!file) return report_damage(archive->diags, archive->path, zip_strerror(archive->zip));
    *out = (Bytes){name, arena_alloc(archive->arena, entry->size), entry->size};
    size_t got = 0;
    zip_int64_t n = 1;
    while (got < entry->size && (n = zip_fread(file, out->data + got, entry->size - got)) > 0)
        got += (size_t)n;
    char more;
    if (n > 0 || entry->size == 0) n = zip_fread(file, &more, 1); /* at its end libzip checks the checksum */
    const bool fine = got == entry->size && n == 0;
    if (!fine)
        diag_report(archive->diags, E504, NO_SOURCE,
                    "\"%s\" is damaged: its entry \"%s\" cannot be unpacked: %s", archive->path, name,
                    n < 0 ? zip_file_strerror(file) : "its size is not the one declared");
    zip_fclose(file);
    return fine;
}

struct ZipStream {
    zip_file_t *file;
    size_t left; /* of what the entry declares */
};

ZipStream *zip_stream_open(ZipArchive *archive, const ZipEntry *entry) {
    if (!check_entry(archive, entry, SIZE_MAX)) return NULL;
    zip_file_t *file = zip_fopen_index(archive->zip, entry->index, 0);
    if (!file) return report_damage(archive->diags, archive->path, zip_strerror(archive->zip));
    ZipStream *stream = ARENA_NEW(archive->arena, ZipStream);
    *stream = (ZipStream){file, entry->size};
    return stream;
}

long long zip_stream_read(ZipStream *stream, void *out, size_t size, const char **why) {
    unsigned char *bytes = out;
    size_t got = 0;
    zip_int64_t n = 1;
    char more;
    while (got < size && (n = zip_fread(stream->file, bytes + got, size - got)) > 0) got += (size_t)n;
    stream->left = got < stream->left ? stream->left - got : 0;
    if (n >= 0 && stream->left == 0)
        n = zip_fread(stream->file, &more, 1); /* there libzip checks the checksum */
    if (n < 0) *why = zip_file_strerror(stream->file);
    return n < 0 ? -1 : (long long)got;
}

void zip_stream_close(ZipStream *stream) {
    zip_fclose(stream->file);
}

static bool add_entry(zip_t *zip, const char *name, const Bytes *content) {
    zip_source_t *source = zip_source_buffer(zip, content->data, content->size, 0);
    if (!source) return false;
    const zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    /* 1980-01-01 in DOS form: given so, it depends on no time zone. */
    const zip_uint16_t first_date = 1 << 5 | 1;
    return zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)index, 0, first_date, 0) == 0;
}

/* Takes what the closed archive left in its source. */
static bool take_source(Arena *arena, zip_source_t *source, Bytes *out) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_source_stat(source, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE)) return false;
    if (zip_source_open(source) != 0) return false;
    *out = (Bytes){NULL, arena_alloc(arena, (size_t)stat.size), (size_t)stat.size};
    const zip_int64_t n = zip_source_read(source, out->data, stat.size);
    zip_source_close(source);
    return n >= 0 && (zip_uint64_t)n == stat.size;
}

bool zip_archive_make(Arena *arena, Diagnostics *diags, const char *const *names, const Bytes *contents,
                      size_t count, Bytes *out) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    bool fine = zip != NULL;
    if (fine) {
        zip_source_keep(source);
        for (size_t i = 0; i < count && fine; i++) fine = add_entry(zip, names[i], &contents[i]);
        if (!fine || zip_close(zip) != 0) {
            fine = false;
            zip_discard(zip);
        }
        fine = fine && take_source(arena, source, out);
    }
    if (source) zip_source_free(source);
    zip_error_fini(&error);
    return fine || diag_report(diags, E504, NO_SOURCE, "cannot make a zip archive of %zu entries", count);
}
