/* keras.applications: the models of Keras' own files.
 *
 * In:  a name such as keras.applications.ResNet50. Out: the function of the installed Keras' source, run as
 * any imported file; where -I does not lead to it, an opaque value that says so. The utilities that these
 * files use (where an image's shape comes from, whether a weights file exists) are here. Weights that they
 * would load are those of -w; one note says so, at the call in the user's file.
 */
#include "elaborate/applications.h"

#include <string.h>
#include <sys/stat.h>

#include "elaborate/classes.h"
#include "elaborate/imports_files.h"

static const char FOLDER[] = "keras/src/applications";

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

const char *applications_folder(Eval *eval, size_t index) {
    const ElaborateOptions *options = eval->options;
    if (index < options->n_include_dirs) return eval_str(eval, "%s/%s", options->include_dirs[index], FOLDER);
    index -= options->n_include_dirs;
    if (index < options->n_include_dirs) return options->include_dirs[index];
    return index == options->n_include_dirs ? eval->module->home : NULL;
}

static bool has_source(Eval *eval, const char *module) {
    const char *folder;
    for (size_t i = 0; (folder = applications_folder(eval, i)); i++)
        if (is_file(eval_str(eval, "%s/%s.py", folder, module)) &&
            is_file(eval_str(eval, "%s/imagenet_utils.py", folder)))
            return true;
    return false;
}

/* Public modules that are not files of their own, and names that no public module has. */
static const char *source_of(const char *module, const char *name) {
    static const char *const SOURCES[][2] = {{"ResNet50", "resnet"},
                                             {"ResNet101", "resnet"},
                                             {"ResNet152", "resnet"},
                                             {"MobileNetV3Small", "mobilenet_v3"},
                                             {"MobileNetV3Large", "mobilenet_v3"}};
    for (size_t i = 0; i < sizeof SOURCES / sizeof SOURCES[0]; i++)
        if (strcmp(SOURCES[i][0], name) == 0) return SOURCES[i][1];
    return module && strcmp(module, "resnet50") == 0 ? "resnet" : module;
}

static Value not_given(Eval *eval, const char *path, const char *name, SourceRange at) {
    return eval_opaque_package(
        eval, at,
        "%s.%s is evaluated from Keras' own source files: give the folder that holds the package keras by -I "
        "(the site-packages of a Python that has it)",
        path, name);
}

Value applications_get(Eval *eval, const char *path, const char *name, SourceRange at, bool *failed) {
    const char *below = path + strlen("keras.applications");
    const char *module = source_of(below[0] ? below + 1 : NULL, name);
    Value source, value;
    *failed = false;
    if (!module) module = namespace_application(eval, name);
    if (!module || !has_source(eval, module)) return not_given(eval, path, name, at);
    const size_t errors = diag_error_count(eval->diags);
    *failed = !import_module(eval, eval_str(eval, "keras.src.applications.%s", module), 0, at, &source) ||
              source.kind != VALUE_NAMESPACE || !namespace_get(eval, source.as.space, name, at, &value);
    if (!*failed) return value;
    if (diag_error_count(eval->diags) == errors) *failed = false;
    return not_given(eval, path, name, at);
}

bool applications_running(Eval *eval) {
    const char *home = scope_module(eval_scope(eval))->home;
    return home && ends_with(home, FOLDER);
}

/* ---- what the files use ---- */

/* Where the user's own code called into Keras' files. */
static SourceRange user_call(Eval *eval, SourceRange at) {
    for (const Frame *frame = eval->frame; frame; frame = frame->caller) {
        const char *home = scope_module(frame->scope)->home;
        if (!home || !ends_with(home, FOLDER)) break;
        if (frame->call.file) at = frame->call;
    }
    return at;
}

/* file_utils.get_file(...): a download, which is never made. */
static bool call_get_file(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    if (applications_running(eval)) {
        const SourceRange at = user_call(eval, arguments->call);
        diag_report(eval->diags, W300, at,
                    eval->options->weights_given
                        ? "the weights that Keras would download are not: those of -w are taken"
                        : "the weights that Keras would download are not; -w gives the model its weights");
        if (!eval->options->weights_given)
            diag_help(
                eval->diags, at, NULL,
                "save them once in Keras, model.save_weights('m.weights.h5'), and pass -w m.weights.h5");
    }
    *out = eval_opaque_package(eval, arguments->call, "downloads are not evaluated");
    return true;
}

