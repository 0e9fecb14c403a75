/* Bitcode from the build tree (LAMINA_BITCODE_FOLDER), through the assembler. */
#include "emit/llvm/bitcode.h"

#define BITCODE(name)                                                                                        \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".balign 16\n"                                                                                   \
            "lamina_bitcode_" #name ":\n"                                                                    \
            ".incbin \"" LAMINA_BITCODE_FOLDER "/" #name ".bc\"\n"                                           \
            "lamina_bitcode_" #name "_end:\n"                                                                \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const unsigned char lamina_bitcode_##name[] __attribute__((visibility("hidden")));                \
    extern const unsigned char lamina_bitcode_##name##_end[] __attribute__((visibility("hidden")));
#include "emit/llvm/bitcode.def"
#undef BITCODE

const BitcodeBlob bitcode_blobs[] = {
#define BITCODE(name) {#name, lamina_bitcode_##name, lamina_bitcode_##name##_end},
#include "emit/llvm/bitcode.def"
#undef BITCODE
};
const size_t bitcode_blob_count = sizeof bitcode_blobs / sizeof *bitcode_blobs;
