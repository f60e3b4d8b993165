/* For LD_PRELOAD: counts the calls of a program, on all its threads together, and lets one of them go wrong.

   FAULT_LOG   a file that gets a line for each call that counts: its name and what it is about
   FAULT_AT    the number of the call, from 1; 0: none
   FAULT_DO    before, after: SIGKILL there; half: SIGKILL when half of the bytes are written; short: half of the bytes;
               lie: nothing is done, and said to be done;
               a number: the call fails with this errno. A + behind the number: so do all later calls of its kind
   FAULT_WIDE  count not only calls that write, but whatever can fail: opening, reading, locking, mapping, closing
   FAULT_ONLY  count calls of this name alone

   A program that becomes another (execve) goes on counting: FAULT_BEGUN, which is set here, has the calls so far, and the kind
   that goes on failing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* Kinds: SPACE is what a full disk refuses, READ gives bytes, OPEN makes descriptors, RUNTIME those of the tasks' runtime, SOCKET talks, OTHER is the
   rest. */
enum { SPACE, READ, OPEN, RUNTIME, SOCKET, OTHER };
enum { NOTHING, BEFORE, AFTER, HALF, SHORT, LIE, FAIL };

static atomic_long calls;
static long victim;
static int deed, code, stays, wide, record = -1;
static atomic_int struck = -1;
static const char *only;
static char begun[64];

__attribute__((constructor)) static void prepare(void) {
    const char *at = getenv("FAULT_AT"), *what = getenv("FAULT_DO"), *file = getenv("FAULT_LOG");
    victim = at ? atol(at) : 0;
    wide = getenv("FAULT_WIDE") != NULL;
    only = getenv("FAULT_ONLY");
    const char *before = getenv("FAULT_BEGUN");
    if (before) {
        long made = 0;
        int failing = -1;
        sscanf(before, "%ld %d", &made, &failing);
        calls = made;
        struck = failing;
    }
    if (what) {
        deed = !strcmp(what, "before") ? BEFORE : !strcmp(what, "after") ? AFTER : !strcmp(what, "half") ? HALF
            : !strcmp(what, "short") ? SHORT : !strcmp(what, "lie") ? LIE : FAIL;
        code = atoi(what);
        stays = strchr(what, '+') != NULL;
    }
    if (file) {
        long opened = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        /* Far from the numbers that the program closes or counts on. */
        record = opened < 0 ? -1 : (int)syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900);
        if (opened >= 0) syscall(SYS_close, opened);
    }
}

static void die(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) syscall(SYS_pause);
}

/* A call that is being made: what is to happen to it. */
struct call { int deed; };

static struct call enter(const char *name, int kind, int counts, int descriptor, const char *path) {
    struct call call = {NOTHING};
    /* libdispatch looks there, now and then, whether its threads run, and ends the process where it cannot. */
    if (path && !strncmp(path, "/proc/", 6) && strstr(path, "/stat")) return call;
    if (struck >= 0 && struck == kind && descriptor != 1 && descriptor != 2) call.deed = FAIL;
    if (!counts || (only && strcmp(only, name))) return call;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (record >= 0) {
        char line[512], of[64];
        char target[256] = "";
        if (path) {
            snprintf(target, sizeof target, "%s", path);
        } else if (descriptor >= 0) {
            snprintf(of, sizeof of, "/proc/self/fd/%d", descriptor);
            long length = syscall(SYS_readlinkat, AT_FDCWD, of, target, sizeof target - 1);
            target[length > 0 ? length : 0] = 0;
        }
        int length = snprintf(line, sizeof line, "%s\t%d\t%s\n", name, descriptor, target);
        syscall(SYS_write, record, line, (size_t)length);
    }
    if (number == victim) {
        call.deed = deed;
        if (deed == FAIL && stays) struck = kind;
    }
    if (call.deed == BEFORE) die();
    return call;
}

static void leave(struct call call) {
    if (call.deed == AFTER || call.deed == HALF) {
        int saved = errno;
        die();
        errno = saved;
    }
}

#define REAL(type, name, parameters)                                              \
    static type (*_Atomic real) parameters;                                       \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);

