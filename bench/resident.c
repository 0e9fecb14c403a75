/* What a program with one model holds in memory once the model has run: built with -DNAME=model
 * -DUPPER=MODEL -DX=input elements -DY=output elements -include model.h. Prints kB: anonymous (stack,
 * heap, workspace, arrays) and of files (code, weights).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)

int main(void) {
    float *x = calloc(X, sizeof *x), *y = calloc(Y, sizeof *y);
    const size_t bytes = (JOIN(UPPER, _WORKSPACE_BYTES)(1) + 63) / 64 * 64;
    void *workspace = aligned_alloc(64, bytes + 64);
    if (!x || !y || !workspace || JOIN(NAME, _run)(1, x, y, workspace) != LAMINA_OK) return 1;
    printf("workspace %zu", bytes / 1024);
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "Rss", 3) == 0 || strncmp(line, "VmRSS", 5) == 0) {
            line[strcspn(line, "\n")] = '\0';
            printf(", %.*s %ld", (int)strcspn(line, ":"), line,
                   strtol(line + strcspn(line, "0123456789"), NULL, 10));
        }
    printf(" kB\n");
    return 0;
}
