/// The source of a library for `LD_PRELOAD` that ends a program with SIGKILL at one of its calls that write.
enum KillLibrarySource {
    /// Counts the calls of all threads together. `KILL_AT`: the number of the call to die at; `KILL_SIDE`: `before` or
    /// `after` it; `KILL_LOG`: a file that gets the name of each call; `KILL_ONLY`: the names that count, each between
    /// two commas.
    static let text = #"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <signal.h>
        #include <stdarg.h>
        #include <stdatomic.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <unistd.h>

        static atomic_long calls;
        static long victim;
        static int after;
        static int record = -1;
        /* Names between commas, of the calls that count; none: all. */
        static char only[256];

        __attribute__((constructor)) static void prepare(void) {
            const char *at = getenv("KILL_AT"), *side = getenv("KILL_SIDE"), *file = getenv("KILL_LOG");
            victim = at ? atol(at) : 0;
            after = side && strcmp(side, "after") == 0;
            const char *names = getenv("KILL_ONLY");
            if (names && strlen(names) < sizeof only) strcpy(only, names);
            if (file) {
                long opened = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
                /* Far from the numbers that the program closes or counts on. */
                record = opened < 0 ? -1 : (int)syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900);
                if (opened >= 0) syscall(SYS_close, opened);
            }
        }

        static void die(void) {
            syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
            for (;;) pause();
        }

        static int counts(const char *name) {
            if (!only[0]) return 1;
            size_t length = strlen(name);
            for (const char *at = strstr(only, name); at; at = strstr(at + 1, name))
                if (at > only && at[-1] == ',' && at[length] == ',') return 1;
            return 0;
        }

        /* The number of the call, from 1; 0 for one that does not count. */
        static long enter(const char *name) {
            if (!counts(name)) return 0;
            long number = atomic_fetch_add(&calls, 1) + 1;
            if (record >= 0) {
                char line[64];
                size_t length = strlen(name);
                memcpy(line, name, length);
                line[length] = '\n';
                syscall(SYS_write, record, line, length + 1);
            }
            if (number == victim && !after) die();
            return number;
        }

        static void leave(long number) {
            if (number && number == victim && after) die();
        }

        #define WRAP(type, name, parameters, arguments)                                        \
            type name parameters {                                                             \
                static type (*_Atomic real) parameters;                                        \
                if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);                 \
                long number = enter(#name);                                                    \
                type result = real arguments;                                                  \
                int saved = errno;                                                             \
                leave(number);                                                                 \
                errno = saved;                                                                 \
                return result;                                                                 \
            }

        WRAP(ssize_t, write, (int a, const void *b, size_t c), (a, b, c))
        WRAP(ssize_t, writev, (int a, const struct iovec *b, int c), (a, b, c))
        WRAP(ssize_t, pwrite, (int a, const void *b, size_t c, off_t d), (a, b, c, d))
        WRAP(ssize_t, pwrite64, (int a, const void *b, size_t c, off64_t d), (a, b, c, d))
        WRAP(ssize_t, pwritev, (int a, const struct iovec *b, int c, off_t d), (a, b, c, d))
        WRAP(ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d))
        WRAP(ssize_t, sendto, (int a, const void *b, size_t c, int d, const struct sockaddr *e, socklen_t f),
             (a, b, c, d, e, f))
        WRAP(ssize_t, sendmsg, (int a, const struct msghdr *b, int c), (a, b, c))
        WRAP(int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
        WRAP(int, fsync, (int a), (a))
        WRAP(int, fdatasync, (int a), (a))
        WRAP(int, ftruncate, (int a, off_t b), (a, b))
        WRAP(int, ftruncate64, (int a, off64_t b), (a, b))
        WRAP(int, fallocate, (int a, int b, off_t c, off_t d), (a, b, c, d))
        WRAP(int, posix_fallocate, (int a, off_t b, off_t c), (a, b, c))
        WRAP(int, rename, (const char *a, const char *b), (a, b))
        WRAP(int, renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
        WRAP(int, renameat2, (int a, const char *b, int c, const char *d, unsigned e), (a, b, c, d, e))
        WRAP(int, link, (const char *a, const char *b), (a, b))
        WRAP(int, linkat, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e))
        WRAP(int, symlinkat, (const char *a, int b, const char *c), (a, b, c))
        WRAP(int, unlink, (const char *a), (a))
        WRAP(int, unlinkat, (int a, const char *b, int c), (a, b, c))
        WRAP(int, mkdir, (const char *a, mode_t b), (a, b))
        WRAP(int, mkdirat, (int a, const char *b, mode_t c), (a, b, c))
        WRAP(int, rmdir, (const char *a), (a))
        WRAP(int, chmod, (const char *a, mode_t b), (a, b))
        WRAP(int, fchmod, (int a, mode_t b), (a, b))
        WRAP(int, fchmodat, (int a, const char *b, mode_t c, int d), (a, b, c, d))
        WRAP(int, fchown, (int a, uid_t b, gid_t c), (a, b, c))
        WRAP(int, fchownat, (int a, const char *b, uid_t c, gid_t d, int e), (a, b, c, d, e))
        WRAP(int, mknodat, (int a, const char *b, mode_t c, dev_t d), (a, b, c, d))
        WRAP(int, utimensat, (int a, const char *b, const struct timespec c[2], int d), (a, b, c, d))
        WRAP(int, futimens, (int a, const struct timespec b[2]), (a, b))

        #define WRAP_OPEN(name, parameters, arguments)                                         \
            int name parameters {                                                              \
                static int (*_Atomic real)(OPEN_TYPES, ...);                                   \
                if (!real) real = (int (*)(OPEN_TYPES, ...))dlsym(RTLD_NEXT, #name);           \
                mode_t mode = 0;                                                               \
                if (flags & (O_CREAT | __O_TMPFILE)) {                                         \
                    va_list more;                                                              \
                    va_start(more, flags);                                                     \
                    mode = va_arg(more, mode_t);                                               \
                    va_end(more);                                                              \
                }                                                                              \
                if (!(flags & (O_CREAT | O_TRUNC))) return real arguments;                     \
                long number = enter(#name);                                                    \
                int result = real arguments;                                                   \
                int saved = errno;                                                             \
                leave(number);                                                                 \
                errno = saved;                                                                 \
                return result;                                                                 \
            }

        #define OPEN_TYPES const char *, int
        WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
        WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
        #undef OPEN_TYPES
        #define OPEN_TYPES int, const char *, int
        WRAP_OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
        WRAP_OPEN(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

        """#
}
