#include "photo.h"

#include <stdio.h>

static int fail(FILE *file, const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    if (file) fclose(file);
    return -1;
}

int photo_read(const char *path, size_t width, size_t height, float divisor, float *pixels) {
    FILE *file = fopen(path, "rb");
    if (!file) return fail(NULL, path, "cannot be opened");
    size_t w = 0, h = 0;
    int most = 0;
    if (fscanf(file, "P6 %zu %zu %d", &w, &h, &most) != 3 || most != 255 || fgetc(file) == EOF)
        return fail(file, path, "is not an 8-bit binary PPM picture");
    if (w != width || h != height) return fail(file, path, "has another size than the model expects");
    for (size_t i = 0; i < width * height * 3; i++) {
        const int byte = fgetc(file);
        if (byte == EOF) return fail(file, path, "ends too early");
        pixels[i] = (float)byte / divisor;
    }
    fclose(file);
    return 0;
}
