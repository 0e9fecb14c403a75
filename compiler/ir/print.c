/* ir_print: the Ir as text, one op a line:
 *
 *     %4 = conv2d(%0, %1, %2) relu, stride 2x2, pad 0 0 1 1    float32 (None, 48, 48, 8)    conv_1,
 * vww.lam:12
 */
#include "ir/ir.h"

#include <inttypes.h>

#include "base/text.h"

enum { SMALL_CONSTANT = 4 };

static void print_ints(Text *t, const char *label, const int64_t *at, int n) {
    text_add(t, label);
    for (int i = 0; i < n; i++) text_printf(t, " %" PRId64, at[i]);
}

static void print_axes(Text *t, uint32_t axes) {
    text_add(t, ", axes");
    for (int i = 0; i < SHAPE_MAX_RANK; i++)
        if (axes >> i & 1) text_printf(t, " %d", i);
}

static void print_function(Text *t, UnaryFunction function, const double *parameter) {
    text_printf(t, " %s", unary_function_name(function));
    for (int i = 0; i < unary_function_parameters(function); i++) text_printf(t, " %.9g", parameter[i]);
}

static double constant_value(const Op *op, size_t i) {
    switch (op->dtype) {
    case DTYPE_FLOAT32: return ((const float *)op->as.constant.data)[i];
    case DTYPE_FLOAT64: return ((const double *)op->as.constant.data)[i];
    case DTYPE_INT32: return ((const int32_t *)op->as.constant.data)[i];
    case DTYPE_INT64: return (double)((const int64_t *)op->as.constant.data)[i];
    case DTYPE_UINT8:
    case DTYPE_BOOL: return ((const uint8_t *)op->as.constant.data)[i];
    default: return 0.0;
    }
}

static void print_constant(Text *t, const Op *op) {
    int64_t count;
    if (op->as.constant.weight) {
        text_printf(t, " weight %s", op->as.constant.weight->path);
        return;
    }
    if (!op->as.constant.data || !shape_count(&op->shape, 0, &count) || count > SMALL_CONSTANT) return;
    for (int64_t i = 0; i < count; i++) text_printf(t, " %.9g", constant_value(op, (size_t)i));
}

static void print_conv(Text *t, const Conv2dAttrs *a, bool groups) {
    text_printf(t, ", stride %" PRId64 "x%" PRId64, a->stride[0], a->stride[1]);
    if (a->dilation[0] != 1 || a->dilation[1] != 1)
        text_printf(t, ", dilation %" PRId64 "x%" PRId64, a->dilation[0], a->dilation[1]);
    print_ints(t, ", pad", a->pad, 4);
    if (groups && a->groups != 1) text_printf(t, ", groups %" PRId64, a->groups);
}

static void print_recurrent(Text *t, const RecurrentAttrs *a) {
    static const char *const cells[] = {"simple_rnn", "lstm", "gru", "gru with the reset before the product"};
    text_printf(t, " %s, units %" PRId64, cells[a->cell], a->units);
    print_function(t, a->activation.function, a->activation.parameter);
    if (a->cell != CELL_SIMPLE_RNN)
        print_function(t, a->recurrent_activation.function, a->recurrent_activation.parameter);
    text_add(t, a->sequences ? ", sequences" : ", last");
    text_add(t, a->states ? ", states" : "");
    text_add(t, a->backwards ? ", backwards" : "");
    text_add(t, a->flip ? ", flipped" : "");
    text_add(t, a->zero_output ? ", masked to 0" : "");
    text_add(t, a->has_bias ? ", bias" : "");
    text_add(t, a->has_initial ? ", initial states" : "");
    text_add(t, a->has_mask ? ", mask" : "");
}

