/* What the program wants of the machine: a console, an end, a clock, and the depth of the stack. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- by semihosting: the debugger, or QEMU, does it ---- */
void machine_say(const char *text);
void machine_say_number(uint32_t number);
void machine_say_float(float value); /* "0.582031 (3f14fe03)": six decimals, and the bits */
void machine_exit(int status) __attribute__((noreturn));

/* ---- by SysTick, which every Cortex-M has: nanoseconds between the two calls, up to half a second ---- */
void machine_clock_start(void);
uint32_t machine_clock_nanoseconds(void);

/* ---- the stack is painted at the start; what has lost the paint has been used ---- */
void machine_paint_stack(void);
/* Bytes that what was called from here has taken. */
uint32_t machine_stack_depth(void);

#ifdef __cplusplus
}
#endif
#endif
