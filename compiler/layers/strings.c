/* Layers that take or give strings, which are not supported: known by name, so that the message says so. */
#include "layers/rules.h"

static const ParamSpec LOOKUP_PARAMS[] = {IGNORED("max_tokens"),
                                          IGNORED("num_oov_indices"),
                                          IGNORED("mask_token"),
                                          IGNORED("oov_token"),
                                          IGNORED("vocabulary"),
                                          IGNORED("idf_weights"),
                                          IGNORED("invert"),
                                          IGNORED("output_mode"),
                                          IGNORED("pad_to_max_tokens"),
                                          IGNORED("sparse"),
                                          IGNORED("encoding"),
                                          IGNORED("salt"),
                                          {0}};
static const ParamSpec TEXT_PARAMS[] = {IGNORED("max_tokens"),
                                        IGNORED("standardize"),
                                        IGNORED("split"),
                                        IGNORED("ngrams"),
                                        IGNORED("output_mode"),
                                        IGNORED("output_sequence_length"),
                                        IGNORED("pad_to_max_tokens"),
                                        IGNORED("vocabulary"),
                                        IGNORED("idf_weights"),
                                        IGNORED("sparse"),
                                        IGNORED("ragged"),
                                        IGNORED("encoding"),
                                        {0}};

static bool no_strings(Graph *graph, Layer *layer, const Arguments *arguments, Value *out) {
    *out = layer_poison(graph, arguments->call);
    diag_report(graph->diags, E298, arguments->call, "%s works on strings, which are not supported",
                layer->class_->name);
    diag_help(graph->diags, arguments->call, NULL,
              "do the lookup outside of the model, and give the model the integers");
    return false;
}

#define STRING_LAYER(name_, params_, about_)                                                                 \
    { .name = name_, .module = "keras.layers", .about = about_, .params = params_, .call = no_strings }
const LayerClass LAYER_CLASS_STRING_LOOKUP =
    STRING_LAYER("StringLookup", LOOKUP_PARAMS, "strings to places: not supported");
const LayerClass LAYER_CLASS_TEXT_VECTORIZATION =
    STRING_LAYER("TextVectorization", TEXT_PARAMS, "texts: not supported");
