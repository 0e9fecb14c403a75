/* --quantize and lamina quantize: data or a file of ranges, the pass, and its report. */
#include "cli/quantize.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json_print.h"
#include "cli/tensors.h"
#include "data/bytes.h"
#include "view/quantization.h"

enum { MOST_BYTES_OF_RANGES = 1 << 26 };
static const double DEFAULT_PERCENTILE = 99.99;

bool driver_quantizes(const Driver *driver) {
    return driver->options->command == CMD_QUANTIZE || option_given(driver->options, OPT_QUANTIZE);
}

/* ---- options ---- */

static bool is_ranges_file(const char *argument) {
    const char *dot = strrchr(argument, '.');
    return dot && strcmp(dot, ".json") == 0;
}

/* minmax, mse, percentile or percentile:P. */
static bool calibration_of(const Options *options, Calibration *out) {
    const char *way = option_value(options, OPT_CALIBRATE_BY);
    *out = (Calibration){CALIBRATE_MINMAX, DEFAULT_PERCENTILE};
    if (!way || strcmp(way, "minmax") == 0) return true;
    out->way = CALIBRATE_MSE;
    if (strcmp(way, "mse") == 0) return true;
    out->way = CALIBRATE_PERCENTILE;
    if (strcmp(way, "percentile") == 0) return true;
    if (strncmp(way, "percentile:", 11) != 0) return false;
    char *end = NULL;
    out->percentile = strtod(way + 11, &end);
    return end != way + 11 && *end == '\0' && out->percentile >= 50 && out->percentile <= 100;
}

const char *driver_quantize_wrong(const Options *options) {
    const bool quantizes = option_given(options, OPT_QUANTIZE) || options->command == CMD_QUANTIZE;
    const TextList *data = &options->values[OPT_CALIBRATE];
    Calibration calibration;
    if (option_given(options, OPT_HELP) || option_given(options, OPT_VERSION)) return NULL;
    if (!quantizes && data->count > 0) return "--calibrate goes with --quantize=int8";
    if (!quantizes && option_given(options, OPT_CALIBRATE_BY))
        return "--calibrate-by goes with --quantize=int8";
    if (!calibration_of(options, &calibration))
        return "--calibrate-by: expected minmax, mse, percentile or percentile:P with P from 50 to 100";
    if (!quantizes) return NULL;
    if (data->count == 0)
        return "quantising needs --calibrate DATA: samples of what the model will see, or the ranges that "
               "`lamina quantize` wrote";
    for (size_t i = 0; i < data->count; i++)
        if (is_ranges_file(data->at[i]) && (data->count > 1 || option_given(options, OPT_CALIBRATE_BY)))
            return "--calibrate with a file of ranges takes nothing beside it: they have been found already";
    return NULL;
}

/* ---- ranges ---- */

static const ExactArray *exact_inputs(Driver *driver, const Array *inputs) {
    ExactArray *out = ARENA_ARRAY(driver->arena, ExactArray, driver->model->n_inputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++)
        out[i] = ir_exact_array(driver->arena, inputs[i].dtype, inputs[i].count, inputs[i].data);
    return out;
}

static const Calibrated *ranges_of_data(Driver *driver, DriverQuantized *q) {
    Array *inputs;
    Calibration calibration;
    const char *error = NULL;
    if (!tensors_read_calibration(driver, &inputs, &q->batch)) return NULL;
    q->inputs = inputs;
    if (q->batch == 0) {
        diag_report(driver->diags, E660, NO_SOURCE, "the calibration data holds no samples");
        return NULL;
    }
    calibration_of(driver->options, &calibration);
    driver_stage(driver, "calibrating");
    const Calibrated *ranges = quantize_calibrate(driver->arena, driver->ir, q->batch,
                                                  exact_inputs(driver, inputs), &calibration, &error);
    if (!ranges) diag_report(driver->diags, E554, NO_SOURCE, "%s", error);
    return ranges;
}

static const Calibrated *ranges_of_file(Driver *driver, const char *path) {
    Bytes file = {0};
    const char *weights, *error;
    if (!bytes_read(driver->arena, driver->diags, path, MOST_BYTES_OF_RANGES, &file)) return NULL;
    const Calibrated *ranges =
        quantize_read_ranges(driver->arena, driver->ir, (const char *)file.data, file.size, &weights, &error);
    if (!ranges) {
        diag_report(driver->diags, E661, NO_SOURCE, "\"%s\": %s", path, error);
        diag_help(driver->diags, NO_SOURCE, NULL,
                  "make it again for this model and these options: lamina quantize MODEL -w W --calibrate "
                  "DATA -o %s",
                  path);
    } else if (strcmp(weights, weights_digest(driver->arena, driver->weights)) != 0)
        diag_report(driver->diags, W660, NO_SOURCE, "\"%s\" was made with other weights than these", path);
    return ranges;
}

static const Calibrated *find_ranges(Driver *driver, DriverQuantized *q) {
    const char *last = option_value(driver->options, OPT_CALIBRATE);
    return is_ranges_file(last) ? ranges_of_file(driver, last) : ranges_of_data(driver, q);
}

