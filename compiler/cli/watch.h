/* Watch: a thread beside the command. It removes what the command was about to write when the user interrupts
 * it, and shows on a terminal what takes long. All that it knows is here: no state outlives the command.
 */
#ifndef LAMINA_CLI_WATCH_H
#define LAMINA_CLI_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/temporary.h"

typedef struct Watch Watch;

/* From here on SIGINT, SIGTERM and SIGHUP are the watch's. NULL where there are no threads: then all is as
 * before. */
Watch *watch_start(void);
/* Ends the thread, and with it what it shows. NULL is allowed, here and below. */
void watch_stop(Watch *watch);
/* What to remove. */
Temporaries *watch_temporaries(Watch *watch);

/* What is being done, "reading the weights"; shown on a terminal once the command has taken half a second.
 * The text is kept. NULL: nothing that is to be shown. */
void watch_stage(Watch *watch, const char *what);
/* How far it is; `total` 0: not known. Any thread may call this. */
void watch_progress(Watch *watch, size_t done, size_t total);

#endif
