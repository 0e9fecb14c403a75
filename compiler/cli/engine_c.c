/* Runs the model as its users will: the emitted C through the C compiler, loaded as a shared library and
 * called through its lamina_model descriptor. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/engine.h"
#include "cli/forms.h"
#include "data/bytes.h"
#include "lamina.h"

extern char **environ;

/* A folder of our own for the source and the library, removed again by remove_folder. */
static const char *make_folder(Driver *driver) {
    const char *base = getenv("TMPDIR");
    char *folder = arena_printf(driver->arena, "%s/lamina-XXXXXX", base && base[0] ? base : "/tmp");
    if (mkdtemp(folder)) return folder;
    diag_report(driver->diags, E002, NO_SOURCE, "cannot make a temporary folder '%s': %s", folder,
                strerror(errno));
    return NULL;
}

static const char *in_folder(Driver *driver, const char *folder, const char *name) {
    return arena_printf(driver->arena, "%s/%s", folder, name);
}

static void remove_folder(Driver *driver, const char *folder) {
    static const char *const NAMES[] = {"model.c", "model.h", "model.so", "cc.log"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) unlink(in_folder(driver, folder, NAMES[i]));
    rmdir(folder);
}

/* $CC split at blanks, our flags right after the compiler's name, so that those of $CC win. */
static char **compiler_command(Driver *driver, const char *folder) {
    const char *cc = getenv("CC");
    if (!cc || !cc[strspn(cc, " \t")]) cc = "cc";
    VEC(char *) argv = {0};
    char *words = arena_strdup(driver->arena, cc), *rest = NULL;
    for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        vec_push(driver->arena, &argv, word);
        if (argv.count == 1) vec_push(driver->arena, &argv, arena_strdup(driver->arena, "-O2"));
    }
    const char *const tail[] = {"-std=c99",
                                "-fPIC",
                                "-shared",
                                "-o",
                                in_folder(driver, folder, "model.so"),
                                in_folder(driver, folder, "model.c"),
                                "-lm"};
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++)
        vec_push(driver->arena, &argv, arena_strdup(driver->arena, tail[i]));
    vec_push(driver->arena, &argv, NULL);
    return argv.at;
}

static bool compile(Driver *driver, const char *folder) {
    char **argv = compiler_command(driver, folder);
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0;
    const char *log = in_folder(driver, folder, "cc.log");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    const int error = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        return diag_report(driver->diags, E006, NO_SOURCE, "cannot run the C compiler '%s': %s", argv[0],
                           strerror(error));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    diag_report(driver->diags, E006, NO_SOURCE, "the C compiler '%s' failed", argv[0]);
    const char *reason = NULL;
    Sources text = sources_new(driver->arena);
    const uint32_t file = sources_read(&text, log, &reason);
    if (file && sources_get(&text, file)->length)
        diag_note(driver->diags, NO_SOURCE, "it said:\n%s", sources_get(&text, file)->text);
    return false;
}

/* Outputs pre-filled with a pattern, so that what is not written shows. */
static Array *make_outputs(Driver *driver, size_t batch, void **pointers) {
    const Model *model = driver->model;
    const char **names = tensors_output_names(driver->arena, model);
    Array *outputs = ARENA_ARRAY(driver->arena, Array, model->n_outputs);
    for (size_t i = 0; i < model->n_outputs; i++) {
        const DType dtype = model->outputs[i]->dtype;
        const Shape shape = tensors_result_shape(driver, i, batch);
        int64_t count = 0;
        if (!shape_count(&shape, 0, &count)) {
            diag_report(driver->diags, E552, NO_SOURCE, "output '%s' would be too large", names[i]);
            return NULL;
        }
        outputs[i] = (Array){.name = names[i], .dtype = dtype, .shape = shape, .count = (size_t)count};
        pointers[i] = outputs[i].data = arena_alloc_array(driver->arena, (size_t)count, dtype_size(dtype));
        memset(outputs[i].data, 0xFF, (size_t)count * dtype_size(dtype));
    }
    return outputs;
}

static bool call_model(Driver *driver, const lamina_model *compiled, const Array *inputs, size_t batch,
                       Array **outputs) {
    const void **in = ARENA_ARRAY(driver->arena, const void *, driver->model->n_inputs);
    void **out = ARENA_ARRAY(driver->arena, void *, driver->model->n_outputs);
    for (size_t i = 0; i < driver->model->n_inputs; i++) in[i] = inputs[i].data;
    *outputs = make_outputs(driver, batch, out);
    if (!*outputs) return false;
    const Program *program = driver->program;
    lamina_call call = {.size = sizeof call, .inputs = in, .outputs = out};
    call.batch = program->open_batch ? batch : (size_t)program->static_batch;
    int64_t dims[PROGRAM_MAX_DIMS];
    if (!tensors_dims(driver, inputs, dims)) return false;
    call.dims = dims;
    call.workspace_size = compiled->workspace_bytes(&call);
    void *workspace = NULL;
    if (call.workspace_size && posix_memalign(&workspace, 64, call.workspace_size) != 0)
        return diag_report(driver->diags, E552, NO_SOURCE, "there is no memory for a workspace of %zu bytes",
                           call.workspace_size);
    call.workspace = workspace;
    const int status = compiled->run(&call);
    free(workspace);
    if (status == LAMINA_OK) return true;
    if (status == LAMINA_E_INDEX)
        return diag_report(driver->diags, E554, NO_SOURCE, "an id of an Embedding is out of range");
    return diag_report(driver->diags, E900, NO_SOURCE, "the compiled model returned status %d", status);
}

static bool load_and_call(Driver *driver, const char *path, const Array *inputs, size_t batch,
                          Array **outputs) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return diag_report(driver->diags, E006, NO_SOURCE, "cannot load the compiled model: %s", dlerror());
    const lamina_model *compiled = dlsym(library, "model_model");
    const bool done =
        compiled ? call_model(driver, compiled, inputs, batch, outputs)
                 : diag_report(driver->diags, E900, NO_SOURCE, "the compiled model has no descriptor");
    dlclose(library);
    return done;
}

bool engine_c(Driver *driver, const Array *inputs, size_t batch, Array **outputs) {
    const char *folder = make_folder(driver);
    if (!folder) return false;
    const char *target = option_given(driver->options, OPT_TARGET) ? NULL : "host";
    const bool done = forms_write_c(driver, in_folder(driver, folder, "model.c"), "model", target) &&
                      compile(driver, folder) &&
                      load_and_call(driver, in_folder(driver, folder, "model.so"), inputs, batch, outputs);
    remove_folder(driver, folder);
    return done;
}
