/* The command line: one function per command, an exit status as CONTRACT says (0 fine, 1 wrong input, 2 bad
 * usage, 3 a bug in Lamina). */
#ifndef LAMINA_CLI_CLI_H
#define LAMINA_CLI_CLI_H

int cli_main(int argc, char **argv);

#endif
