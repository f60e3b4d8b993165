#ifndef SIGILUM_CPLATFORM_H
#define SIGILUM_CPLATFORM_H
/* The few calls of Linux that Swift cannot make by itself because they take a variable number of arguments. */
#include <sys/types.h>

/* prctl(PR_SET_DUMPABLE, 0): no core file, and no other process of the same user may attach. 0 or -1 with errno. */
int sigilum_forbid_dumps(void);

/* openat(2) with its mode. A descriptor or -1 with errno. */
int sigilum_openat(int folder, const char *name, int flags, mode_t mode);

/* The start of the environment block, for wiping values in place. */
char **sigilum_environ(void);

/* Stops the echo of a terminal and hands over bytes as they are typed; keyboard suspension is off meanwhile. A signal
   that ends the process puts the terminal back first. One terminal at a time. 0, or -1 with errno. */
int sigilum_terminal_hide(int terminal);

/* Puts the terminal back, drops what was typed and not read, and gives the signals their handlers back. */
void sigilum_terminal_show(void);

#endif
