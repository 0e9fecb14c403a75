/* Zip archives in memory, through libzip: what .npz and .keras files are. */
#ifndef LAMINA_DATA_ZIP_H
#define LAMINA_DATA_ZIP_H

#include "data/bytes.h"

typedef struct ZipEntry {
    const char *name; /* as in the archive */
    size_t size;      /* uncompressed, as declared */
    size_t index;
} ZipEntry;

typedef struct ZipArchive ZipArchive;

bool zip_sniff(const unsigned char *data, size_t size);
/* Opens and lists the archive: no two entries share a name. Closed by zip_archive_close. NULL after reporting
 * E504. */
ZipArchive *zip_archive_open(Arena *arena, Diagnostics *diags, const Bytes *bytes);
void zip_archive_close(ZipArchive *archive);
size_t zip_archive_count(const ZipArchive *archive);
const ZipEntry *zip_archive_entry(const ZipArchive *archive, size_t index);
/* Unpacks an entry into the arena and checks its checksum; its declared size may neither exceed `limit_bytes`
 * nor what its compressed bytes could give. False after reporting E504 or E505. */
bool zip_archive_read(ZipArchive *archive, const ZipEntry *entry, size_t limit_bytes, Bytes *out);

/* The same for an archive that stays on disk, of which entries are read from beginning to end. */
ZipArchive *zip_archive_open_file(Arena *arena, Diagnostics *diags, const char *path);
typedef struct ZipStream ZipStream;
ZipStream *zip_stream_open(ZipArchive *archive, const ZipEntry *entry);
/* The next `size` bytes: how many there were, or -1 with *why set, where they cannot be unpacked or the checksum at the
 * entry's end is wrong. */
long long zip_stream_read(ZipStream *stream, void *out, size_t size, const char **why);
void zip_stream_close(ZipStream *stream);

/* The bytes of an archive of these entries, stored uncompressed, dated 1980-01-01: the same bytes for the
 * same entries. False after reporting E504. */
bool zip_archive_make(Arena *arena, Diagnostics *diags, const char *const *names, const Bytes *contents,
                      size_t count, Bytes *out);

#endif