/* file_utils.exists(path): a file that -w replaces counts as there. */
static bool call_exists(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    const char *path = arguments->count ? value_c_str(arguments->at[0].value) : NULL;
    const Opaque *cause = eval_arguments_opaque(arguments);
    *out = cause ? eval_opaque_from(eval, cause)
                 : value_bool(path && (eval->options->weights_given || is_file(path)));
    return true;
}

typedef struct SourceList {
    Eval *eval;
    Value list;
} SourceList;

static void add_source(SourceList *sources, Tensor *tensor) {
    for (size_t i = 0; i < sources->list.as.list->items.count; i++)
        if (sources->list.as.list->items.at[i].as.tensor == tensor) return;
    value_list_push(sources->eval->arena, sources->list, value_tensor(tensor));
}

/* Depth first, with a stack of its own: graphs may be deep. Each node is walked once. */
static void find_sources(SourceList *sources, Tensor *from) {
    Eval *eval = sources->eval;
    bool *seen = ARENA_ARRAY(eval->arena, bool, eval->graph->nodes.count + 1);
    VEC(Tensor *) stack = {0};
    vec_push(eval->arena, &stack, from);
    while (stack.count) {
        Tensor *tensor = stack.at[--stack.count];
        const Node *node = tensor_node(tensor);
        if (!node || node->n_inputs == 0) {
            add_source(sources, tensor);
            continue;
        }
        if (seen[node->id]) continue;
        seen[node->id] = true;
        for (size_t i = node->n_inputs; i > 0; i--) vec_push(eval->arena, &stack, node->inputs[i - 1]);
    }
}

/* operation_utils.get_source_inputs(tensor), keras.utils.get_source_inputs(tensor) */
static bool call_source_inputs(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    const Opaque *cause = eval_arguments_opaque(arguments);
    *out = cause ? eval_opaque_from(eval, cause) : value_none();
    if (cause) return true;
    if (arguments->count != 1)
        return eval_raise(eval, E303, NULL, arguments->call, "get_source_inputs() takes one argument");
    *out = arguments->at[0].value;
    if (out->kind != VALUE_TENSOR) return true;
    SourceList sources = {eval, value_list_new(eval->arena, VALUE_LIST)};
    find_sources(&sources, out->as.tensor);
    *out = sources.list;
    return true;
}

/* keras.backend.get_uid(prefix): counts with the automatic names. */
static bool call_get_uid(Eval *eval, const Builtin *self, const Arguments *arguments, Value *out) {
    (void)self;
    const char *prefix = arguments->count ? value_c_str(arguments->at[0].value) : "";
    const Opaque *cause = eval_arguments_opaque(arguments);
    if (cause || !prefix) {
        *out = cause ? eval_opaque_from(eval, cause)
                     : eval_opaque(eval, arguments->call, "this get_uid() is not evaluated");
        return true;
    }
    *out = value_int((int64_t)graph_count_name(eval->graph, prefix));
    return true;
}

const Builtin *applications_function(const char *path) {
    static const Builtin FUNCTIONS[] = {
        {.name = "keras.utils.file_utils.get_file", .call = call_get_file, .takes_unknown = true},
        {.name = "keras.utils.get_file", .call = call_get_file, .takes_unknown = true},
        {.name = "keras.utils.file_utils.exists", .call = call_exists, .takes_unknown = true},
        {.name = "keras.utils.get_source_inputs", .call = call_source_inputs, .takes_unknown = true},
        {.name = "keras.ops.operation_utils.get_source_inputs",
         .call = call_source_inputs,
         .takes_unknown = true},
        {.name = "keras.backend.get_uid", .call = call_get_uid, .takes_unknown = true}};
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++)
        if (strcmp(FUNCTIONS[i].name, path) == 0) return &FUNCTIONS[i];
    return NULL;
}
