#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

int sigilum_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int sigilum_openat(int folder, const char *name, int flags, mode_t mode) { return openat(folder, name, flags, mode); }

char **sigilum_environ(void) { return environ; }
