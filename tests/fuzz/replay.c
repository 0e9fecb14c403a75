/* Runs an entry point over files and the files of folders: what libFuzzer has found once, without libFuzzer.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static size_t replayed;

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    uint8_t *data = NULL;
    size_t size = 0, capacity = 0;
    for (size_t n = 1; n > 0; size += n) {
        if (size == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            uint8_t *more = realloc(data, capacity);
            if (!more) break;
            data = more;
        }
        n = fread(data + size, 1, capacity - size, file);
    }
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees a read beyond the end */
    if (exact && data) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
        replayed++;
    }
    free(exact);
    free(data);
    return 1;
}

static int replay(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return replay_file(path);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char inner[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (!replay_file(inner)) return 0;
    }
    closedir(folder);
    return 1;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!replay(argv[i])) {
            perror(argv[i]);
            return 1;
        }
    printf("%zu files\n", replayed);
    return replayed == 0;
}