/* `wide_only`: counts under FAULT_WIDE alone. `bad` is what a failed call returns. */
#define WRAP(type, name, kind, wide_only, bad, descriptor, path, parameters, arguments) \
    type name parameters {                                                        \
        REAL(type, name, parameters)                                              \
        struct call call = enter(#name, kind, wide || !(wide_only), descriptor, path); \
        if (call.deed == FAIL) { errno = code; return bad; }                      \
        type result = real arguments;                                             \
        leave(call);                                                              \
        return result;                                                            \
    }
/* The same of calls with a count of bytes `n`, of which half can be done. */
#define WRAP_BYTES(name, kind, wide_only, descriptor, parameters, arguments)      \
    ssize_t name parameters {                                                     \
        REAL(ssize_t, name, parameters)                                           \
        struct call call = enter(#name, kind, wide || !(wide_only), descriptor, NULL); \
        if (call.deed == FAIL) { errno = code; return -1; }                       \
        if (call.deed == LIE) return (ssize_t)n;                                  \
        if ((call.deed == HALF || call.deed == SHORT) && n > 1) n /= 2;           \
        ssize_t result = real arguments;                                          \
        leave(call);                                                              \
        return result;                                                            \
    }

WRAP_BYTES(write, SPACE, 0, a, (int a, const void *b, size_t n), (a, b, n))
WRAP_BYTES(pwrite, SPACE, 0, a, (int a, const void *b, size_t n, off_t d), (a, b, n, d))
WRAP_BYTES(pwrite64, SPACE, 0, a, (int a, const void *b, size_t n, off64_t d), (a, b, n, d))
WRAP_BYTES(writev, SPACE, 0, a, (int a, const struct iovec *b, int n), (a, b, n))
WRAP_BYTES(pwritev, SPACE, 0, a, (int a, const struct iovec *b, int n, off_t d), (a, b, n, d))
WRAP_BYTES(send, SOCKET, 0, a, (int a, const void *b, size_t n, int d), (a, b, n, d))
WRAP_BYTES(sendto, SOCKET, 0, a, (int a, const void *b, size_t n, int d, const struct sockaddr *e, socklen_t f),
           (a, b, n, d, e, f))
WRAP(ssize_t, sendmsg, SOCKET, 0, -1, a, NULL, (int a, const struct msghdr *b, int c), (a, b, c))
WRAP(int, sendmmsg, SOCKET, 0, -1, a, NULL, (int a, struct mmsghdr *b, unsigned c, int d), (a, b, c, d))
WRAP(ssize_t, sendfile, SPACE, 0, -1, a, NULL, (int a, int b, off_t *c, size_t d), (a, b, c, d))
WRAP(ssize_t, copy_file_range, SPACE, 0, -1, c, NULL, (int a, off64_t *b, int c, off64_t *d, size_t e, unsigned f),
     (a, b, c, d, e, f))
WRAP(int, connect, SOCKET, 0, -1, a, NULL, (int a, const struct sockaddr *b, socklen_t c), (a, b, c))
WRAP(int, shutdown, SOCKET, 0, -1, a, NULL, (int a, int b), (a, b))
WRAP(int, fsync, SPACE, 0, -1, a, NULL, (int a), (a))
WRAP(int, fdatasync, SPACE, 0, -1, a, NULL, (int a), (a))
WRAP(int, sync_file_range, SPACE, 0, -1, a, NULL, (int a, off64_t b, off64_t c, unsigned d), (a, b, c, d))
WRAP(int, ftruncate, SPACE, 0, -1, a, NULL, (int a, off_t b), (a, b))
WRAP(int, ftruncate64, SPACE, 0, -1, a, NULL, (int a, off64_t b), (a, b))
WRAP(int, fallocate, SPACE, 0, -1, a, NULL, (int a, int b, off_t c, off_t d), (a, b, c, d))
WRAP(int, fallocate64, SPACE, 0, -1, a, NULL, (int a, int b, off64_t c, off64_t d), (a, b, c, d))
WRAP(int, posix_fallocate, SPACE, 0, code, a, NULL, (int a, off_t b, off_t c), (a, b, c))
WRAP(int, posix_fallocate64, SPACE, 0, code, a, NULL, (int a, off64_t b, off64_t c), (a, b, c))
WRAP(int, rename, SPACE, 0, -1, -1, b, (const char *a, const char *b), (a, b))
WRAP(int, renameat, SPACE, 0, -1, -1, d, (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(int, renameat2, SPACE, 0, -1, -1, d, (int a, const char *b, int c, const char *d, unsigned e), (a, b, c, d, e))
WRAP(int, link, SPACE, 0, -1, -1, b, (const char *a, const char *b), (a, b))
WRAP(int, linkat, SPACE, 0, -1, -1, d, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e))
WRAP(int, symlink, SPACE, 0, -1, -1, b, (const char *a, const char *b), (a, b))
WRAP(int, symlinkat, SPACE, 0, -1, -1, c, (const char *a, int b, const char *c), (a, b, c))
WRAP(int, unlink, SPACE, 0, -1, -1, a, (const char *a), (a))
WRAP(int, unlinkat, SPACE, 0, -1, -1, b, (int a, const char *b, int c), (a, b, c))
WRAP(int, remove, SPACE, 0, -1, -1, a, (const char *a), (a))
WRAP(int, rmdir, SPACE, 0, -1, -1, a, (const char *a), (a))
WRAP(int, mkdir, SPACE, 0, -1, -1, a, (const char *a, mode_t b), (a, b))
WRAP(int, mkdirat, SPACE, 0, -1, -1, b, (int a, const char *b, mode_t c), (a, b, c))
WRAP(int, mknodat, SPACE, 0, -1, -1, b, (int a, const char *b, mode_t c, dev_t d), (a, b, c, d))
WRAP(int, chmod, SPACE, 0, -1, -1, a, (const char *a, mode_t b), (a, b))
WRAP(int, fchmod, SPACE, 0, -1, a, NULL, (int a, mode_t b), (a, b))
WRAP(int, fchmodat, SPACE, 0, -1, -1, b, (int a, const char *b, mode_t c, int d), (a, b, c, d))
WRAP(int, chown, SPACE, 0, -1, -1, a, (const char *a, uid_t b, gid_t c), (a, b, c))
WRAP(int, fchown, SPACE, 0, -1, a, NULL, (int a, uid_t b, gid_t c), (a, b, c))
WRAP(int, fchownat, SPACE, 0, -1, -1, b, (int a, const char *b, uid_t c, gid_t d, int e), (a, b, c, d, e))
WRAP(int, utimensat, SPACE, 0, -1, -1, b, (int a, const char *b, const struct timespec c[2], int d), (a, b, c, d))
WRAP(int, futimens, SPACE, 0, -1, a, NULL, (int a, const struct timespec b[2]), (a, b))

WRAP_BYTES(read, READ, 1, a, (int a, void *b, size_t n), (a, b, n))
WRAP_BYTES(pread, READ, 1, a, (int a, void *b, size_t n, off_t d), (a, b, n, d))
WRAP_BYTES(pread64, READ, 1, a, (int a, void *b, size_t n, off64_t d), (a, b, n, d))
WRAP(int, fstat, OTHER, 1, -1, a, NULL, (int a, struct stat *b), (a, b))
WRAP(int, fstat64, OTHER, 1, -1, a, NULL, (int a, struct stat64 *b), (a, b))
WRAP(int, stat, OTHER, 1, -1, -1, a, (const char *a, struct stat *b), (a, b))
WRAP(int, stat64, OTHER, 1, -1, -1, a, (const char *a, struct stat64 *b), (a, b))
WRAP(int, lstat, OTHER, 1, -1, -1, a, (const char *a, struct stat *b), (a, b))
WRAP(int, fstatat, OTHER, 1, -1, -1, b, (int a, const char *b, struct stat *c, int d), (a, b, c, d))
WRAP(int, flock, OTHER, 1, -1, a, NULL, (int a, int b), (a, b))
WRAP(void *, mmap, OTHER, 1, MAP_FAILED, e, NULL, (void *a, size_t b, int c, int d, int e, off_t f),
     (a, b, c, d, e, f))
WRAP(void *, mmap64, OTHER, 1, MAP_FAILED, e, NULL, (void *a, size_t b, int c, int d, int e, off64_t f),
     (a, b, c, d, e, f))
WRAP(int, mprotect, OTHER, 1, -1, -1, NULL, (void *a, size_t b, int c), (a, b, c))
WRAP(int, mlock, OTHER, 1, -1, -1, NULL, (const void *a, size_t b), (a, b))
WRAP(ssize_t, getrandom, OTHER, 1, -1, -1, NULL, (void *a, size_t b, unsigned c), (a, b, c))
WRAP(int, socket, OPEN, 1, -1, -1, NULL, (int a, int b, int c), (a, b, c))
WRAP(int, pipe, OPEN, 1, -1, -1, NULL, (int a[2]), (a))
WRAP(int, pipe2, OPEN, 1, -1, -1, NULL, (int a[2], int b), (a, b))
WRAP(int, dup, OPEN, 1, -1, a, NULL, (int a), (a))
/* The tasks' runtime makes these when it first needs them, and ends the process by a signal where it cannot: they do not go on
   failing with the others. */
WRAP(int, epoll_create1, RUNTIME, 1, -1, -1, NULL, (int a), (a))
WRAP(int, eventfd, RUNTIME, 1, -1, -1, NULL, (unsigned a, int b), (a, b))
WRAP(int, timerfd_create, RUNTIME, 1, -1, -1, NULL, (int a, int b), (a, b))
WRAP(int, memfd_create, OPEN, 1, -1, -1, a, (const char *a, unsigned b), (a, b))

/* The descriptor is gone whatever close says. */
int close(int a) {
    REAL(int, close, (int))
    struct call call = enter("close", OTHER, wide, a, NULL);
    int result = real(a);
    leave(call);
    if (call.deed == FAIL) { errno = code; return -1; }
    return result;
}

/* Locks of SQLite, and what makes descriptors; everything else passes. */
#define WRAP_FCNTL(name)                                                          \
    int name(int a, int b, ...) {                                                 \
        static int (*_Atomic real)(int, int, ...);                                \
        if (!real) real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, #name);        \
        va_list more;                                                             \
        va_start(more, b);                                                        \
        void *argument = va_arg(more, void *);                                    \
        va_end(more);                                                             \
        int locks = b == F_SETLK || b == F_SETLKW || b == F_OFD_SETLK || b == F_OFD_SETLKW; \
        int opens = b == F_DUPFD || b == F_DUPFD_CLOEXEC;                         \
        struct call call = enter(#name, opens ? OPEN : OTHER, wide && (locks || opens), a, NULL); \
        if (call.deed == FAIL) { errno = code; return -1; }                       \
        int result = real(a, b, argument);                                        \
        leave(call);                                                              \
        return result;                                                            \
    }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

/* A file that is there and only opened is written by nobody: it counts under FAULT_WIDE alone. */
#define OPENING(name, path, flags, ...)                                           \
    mode_t mode = 0;                                                              \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                        \
        va_list more;                                                             \
        va_start(more, flags);                                                    \
        mode = va_arg(more, mode_t);                                              \
        va_end(more);                                                             \
    }                                                                             \
    struct call call = enter(flags & O_CREAT ? name "+" : name, OPEN, wide || flags & (O_CREAT | O_TRUNC), -1, path); \
    if (call.deed == FAIL) { errno = code; return -1; }                           \
    int result = real(__VA_ARGS__, mode);                                         \
    leave(call);                                                                  \
    return result;
int open(const char *path, int flags, ...) {
    REAL(int, open, (const char *, int, ...))
    OPENING("open", path, flags, path, flags)
}
int open64(const char *path, int flags, ...) {
    REAL(int, open64, (const char *, int, ...))
    OPENING("open64", path, flags, path, flags)
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(int, openat, (int, const char *, int, ...))
    OPENING("openat", path, flags, folder, path, flags)
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(int, openat64, (int, const char *, int, ...))
    OPENING("openat64", path, flags, folder, path, flags)
}

int execve(const char *path, char *const arguments[], char *const variables[]) {
    REAL(int, execve, (const char *, char *const[], char *const[]))
    size_t count = 0;
    while (variables[count]) count++;
    char **more = malloc((count + 2) * sizeof *more);
    if (!more) abort();
    size_t kept = 0;
    for (size_t index = 0; index < count; index++)
        if (strncmp(variables[index], "FAULT_BEGUN=", 12)) more[kept++] = variables[index];
    snprintf(begun, sizeof begun, "FAULT_BEGUN=%ld %d", (long)calls, (int)struck);
    more[kept++] = begun;
    more[kept] = NULL;
    int result = real(path, arguments, more);
    free(more);
    return result;
}
