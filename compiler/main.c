/* The program: runs the command line on a stack that the nesting which the parser accepts fits on, whatever
 * `ulimit -s` says. */
#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>

#include "cli/cli.h"

enum { STACK = 8 * 1024 * 1024 };

typedef struct Call {
    int argc;
    char **argv;
    int status;
} Call;

static void *run(void *context) {
    Call *call = context;
    call->status = cli_main(call->argc, call->argv);
    return NULL;
}

static int is_small(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < STACK;
}

/* False where the system gives no such thread. */
static int run_on_own_stack(Call *call) {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) return 0;
    const int started = pthread_attr_setstacksize(&attributes, STACK) == 0 &&
                        pthread_create(&thread, &attributes, run, call) == 0;
    pthread_attr_destroy(&attributes);
    return started && pthread_join(thread, NULL) == 0;
}

int main(int argc, char **argv) {
    Call call = {argc, argv, 0};
    if (!is_small() || !run_on_own_stack(&call)) run(&call);
    return call.status;
}

#if defined(__SANITIZE_ADDRESS__)
/* Without this the leak checker stumbles over the thread-local data of libLLVM, which is loaded late. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "intercept_tls_get_addr=0";
}
#endif
