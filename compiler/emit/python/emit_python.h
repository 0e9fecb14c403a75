/* The Python module of a compiled model: NAME.py, which loads libNAME.so beside it by ctypes. It needs
 * nothing but Python, and numpy for arrays. All that it knows of the model's interface comes from the
 * library's descriptor; what stands in the module itself is for people, and to tell a library that is not its
 * own.
 */
#ifndef LAMINA_EMIT_PYTHON_EMIT_PYTHON_H
#define LAMINA_EMIT_PYTHON_EMIT_PYTHON_H

#include "emit/emit.h"

/* `library`: the file name of the shared library; `weights`: that of the weights file. */
void emit_python(const Program *program, const EmitOptions *options, const char *library, const char *weights,
                 Text *out);

#endif
