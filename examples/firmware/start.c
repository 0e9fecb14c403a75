/* Start-up code of a Cortex-M that runs one program and has no interrupts: the vector table, memory as C
 * expects it, then main. The linker scripts define the addresses. */
#include <stdint.h>

#include "machine.h"

extern uint32_t stack_bottom[], stack_top[], data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];

int main(void);

void reset(void) {
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xe000ed88u |= 0xfu << 20; /* CPACR: floating point and Helium switched on */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
    machine_paint_stack();
    machine_exit(main());
}

static void fault(void) {
    machine_say("fault: the processor stopped the program\n");
    machine_exit(1);
}

/* The first word is the stack pointer; then reset, NMI and the faults. */
typedef union Vector {
    uint32_t *stack;
    void (*handler)(void);
} Vector;
extern const Vector vectors[16];
__attribute__((section(".vectors"), used))
const Vector vectors[16] = {{.stack = stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
                            {.handler = fault},   {.handler = fault}, {.handler = fault}, {.handler = fault}};
