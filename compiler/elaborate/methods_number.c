/* Methods of int, bool and float. */
#include <math.h>

#include "elaborate/native.h"

static uint64_t magnitude(Value self) {
    int64_t i = 0;
    value_as_int(self, &i);
    return i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
}

static bool int_bit_length(NativeCall *call, Value *out) {
    int64_t bits = 0;
    for (uint64_t rest = magnitude(call->self); rest > 0; rest >>= 1) bits++;
    *out = value_int(bits);
    return true;
}

static bool int_bit_count(NativeCall *call, Value *out) {
    int64_t bits = 0;
    for (uint64_t rest = magnitude(call->self); rest > 0; rest >>= 1) bits += (int64_t)(rest & 1);
    *out = value_int(bits);
    return true;
}

static bool number_is_integer(NativeCall *call, Value *out) {
    *out = value_bool(call->self.kind != VALUE_FLOAT ||
                      (isfinite(call->self.as.real) && call->self.as.real == floor(call->self.as.real)));
    return true;
}

static bool number_conjugate(NativeCall *call, Value *out) {
    int64_t i;
    *out = value_as_int(call->self, &i) ? value_int(i) : call->self;
    return true;
}

const NativeRow METHODS_INT[] = {
    {"bit_length", "", int_bit_length, 0, NULL},
    {"bit_count", "", int_bit_count, 0, NULL},
    {"is_integer", "", number_is_integer, 0, NULL},
    {"conjugate", "", number_conjugate, 0, NULL},
    {0},
};

const NativeRow METHODS_FLOAT[] = {
    {"is_integer", "", number_is_integer, 0, NULL},
    {"conjugate", "", number_conjugate, 0, NULL},
    {0},
};
