/* A library to preload: one allocation or system call, the LAMINA_FAULT_AT-th of its kind, fails (with
 * LAMINA_FAULT_EVER, all after it too). LAMINA_FAULT names the kind: memory, read, write, short, open, close,
 * rename; writes and closes count for regular files only. At exit it writes how many calls it met to
 * LAMINA_FAULT_COUNT, so that a test knows where to stop. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static const char *kind = ""; /* empty until the program's own code is about to run */
static unsigned long at;
static int ever, error_number = EIO;
static atomic_ulong met;

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("LAMINA_FAULT_AT"), *error = getenv("LAMINA_FAULT_ERROR");
    at = text ? strtoul(text, NULL, 10) : 0;
    ever = getenv("LAMINA_FAULT_EVER") != NULL;
    if (error) error_number = atoi(error);
    if (getenv("LAMINA_FAULT")) kind = getenv("LAMINA_FAULT");
}

__attribute__((destructor)) static void stop(void) {
    const char *path = getenv("LAMINA_FAULT_COUNT");
    const unsigned long count = met;
    kind = "";
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%lu\n", count);
    fclose(file);
}

static int fails(const char *which) {
    if (strcmp(kind, which) != 0) return 0;
    const unsigned long number = ++met;
    return number == at || (ever && at && number > at);
}

static int out_of_memory(void) {
    if (!fails("memory")) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) {
    return out_of_memory() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return out_of_memory() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return out_of_memory() ? NULL : __libc_realloc(old, size);
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
    __extension__ void *(*next)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
    if (file < 0 && out_of_memory()) return MAP_FAILED;
    return next(address, size, protection, flags, file, offset);
}

static int is_file(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

ssize_t write(int file, const void *bytes, size_t size) {
    __extension__ ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (is_file(file) && fails("write")) {
        errno = error_number;
        return -1;
    }
    if (is_file(file) && size > 1 && fails("short")) size /= 2;
    return next(file, bytes, size);
}

static int open_next(const char *name, const char *path, int flags, mode_t mode) {
    __extension__ int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    if (fails("open")) {
        errno = error_number;
        return -1;
    }
    return next(path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_next("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_next("open64", path, flags, mode);
}

FILE *fopen(const char *path, const char *how) {
    __extension__ FILE *(*next)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen");
    if (fails("open")) {
        errno = error_number;
        return NULL;
    }
    return next(path, how);
}

ssize_t read(int file, void *bytes, size_t size) {
    __extension__ ssize_t (*next)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    if (fails("read")) {
        errno = error_number;
        return -1;
    }
    return next(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t where) {
    __extension__ ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    if (is_file(file) && fails("write")) {
        errno = error_number;
        return -1;
    }
    if (is_file(file) && size > 1 && fails("short")) size /= 2;
    return next(file, bytes, size, where);
}

size_t fread(void *bytes, size_t size, size_t count, FILE *stream) {
    __extension__ size_t (*next)(void *, size_t, size_t, FILE *) = dlsym(RTLD_NEXT, "fread");
    if (!fails("read")) return next(bytes, size, count, stream);
    stream->_flags |= 0x20; /* what ferror() looks at in glibc */
    errno = error_number;
    return 0;
}

int close(int file) {
    __extension__ int (*next)(int) = dlsym(RTLD_NEXT, "close");
    const int failed = is_file(file) && fails("close");
    const int result = next(file);
    if (!failed) return result;
    errno = error_number;
    return -1;
}

int rename(const char *from, const char *to) {
    __extension__ int (*next)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
    if (fails("rename")) {
        errno = error_number;
        return -1;
    }
    return next(from, to);
}
