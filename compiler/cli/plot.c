/* lamina plot: the graph of a model as a picture, SVG or the text that Graphviz takes. */
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "data/bytes.h"
#include "view/picture.h"

static bool is_one_of(const char *text, const char *const *names) {
    for (; *names; names++)
        if (strcmp(text, *names) == 0) return true;
    return false;
}

/* By --emit, or the path's suffix; a path without one is DOT. What is wrong, or NULL. */
static const char *pick(const Driver *driver, const char *path, bool *svg) {
    static const char *const DOT[] = {"dot", "gv", NULL}, *const SVG[] = {"svg", NULL};
    const char *form = option_value(driver->options, OPT_EMIT);
    if (!form) {
        const char *suffix = strrchr(path, '.');
        form = suffix && !strchr(suffix, '/') ? suffix + 1 : "dot";
    }
    *svg = is_one_of(form, SVG);
    if (*svg || is_one_of(form, DOT)) return NULL;
    return arena_printf(driver->arena, "-o %s: the suffix or --emit picks the form: .svg or .dot", path);
}

static void write_dot(Driver *driver, const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream) {
        model_plot_dot(driver->arena, driver->model, stream);
        fclose(stream);
        bytes_write(driver->diags, path, text, size);
    }
    free(text);
}

static void write_svg(Driver *driver, const char *path) {
    const ModelCosts costs = driver_costs(driver);
    const PictureOptions options = {.sources = &driver->sources, .costs = &costs};
    Text text = text_new(driver->arena);
    picture_svg(driver->arena, driver->model, &options, &text);
    bytes_write(driver->diags, path, text.data, text.length);
}

int command_plot(Driver *driver) {
    const char *path = option_value(driver->options, OPT_OUTPUT);
    bool svg = false;
    if (!path) return command_usage_error("`lamina plot` needs -o FILE.svg or -o FILE.dot");
    const char *wrong = pick(driver, path, &svg);
    if (wrong) return command_usage_error("%s", wrong);
    if (driver_model(driver)) (svg ? write_svg : write_dot)(driver, path);
    return driver_finish(driver);
}
