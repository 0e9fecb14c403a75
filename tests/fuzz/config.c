/* Bytes as the configuration of a saved model: the config.json of a .keras archive, which is put around them
 * here. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const char METADATA[] = "{\"keras_version\": \"3.15.1\", \"date_saved\": \"2026-01-01@00:00:00\"}";

static uint8_t *put(uint8_t *at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint32_t crc32_of(const uint8_t *data, size_t size) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* The part of an entry's header that is the same beside the data and in the directory. */
static uint8_t *put_entry(uint8_t *at, const char *name, const uint8_t *data, size_t size) {
    at = put(at, 20, 2);
    at = put(at, 0, 4); /* flags; stored */
    at = put(at, 0x21, 4);
    at = put(at, crc32_of(data, size), 4);
    at = put(at, (uint32_t)size, 4);
    at = put(at, (uint32_t)size, 4);
    return put(at, (uint32_t)strlen(name), 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *names[] = {"metadata.json", "config.json"};
    const uint8_t *contents[] = {(const uint8_t *)METADATA, data};
    const size_t sizes[] = {sizeof METADATA - 1, size};
    uint8_t *zip = malloc(size + 1024), *at = zip;
    uint32_t offsets[2];
    if (!zip) return 0;
    for (int i = 0; i < 2; i++) {
        offsets[i] = (uint32_t)(at - zip);
        at = put_entry(put(at, 0x04034b50, 4), names[i], contents[i], sizes[i]);
        at = put(at, 0, 2);
        memcpy(at, names[i], strlen(names[i]));
        at += strlen(names[i]);
        if (sizes[i]) memcpy(at, contents[i], sizes[i]);
        at += sizes[i];
    }
    const uint32_t directory = (uint32_t)(at - zip);
    for (int i = 0; i < 2; i++) {
        at = put_entry(put(put(at, 0x02014b50, 4), 20, 2), names[i], contents[i], sizes[i]);
        at = put(put(put(at, 0, 4), 0, 4), 0, 4);
        at = put(at, offsets[i], 4);
        memcpy(at, names[i], strlen(names[i]));
        at += strlen(names[i]);
    }
    const uint32_t length = (uint32_t)(at - zip) - directory;
    at = put(put(put(at, 0x06054b50, 4), 0, 4), 2, 2);
    at = put(put(put(put(at, 2, 2), length, 4), directory, 4), 0, 2);
    fuzz_model("model.keras", zip, (size_t)(at - zip));
    free(zip);
    return 0;
}
