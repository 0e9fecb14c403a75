/* The kernels' bitcode, embedded (bitcode.c). */
#ifndef LAMINA_EMIT_LLVM_BITCODE_H
#define LAMINA_EMIT_LLVM_BITCODE_H

#include <stddef.h>

typedef struct BitcodeBlob {
    const char *name; /* of bitcode.def */
    const unsigned char *begin, *end;
} BitcodeBlob;

extern const BitcodeBlob bitcode_blobs[];
extern const size_t bitcode_blob_count;

#endif
