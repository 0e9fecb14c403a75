/* The machine without a C library: semihosting, SysTick and a painted stack. */
#include "machine.h"

enum { WRITE0 = 0x04, EXIT = 0x18, STOPPED_BY_EXIT = 0x20026, STOPPED_BY_ERROR = 0x20023 };
enum { PAINT = 0x5ac3e1f0 };

/* The request goes to whoever debugs this processor; without one, it is a fault. */
static void semihosting(uint32_t operation, uintptr_t argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void machine_say(const char *text) {
    semihosting(WRITE0, (uintptr_t)text);
}

void machine_exit(int status) {
    for (;;) semihosting(EXIT, status == 0 ? STOPPED_BY_EXIT : STOPPED_BY_ERROR);
}

void machine_say_number(uint32_t number) {
    char text[11];
    char *at = text + sizeof text - 1;
    *at = '\0';
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    machine_say(at);
}

static uint32_t bits_of(float value) {
    const union {
        float value;
        uint32_t bits;
    } u = {value};
    return u.bits;
}

static void say_hex(uint32_t number) {
    char text[9];
    for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[number >> (28 - 4 * i) & 15];
    text[8] = '\0';
    machine_say(text);
}

static void say_decimals(float value) {
    if (value < 0.0f) {
        machine_say("-");
        value = -value;
    }
    uint32_t whole = (uint32_t)value, part = (uint32_t)((value - (float)whole) * 1e6f + 0.5f);
    if (part == 1000000) {
        whole++;
        part = 0;
    }
    machine_say_number(whole);
    machine_say(".");
    for (uint32_t least = 100000; least > 1 && part < least; least /= 10) machine_say("0");
    machine_say_number(part);
}

void machine_say_float(float value) {
    if (value > -4e9f && value < 4e9f)
        say_decimals(value);
    else
        machine_say("?");
    machine_say(" (");
    say_hex(bits_of(value));
    machine_say(")");
}

typedef struct SysTick {
    volatile uint32_t control, reload, value;
} SysTick;
#define SYSTICK ((SysTick *)0xe000e010u)
enum { TICKS = 0xffffff };

void machine_clock_start(void) {
    SYSTICK->reload = TICKS;
    SYSTICK->value = 0;
    SYSTICK->control = 5; /* the processor's clock; no interrupt */
    while (SYSTICK->value == 0) continue;
}

uint32_t machine_clock_nanoseconds(void) {
    const uint32_t ticks = TICKS - SYSTICK->value;
    return ticks / CLOCK_MHZ * 1000 + ticks % CLOCK_MHZ * 1000 / CLOCK_MHZ;
}

extern uint32_t stack_bottom[];

static inline uint32_t *stack_pointer(void) {
    uint32_t *sp;
    __asm__ volatile("mov %0, sp" : "=r"(sp));
    return sp;
}

void machine_paint_stack(void) {
    volatile uint32_t *const end = stack_pointer() - 16; /* this function may still push registers */
    for (volatile uint32_t *word = stack_bottom; word < end; word++) *word = PAINT;
}

uint32_t machine_stack_depth(void) {
    volatile uint32_t *const end = stack_pointer(), *word = stack_bottom;
    while (word < end && *word == PAINT) word++;
    return (uint32_t)((uintptr_t)end - (uintptr_t)word);
}
