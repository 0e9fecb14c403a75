/* Reads a binary PPM picture (P6, 8 bits a channel), as any image program writes it. */
#ifndef EXAMPLES_PHOTO_H
#define EXAMPLES_PHOTO_H

#include <stddef.h>

/* Fills pixels[height][width][3] with value / divisor, red first. Returns 0, or -1 after a message to stderr
 * where the file cannot be read or has another size. */
int photo_read(const char *path, size_t width, size_t height, float divisor, float *pixels);

#endif
