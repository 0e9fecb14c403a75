/* What a child process that tries a file may still do: compute, within bounds of time and memory, and write
 * to what is open.
 *
 * It opens no file, makes no socket and no process, and sends no signal to another: a file that takes libhdf5
 * over finds itself in there. Where the kernel has no seccomp, the bounds alone hold.
 */
#include "weights/hdf5/sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#endif

/* Seconds of the processor, and one more for each 16 MiB; bytes beyond those that the process has, and some
 * for each of the file. */
enum { CPU_SECONDS = 5, BYTES_A_SECOND = 1 << 24, BYTES_A_BYTE = 4 };
static const size_t SPARE_BYTES = (size_t)4 << 30;

static void limit(int resource, size_t soft, size_t hard) {
    const struct rlimit bound = {soft, hard};
    (void)setrlimit(resource, &bound); /* it may only be lowered: a bound that is lower already stays */
}

/* The addresses that the process has, in bytes; 0 where the system does not tell. */
static size_t own_addresses(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#define REFUSE(call)                                                                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static void refuse_calls(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), /* another machine's numbers */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#endif
#define CALL(name) REFUSE(__NR_##name),
#include "weights/hdf5/sandbox_refused.def"
#undef CALL
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}
#else
static void refuse_calls(void) {}
#endif

void sandbox_confine(size_t file_size) {
    const size_t addresses = own_addresses(), seconds = CPU_SECONDS + file_size / BYTES_A_SECOND;
    limit(RLIMIT_CPU, seconds, seconds + 1);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0);
    if (addresses) {
        const size_t most = addresses + SPARE_BYTES + BYTES_A_BYTE * file_size;
        limit(RLIMIT_AS, most, most);
    }
    refuse_calls();
}