/* ---- the pass ---- */

static SourceRange place_of(const Op *op) {
    return op->origin ? op->origin->layer->at : NO_SOURCE;
}

/* Once for each operation of a layer: repeats are dropped where they are reported. */
static void remark(Driver *driver, const QuantizedOp *op) {
    const char *what = op_function_name(op->real), *name = op->real->name ? op->real->name : "-";
    const char *why = op->why ? op->why : arena_printf(driver->arena, "%s has no int8 form here", what);
    diag_report(driver->diags, R660, place_of(op->real), "layer '%s' computes in %s: %s", name,
                dtype_name(op->real->dtype), why);
}

static void report(Driver *driver, const DriverQuantized *q) {
    size_t n_int8 = 0;
    for (size_t i = 0; i < q->ops.count; i++) {
        const QuantizedOp *op = &q->ops.at[i];
        n_int8 += op->made->dtype == DTYPE_INT8;
        if (op->real->kind != OP_INPUT && dtype_is_float(op->made->dtype)) remark(driver, op);
    }
    if (n_int8 == 0)
        diag_report(driver->diags, W661, NO_SOURCE,
                    "nothing of the model computes on int8: it stays as it was");
}

bool driver_quantize(Driver *driver) {
    DriverQuantized *q = ARENA_NEW(driver->arena, DriverQuantized);
    q->arena = driver->arena;
    driver_stage(driver, "quantising");
    if (!quantize_prepare(driver->ir)) return false;
    ir_renumber(driver->ir);
    q->real = driver->ir;
    q->calibrated = find_ranges(driver, q);
    if (!q->calibrated) return false;
    driver_stage(driver, "quantising");
    driver->ir = quantize_ir(q->real, q->calibrated, &q->ops);
    if (!driver->ir) return false;
    driver->quantized = q;
    if (driver_prints_after(driver, "quantize")) ir_print(driver->ir, &driver->sources, stderr);
    report(driver, q);
    return diag_error_count(driver->diags) == 0;
}

bool driver_measure_quantization(Driver *driver, const Array *inputs, size_t batch) {
    DriverQuantized *q = driver->quantized;
    const char *error = NULL;
    driver_stage(driver, "measuring the error");
    q->samples = batch;
    q->errors = quantize_measure(driver->arena, q->real, driver->ir, &q->ops, batch,
                                 exact_inputs(driver, inputs), &error);
    return q->errors || diag_report(driver->diags, E554, NO_SOURCE, "%s", error);
}

void quantized_print_text(const DriverQuantized *q, FILE *out) {
    view_quantization(q->arena, &q->ops, q->errors, q->samples, out);
}

static void json_op(const QuantizedOp *op, const QuantizedError *e, FILE *out) {
    fputc('{', out);
    json_field("layer", op->real->name ? op->real->name : "-", out);
    fputc(',', out);
    json_field("operation", op_function_name(op->real), out);
    fputc(',', out);
    json_field("computes_in", dtype_name(op->made->dtype), out);
    json_number("scale", op->int8 ? op->int8->quantization.scale : -1, out);
    if (op->int8) fprintf(out, ",\"zero\":%d", (int)op->int8->quantization.zero);
    json_number("saturated", op->int8 ? e->saturated : -1, out);
    json_number("largest_error", e->largest, out);
    json_number("rms_error", e->rms, out);
    json_number("rms_value", e->real_rms, out);
    fputc('}', out);
}

void quantized_print_json(const DriverQuantized *q, FILE *out) {
    for (size_t i = 0; i < q->ops.count; i++) {
        fputs(i > 0 ? ",\n" : "[\n", out);
        json_op(&q->ops.at[i], &q->errors[i], out);
    }
    fputs("]", out);
}

/* ---- the command ---- */

static bool write_ranges(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    if (!path) return true;
    const char *text =
        quantize_write_ranges(driver->arena, driver->quantized->real, driver->quantized->calibrated,
                              weights_digest(driver->arena, driver->weights));
    if (!text) return diag_report(driver->diags, E002, NO_SOURCE, "cannot write '%s': out of memory", path);
    return bytes_write(driver->diags, path, text, strlen(text));
}

int command_quantize(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    if (path && !is_ranges_file(path))
        return command_usage_error("-o %s: the ranges are written as .json", path);
    if (is_ranges_file(option_value(driver->options, OPT_CALIBRATE)))
        return command_usage_error("`lamina quantize` finds ranges: --calibrate takes .npz or .npy data");
    if (!driver_load(driver) || !driver_externals_load(driver) || !driver_reference(driver) ||
        !driver_measure_quantization(driver, driver->quantized->inputs, driver->quantized->batch))
        return driver_finish(driver);
    const char *format = option_value(driver->options, OPT_FORMAT);
    if (format && strcmp(format, "json") == 0) {
        quantized_print_json(driver->quantized, stdout);
        putchar('\n');
    } else
        quantized_print_text(driver->quantized, stdout);
    write_ranges(driver);
    return driver_finish(driver);
}
