/* Waits a moment before each call that names a file: the window of a race is as wide as it can be. For LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void moment(void) {
    static _Thread_local unsigned seed;
    if (!seed) seed = (unsigned)getpid() ^ (unsigned)time(NULL);
    struct timespec wait = {0, (long)(rand_r(&seed) % 200) * 1000};
    nanosleep(&wait, NULL);
}

#define WRAP(type, name, parameters, arguments)                    \
    type name parameters {                                         \
        static type(*real) parameters;                             \
        if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name); \
        moment();                                                  \
        return real arguments;                                     \
    }

int openat(int folder, const char *name, int flags, ...) {
    static int (*real)(int, const char *, int, ...);
    if (!real) real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    moment();
    return real(folder, name, flags, mode);
}

WRAP(int, renameat, (int from, const char *old, int to, const char *name), (from, old, to, name))
WRAP(int, renameat2, (int from, const char *old, int to, const char *name, unsigned flags),
     (from, old, to, name, flags))
WRAP(int, linkat, (int from, const char *old, int to, const char *name, int flags), (from, old, to, name, flags))
WRAP(int, unlinkat, (int folder, const char *name, int flags), (folder, name, flags))
WRAP(int, fstatat, (int folder, const char *name, struct stat *status, int flags), (folder, name, status, flags))
WRAP(int, fchmod, (int file, mode_t mode), (file, mode))
