/* The confinement of the process that tries HDF5 files: what it still can do, and what it cannot. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "weights/hdf5/sandbox.h"

enum { YES = 42 };

/* What a confined child answers: YES, another status, or minus a signal. */
static int confined(int (*act)(void)) {
    const pid_t child = fork();
    if (child == 0) {
        sandbox_confine(1000);
        _exit(act());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int computes(void) {
    volatile char *bytes = malloc(1 << 20);
    if (!bytes) return 0;
    bytes[4096] = 1;
    return bytes[4096] == 1 ? YES : 0;
}

static int opens(void) {
    return open("/dev/zero", O_RDONLY) < 0 && errno == EPERM ? YES : 0;
}

static int connects(void) {
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? YES : 0;
}

static int forks(void) {
    return fork() < 0 ? YES : 0;
}

static int becomes_another(void) {
    char *const arguments[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execv(arguments[0], arguments);
    return errno == EPERM ? YES : 0;
}

static int signals_its_parent(void) {
    return kill(getppid(), SIGUSR1) < 0 && errno == EPERM ? YES : 0;
}

static void test_it_computes(void **state) {
    (void)state;
    assert_int_equal(confined(computes), YES);
}

static void test_it_reaches_nothing_outside(void **state) {
    (void)state;
    int (*const acts[])(void) = {opens, connects, forks, becomes_another, signals_its_parent};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) assert_int_equal(confined(acts[i]), YES);
}

static int takes_memory(void) {
    for (int i = 0; i < 64; i++)
        if (!malloc((size_t)1 << 30)) return YES;
    return 0;
}

static void test_its_memory_has_a_bound(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* the sanitizer ends a process that gets no memory */
#endif
    assert_int_equal(confined(takes_memory), YES);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_computes),
                                       cmocka_unit_test(test_it_reaches_nothing_outside),
                                       cmocka_unit_test(test_its_memory_has_a_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
