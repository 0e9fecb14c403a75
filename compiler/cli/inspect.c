/* Commands that show a model: check, summary, history. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/quantize.h"
#include "cli/tensors.h"

enum { MADE_SAMPLES = 4 };

int command_check(Driver *driver) {
    driver_model(driver);
    return driver_finish(driver);
}

/* The second part of the summary, with --quantize: on the calibration data, or on made-up inputs where there
 * are but ranges. */
static bool summarize_quantization(Driver *driver) {
    if (!driver_weights(driver) || !driver_externals_load(driver) || !driver_reference(driver)) return false;
    const Array *inputs = driver->quantized->inputs;
    size_t batch = driver->quantized->batch;
    if (!inputs) {
        Array *made;
        batch = MADE_SAMPLES;
        tensors_make_inputs(driver, &batch, &made);
        inputs = made;
    }
    if (!driver_measure_quantization(driver, inputs, batch)) return false;
    putchar('\n');
    quantized_print_text(driver->quantized, stdout);
    return true;
}

int command_summary(Driver *driver) {
    const bool quantizes = driver_quantizes(driver);
    if (!quantizes && option_given(driver->options, OPT_WEIGHTS))
        return command_usage_error("`lamina summary` needs no weights but for --quantize=int8");
    if (driver_model(driver)) {
        const ModelCosts costs = driver_costs(driver);
        model_summary(driver->arena, &driver->sources, driver->model, &costs, stdout);
        if (quantizes) summarize_quantization(driver);
    }
    return driver_finish(driver);
}

static Layer *find_layer(Driver *driver, const char *name, size_t length) {
    for (size_t i = 0; i < driver->graph->layers.count; i++) {
        Layer *layer = driver->graph->layers.at[i];
        if (strlen(layer->name) == length && memcmp(layer->name, name, length) == 0) return layer;
    }
    return NULL;
}

static bool parse_index(const char **text, size_t *out) {
    if (**text != ':') return **text == '\0';
    char *end;
    *out = strtoul(*text + 1, &end, 10);
    const bool valid = end != *text + 1;
    *text = end;
    return valid;
}

static bool unknown_tensor(Driver *driver, const char *wanted) {
    VEC(const char *) names = {0};
    for (size_t i = 0; i < driver->graph->layers.count; i++)
        vec_push(driver->arena, &names, driver->graph->layers.at[i]->name);
    diag_report(driver->diags, E003, NO_SOURCE, "'%s' is neither a tensor variable of the file nor a layer",
                wanted);
    const char *near = text_nearest(wanted, names.at, names.count);
    if (near) diag_help(driver->diags, NO_SOURCE, near, "did you mean '%s'?", near);
    return false;
}

/* LAYER[:node[:index]] */
static Tensor *tensor_of_layer(Driver *driver, const char *text) {
    const size_t length = strcspn(text, ":");
    const Layer *layer = find_layer(driver, text, length);
    const char *rest = text + length;
    size_t node = 0, index = 0;
    if (!layer || !parse_index(&rest, &node) || (*rest && !parse_index(&rest, &index)) || *rest) {
        unknown_tensor(driver, text);
        return NULL;
    }
    if (node >= layer->nodes.count || index >= layer->nodes.at[node]->n_outputs) {
        diag_report(driver->diags, E003, layer->at, "layer '%s' has %zu calls: there is no tensor '%s'",
                    layer->name, layer->nodes.count, text);
        return NULL;
    }
    return layer->nodes.at[node]->outputs[index];
}

static Tensor *find_tensor(Driver *driver, const char *text) {
    Value value;
    if (elaborate_lookup(driver->elaboration, text, &value) && value.kind == VALUE_TENSOR)
        return value.as.tensor;
    return tensor_of_layer(driver, text);
}

int command_history(Driver *driver) {
    const TextList *operands = &driver->options->operands;
    if (operands->count == 2) {
        if (driver_evaluate(driver)) {
            Tensor *tensor = find_tensor(driver, operands->at[1]);
            if (tensor) model_history(driver->arena, &driver->sources, tensor, stdout);
        }
    } else if (driver_model(driver)) {
        for (size_t i = 0; i < driver->model->n_outputs; i++)
            model_history(driver->arena, &driver->sources, driver->model->outputs[i], stdout);
    }
    return driver_finish(driver);
}
