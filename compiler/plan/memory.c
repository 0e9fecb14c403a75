/* plan_memory: offsets for the workspace buffers, by lifetimes. Those whose sizes grow alike with the
 * run-time dimensions share a region; placement.c finds their places in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "plan/placement.h"
#include "plan/planner.h"

static const size_t REFUSED = SIZE_MAX >> 23;

/* A buffer lives from the first step that names it to the last. */
static void find_lifetimes(Program *program) {
    for (size_t i = 0; i < program->steps.count; i++)
        for (int k = 0; k < program->steps.at[i].n_args; k++) {
            const Arg *arg = &program->steps.at[i].args[k];
            if (arg->kind != ARG_BUFFER || arg->buffer->kind != BUFFER_WORKSPACE) continue;
            Buffer *buffer = program->buffers.at[arg->buffer->index];
            if (buffer->first == SIZE_MAX) buffer->first = i;
            buffer->last = i;
        }
}

/* ---- regions ---- */

static size_t find_region(Program *program, Size size) {
    for (size_t i = 0; i < program->regions.count; i++)
        if (memcmp(program->regions.at[i].power, size.power, sizeof size.power) == 0) return i;
    Region region = {.bytes = 0};
    memcpy(region.power, size.power, sizeof size.power);
    vec_push(program->arena, &program->regions, region);
    return program->regions.count - 1;
}

static size_t slot_bytes(int64_t count, DType dtype) {
    size_t bytes = 0;
    if (count <= 0) return 0;
    if (!checked_mul_size((size_t)count, dtype_size(dtype), &bytes) || bytes > REFUSED)
        bytes = REFUSED; /* by plan_program; many of them do not overflow */
    return (bytes + WORKSPACE_SLOT - 1) / WORKSPACE_SLOT * WORKSPACE_SLOT;
}

static void measure(Program *program) {
    for (size_t i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (buffer->kind != BUFFER_WORKSPACE) continue;
        const Size size = program_size(program, buffer->count);
        buffer->index = i;
        buffer->region = find_region(program, size);
        buffer->bytes = slot_bytes(size.factor ? size.factor : size.constant, buffer->dtype);
        buffer->extra = size.factor ? slot_bytes(size.constant, buffer->dtype) : 0;
    }
}

static Slots region_buffers(Program *program, size_t region) {
    Slots slots = {ARENA_ARRAY(program->arena, Buffer *, program->buffers.count), 0};
    for (size_t i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (buffer->kind == BUFFER_WORKSPACE && buffer->region == region && buffer->first != SIZE_MAX)
            slots.at[slots.count++] = buffer;
    }
    return slots;
}

static int by_offset(const void *a, const void *b) {
    const size_t x = (*(Buffer *const *)a)->offset, y = (*(Buffer *const *)b)->offset;
    return x < y ? -1 : x > y;
}

/* What does not grow with the dimensions is put below all that lies higher, whenever it lives. */
static size_t place_extras(const Slots *slots) {
    size_t sum = 0;
    qsort(slots->at, slots->count, sizeof *slots->at, by_offset);
    for (size_t i = 0; i < slots->count; i++) {
        slots->at[i]->extra_offset = sum;
        sum += slots->at[i]->extra;
    }
    return sum;
}

void plan_memory(Program *program) {
    measure(program);
    find_lifetimes(program);
    const size_t n_steps = program->steps.count;
    for (size_t i = 0; i < program->regions.count; i++) {
        const Slots slots = region_buffers(program, i);
        const size_t bound = placement_bound(program->arena, &slots, n_steps);
        program->regions.at[i].bytes = placement_find(program->arena, &slots, n_steps, bound);
        program->regions.at[i].extra = place_extras(&slots);
        program->workspace_bound = i == 0 ? bound : 0;
    }
    program->workspace_bytes = program->regions.count == 1 ? program->regions.at[0].bytes : 0;
}
