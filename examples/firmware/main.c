/* Runs the model on each sample of an .npy file in flash, and says its answers, the time and the stack it
 * took. build.sh gives INPUT_SIZE and OUTPUT_SIZE: the elements of a sample. All memory is here: the linker
 * counts it. */
#include <stddef.h>

#include "machine.h"
#include "model.h"

enum { WORKSPACE = MODEL_WORKSPACE_BYTES(1) ? MODEL_WORKSPACE_BYTES(1) : 1 };

extern const unsigned char input_file[],
    input_end[]; /* input.S: numbers of four bytes, as the model's input */
static float output[OUTPUT_SIZE];
static unsigned char workspace[WORKSPACE] __attribute__((aligned(MODEL_WORKSPACE_ALIGN)));

/* Behind the header, whose length stands in bytes 8 and 9. */
static const unsigned char *samples_of(const unsigned char *npy) {
    return npy + 10 + npy[8] + 256 * npy[9];
}

static void say_output(uint32_t sample) {
    machine_say("sample ");
    machine_say_number(sample);
    machine_say(":");
    for (size_t i = 0; i < OUTPUT_SIZE; i++) {
        machine_say(" ");
        machine_say_float(output[i]);
    }
    machine_say("\n");
}

static void say_cost(uint32_t nanoseconds, uint32_t stack) {
    machine_say("time ");
    machine_say_number(nanoseconds);
    machine_say(" ns, stack ");
    machine_say_number(stack);
    machine_say(" bytes\n");
}

int main(void) {
    uint32_t nanoseconds = 0, stack = 0, sample = 0;
    const unsigned char *at = samples_of(input_file);
    for (; (size_t)(input_end - at) >= 4 * (size_t)INPUT_SIZE; at += 4 * (size_t)INPUT_SIZE) {
        machine_paint_stack();
        machine_clock_start();
        const int status = model_run(1, (const void *)at, output, workspace);
        nanoseconds = machine_clock_nanoseconds();
        stack = machine_stack_depth();
        if (status != LAMINA_OK) return status;
        say_output(sample++);
    }
    say_cost(nanoseconds, stack);
    return 0;
}
