/* <string.h> for kernels that become bitcode; see math.h. */
#pragma once

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n), *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
