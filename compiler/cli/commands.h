/* The commands: each takes a driver with its options and returns the exit status. */
#ifndef LAMINA_CLI_COMMANDS_H
#define LAMINA_CLI_COMMANDS_H

#include "cli/driver.h"

enum { EXIT_FINE = 0, EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_BUG = 3 };

int command_compile(Driver *driver);
int command_run(Driver *driver);
int command_verify(Driver *driver);
int command_quantize(Driver *driver);
int command_convert(Driver *driver);
int command_check(Driver *driver);
int command_summary(Driver *driver);
int command_history(Driver *driver);
int command_plot(Driver *driver);
int command_profile(Driver *driver);
int command_explain(Driver *driver);
int command_list(Driver *driver);

/* Bad usage found after parsing: prints "lamina: error: ..." and gives EXIT_USAGE. */
int command_usage_error(const char *format, ...) DIAG_PRINTF(1, 2);

#endif
