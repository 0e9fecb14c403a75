/* Large pieces are mapped, and huge pages asked for: what a big model costs most is the system's work for
 * each small page that is touched for the first time. The rest comes from calloc.
 */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#include <sys/mman.h>

enum { HUGE_PAGE = 2 * 1024 * 1024 };

static int is_mapped(size_t size) {
    return size >= HUGE_PAGE && size <= SIZE_MAX / 2;
}

/* Mapped with a huge page to spare, so that the system can align within: what is not touched costs nothing.
 */
void *pages_take(size_t size) {
    if (!is_mapped(size)) return calloc(1, size);
    void *memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    madvise(memory, size + HUGE_PAGE, MADV_HUGEPAGE); /* a wish: small pages do too */
    return memory;
}

void pages_give(void *memory, size_t size) {
    if (is_mapped(size))
        munmap(memory, size + HUGE_PAGE);
    else
        free(memory);
}
#else
void *pages_take(size_t size) {
    return calloc(1, size);
}

void pages_give(void *memory, size_t size) {
    (void)size;
    free(memory);
}
#endif
