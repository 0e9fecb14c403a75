#include "cli/cli.h"

int main(int argc, char **argv) {
    return cli_main(argc, argv);
}

#if defined(__SANITIZE_ADDRESS__)
/* Without this the leak checker stumbles over the thread-local data of libLLVM, which is loaded late. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "intercept_tls_get_addr=0";
}
#endif