static void print_attributes(Text *t, const Op *op) {
    const int rank = op->shape.rank;
    switch (op->kind) {
    case OP_INPUT: text_printf(t, " %zu", op->as.input.index); break;
    case OP_CONSTANT: print_constant(t, op); break;
    case OP_CONV2D: print_conv(t, &op->as.conv2d, true); break;
    case OP_DEPTHWISE_CONV2D: print_conv(t, &op->as.conv2d, false); break;
    case OP_CONV3D:
    case OP_CONV_TRANSPOSE:
        print_ints(t, ", stride", op->as.conv3d.stride, 3);
        print_ints(t, op->kind == OP_CONV3D ? ", pad" : ", cut", op->as.conv3d.pad, 6);
        if (op->kind == OP_CONV3D) print_ints(t, ", dilation", op->as.conv3d.dilation, 3);
        if (op->kind == OP_CONV3D && op->as.conv3d.groups != 1)
            text_printf(t, ", groups %" PRId64, op->as.conv3d.groups);
        break;
    case OP_POOL2D:
        text_add(t, op->as.pool2d.function == POOL_MAX ? " max" : " average");
        print_ints(t, ", size", op->as.pool2d.size, 2);
        print_ints(t, ", stride", op->as.pool2d.stride, 2);
        print_ints(t, ", pad", op->as.pool2d.pad, 4);
        break;
    case OP_EXTERNAL: text_printf(t, " %s()", op->as.external->function); break;
    case OP_RECURRENT: print_recurrent(t, &op->as.recurrent); break;
    case OP_UNARY: print_function(t, op->as.unary.function, op->as.unary.parameter); break;
    case OP_BINARY: text_printf(t, " %s", binary_function_name(op->as.binary)); break;
    case OP_REDUCE:
        text_printf(t, " %s", reduce_function_name(op->as.reduce.function));
        print_axes(t, op->as.reduce.axes);
        break;
    case OP_CATEGORY: {
        static const char *const NAMES[] = {"bucket", "find", "hash"};
        text_printf(t, " %s", NAMES[op->as.category.function]);
        break;
    }
    case OP_ARG: text_printf(t, " %s, axis %d", op->as.arg.smallest ? "min" : "max", op->as.arg.axis); break;
    case OP_SCAN:
        text_printf(t, " %s, axis %d", op->as.scan.function == SCAN_SUM ? "sum" : "prod", op->as.scan.axis);
        break;
    case OP_GATHER:
        if (op->as.gather.axis) text_printf(t, ", axis %d", op->as.gather.axis);
        break;
    case OP_ROW:
        text_printf(t, " %s", row_function_name(op->as.row.function));
        print_axes(t, op->as.row.axes);
        break;
    case OP_NORMALIZE:
        print_axes(t, op->as.normalize.axes);
        text_printf(t, ", epsilon %.9g", op->as.normalize.epsilon);
        break;
    case OP_RESAMPLE:
    case OP_CONCAT: text_printf(t, ", axis %d", op->as.concat.axis); break;
    case OP_SLICE:
        print_ints(t, ", begin", op->as.slice.begin, rank);
        print_ints(t, ", step", op->as.slice.step, rank);
        break;
    case OP_PAD:
        print_ints(t, ", before", op->as.pad.before, rank);
        print_ints(t, ", after", op->as.pad.after, rank);
        text_printf(t, ", value %.9g", op->as.pad.value);
        break;
    case OP_TRANSPOSE:
        text_add(t, ", perm");
        for (int i = 0; i < rank; i++) text_printf(t, " %d", op->as.transpose.perm[i]);
        break;
    case OP_REPEAT:
        text_printf(t, ", axis %d, count %" PRId64, op->as.repeat.axis, op->as.repeat.count);
        break;
    case OP_MATMUL: text_add(t, op->as.matmul.transpose_b ? ", b transposed" : ""); break;
    default: break;
    }
}

const char *op_function_name(const Op *op) {
    switch (op->kind) {
    case OP_UNARY: return unary_function_name(op->as.unary.function);
    case OP_BINARY: return binary_function_name(op->as.binary);
    case OP_REDUCE: return reduce_function_name(op->as.reduce.function);
    case OP_ROW: return row_function_name(op->as.row.function);
    default: return op_kind_name(op->kind);
    }
}

const char *ir_origin_text(Arena *arena, const Sources *sources, const Op *op) {
    if (!op->origin || !sources || op->origin->at.file == 0) return op->name;
    const SourceRange at = op->origin->at;
    return arena_printf(arena, "%s, %s:%u", op->origin->layer->name,
                        source_base_name(sources_get(sources, at.file)->name),
                        (unsigned)sources_position(sources, at.file, at.begin).line);
}

static void print_op(Text *t, const Op *op, const Sources *sources) {
    text_printf(t, "%%%u = %s", (unsigned)op->id, op_kind_name(op->kind));
    if (op->n_inputs) {
        text_char(t, '(');
        for (size_t i = 0; i < op->n_inputs; i++)
            text_printf(t, "%s%%%u", i ? ", " : "", (unsigned)op->inputs[i]->id);
        text_char(t, ')');
    }
    print_attributes(t, op);
    if (op->quantization.scale > 0)
        text_printf(t, ", scale %.9g zero %d", op->quantization.scale, op->quantization.zero);
    if (op->rescale) text_printf(t, " in %d..%d", op->rescale->low, op->rescale->high);
    if (op->epilogue.residual) text_add(t, ", then add the last input");
    if (op->epilogue.function != UNARY_LINEAR) {
        text_add(t, ", then");
        print_function(t, op->epilogue.function, op->epilogue.parameter);
    }
    text_printf(t, "    %s %s    ; %s\n", dtype_name(op->dtype), shape_text(t->arena, &op->shape),
                ir_origin_text(t->arena, sources, op));
}

void ir_print(const Ir *ir, const Sources *sources, FILE *out) {
    Arena *arena = arena_new();
    Text t = text_new(arena);
    for (size_t i = 0; i < ir->ops.count; i++) print_op(&t, ir->ops.at[i], sources);
    for (size_t i = 0; i < ir->n_outputs; i++)
        text_printf(&t, "output %s = %%%u\n", ir->output_names[i], (unsigned)ir->outputs[i]->id);
    fputs(t.data, out);
    arena_free(arena);
}
