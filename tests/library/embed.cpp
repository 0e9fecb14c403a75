// liblamina from C++: the same header, with an owner around the handle.
#include <cstdio>
#include <memory>
#include <string>

#include <lamina/compiler.h>

#include "lamina.h"

struct Free {
    void operator()(lamina_compilation *c) const { lamina_compilation_free(c); }
};
using Compilation = std::unique_ptr<lamina_compilation, Free>;

int main() {
    const std::string model = "x = Input((2,))\nmodel = Model(x, layers.Dense(1)(x))\n";
    Compilation c(lamina_compilation_new());
    const lamina_output *out = nullptr;
    if (lamina_compilation_model(c.get(), "m.lam", model.data(), model.size()) != LAMINA_STATUS_FINE) return 1;
    if (lamina_compilation_emit(c.get(), "c", "m", &out) != LAMINA_STATUS_WRONG) return 2; // no weights
    const lamina_diagnostic *first = lamina_compilation_diagnostic(c.get(), 0);
    if (!first || std::string(first->code) != "E005" || first->n_notes != 1) return 3;
    if (first->notes[0]->severity != LAMINA_SEVERITY_HELP) return 4;
    std::puts(first->text);
    return 0;
}
