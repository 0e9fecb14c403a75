/* Stream: a compiled model over data that may be larger than memory, in pieces of the batch, by several
 * threads. */
#ifndef LAMINA_CLI_STREAM_H
#define LAMINA_CLI_STREAM_H

#include "cli/tensors.h"
#include "lamina.h"

/* Whether the Program takes its batch in pieces: it leaves the batch open, and every input and output begins
 * with it. */
bool stream_is_possible(const Driver *driver);
/* --jobs: how many pieces at once. */
size_t stream_jobs(const Driver *driver);
/* Runs the model over all rows and writes -o, whole or not at all. The same bytes for any number of jobs.
 * False after reporting. */
bool stream_run(Driver *driver, const lamina_model *compiled, TensorRows *rows);

#endif
