/* For LD_PRELOAD: notes in the file JOURNAL, in their order, every call that changes a file or folder, with its bytes, and
   every call that waits for the disk. JOURNAL_LIES: those that wait are not noted, as of a disk that lies about them.

   A record is a line of words with tabs between, and then as many bytes as the last word says:
   W ino offset n | T ino size 0 | S ino 0 | C folder name ino 0 | M folder name ino 0 | L folder name ino 0
   R folder name folder name 0 | U folder name 0 | A n (what it wrote to standard output) | ! what 0 (cannot be replayed) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1, lies;

__attribute__((constructor)) static void prepare(void) {
    const char *file = getenv("JOURNAL");
    lies = getenv("JOURNAL_LIES") != NULL;
    if (!file) return;
    long opened = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    /* Far from the numbers that the program closes or counts on. */
    journal = opened < 0 ? -1 : (int)syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900);
    if (opened >= 0) syscall(SYS_close, opened);
}

static void note(const void *bytes, size_t count, const char *format, ...) {
    char line[1024];
    va_list more;
    va_start(more, format);
    int length = vsnprintf(line, sizeof line - 32, format, more);
    va_end(more);
    length += sprintf(line + length, "\t%zu\n", count);
    struct iovec parts[2] = {{line, (size_t)length}, {(void *)bytes, count}};
    if (journal >= 0) syscall(SYS_writev, journal, parts, count ? 2 : 1);
}

/* The number of an open regular file or folder; 0 for anything else. */
static unsigned long number(int descriptor, mode_t *kind) {
    struct stat there;
    if (fstat(descriptor, &there) != 0) return 0;
    if (kind) *kind = there.st_mode & S_IFMT;
    return S_ISREG(there.st_mode) || S_ISDIR(there.st_mode) ? there.st_ino : 0;
}

/* The folder that a path's last part is in, and that part. */
static unsigned long parent(int folder, const char *path, const char **name) {
    char above[512];
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path) strcpy(above, "/");
    struct stat there;
    return fstatat(folder, above, &there, 0) == 0 ? there.st_ino : 0;
}

static unsigned long named(int folder, const char *path) {
    struct stat there;
    return fstatat(folder, path, &there, AT_SYMLINK_NOFOLLOW) == 0 ? there.st_ino : 0;
}

#define REAL(type, name, parameters)                                              \
    static type (*real) parameters;                                               \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);
/* The call and its note in one, for all threads: the journal has the order in which the calls were made. */
#define NOTED(type, call, ...)                                                    \
    pthread_mutex_lock(&guard);                                                   \
    type result = call;                                                           \
    int saved = errno;                                                            \
    if (result >= 0) { __VA_ARGS__; }                                             \
    pthread_mutex_unlock(&guard);                                                 \
    errno = saved;                                                                \
    return result;

static void wrote(int descriptor, const void *bytes, ssize_t count, off_t offset) {
    mode_t kind = 0;
    unsigned long file = number(descriptor, &kind);
    if (descriptor == 1) note(bytes, (size_t)count, "A");
    else if (file && descriptor != 2 && count > 0) note(bytes, (size_t)count, "W\t%lu\t%ld", file, (long)offset);
}
/* Where the bytes went that `write` wrote last. */
static off_t before(int descriptor, ssize_t count) { return lseek(descriptor, 0, SEEK_CUR) - count; }

ssize_t write(int a, const void *b, size_t c) {
    REAL(ssize_t, write, (int, const void *, size_t))
    NOTED(ssize_t, real(a, b, c), wrote(a, b, result, before(a, result)))
}
ssize_t pwrite(int a, const void *b, size_t c, off_t d) {
    REAL(ssize_t, pwrite, (int, const void *, size_t, off_t))
    NOTED(ssize_t, real(a, b, c, d), wrote(a, b, result, d))
}
ssize_t pwrite64(int a, const void *b, size_t c, off64_t d) {
    REAL(ssize_t, pwrite64, (int, const void *, size_t, off64_t))
    NOTED(ssize_t, real(a, b, c, d), wrote(a, b, result, d))
}
ssize_t writev(int a, const struct iovec *b, int c) {
    REAL(ssize_t, writev, (int, const struct iovec *, int))
    NOTED(ssize_t, real(a, b, c), if (number(a, NULL)) note(NULL, 0, "!\twritev to a file"))
}
#define SYNC(name)                                                                \
    int name(int a) {                                                             \
        REAL(int, name, (int))                                                    \
        NOTED(int, real(a), if (!lies) note(NULL, 0, "S\t%lu", number(a, NULL)))  \
    }
SYNC(fsync)
SYNC(fdatasync)

#define SIZE(name, type, parameters, arguments)                                   \
    int name parameters {                                                         \
        REAL(int, name, parameters)                                               \
        NOTED(int, real arguments, struct stat there;                             \
              if (result == 0 && fstat(a, &there) == 0)                           \
                  note(NULL, 0, "T\t%lu\t%ld", (unsigned long)there.st_ino, (long)there.st_size)) \
    }
SIZE(ftruncate, off_t, (int a, off_t b), (a, b))
SIZE(ftruncate64, off64_t, (int a, off64_t b), (a, b))
SIZE(fallocate, off_t, (int a, int b, off_t c, off_t d), (a, b, c, d))
SIZE(fallocate64, off64_t, (int a, int b, off64_t c, off64_t d), (a, b, c, d))
SIZE(posix_fallocate, off_t, (int a, off_t b, off_t c), (a, b, c))
SIZE(posix_fallocate64, off64_t, (int a, off64_t b, off64_t c), (a, b, c))

static void renamed(int a, const char *b, int c, const char *d) {
    const char *from, *to;
    unsigned long left = parent(a, b, &from), right = parent(c, d, &to);
    note(NULL, 0, "R\t%lu\t%s\t%lu\t%s", left, from, right, to);
}
int rename(const char *a, const char *b) {
    REAL(int, rename, (const char *, const char *))
    NOTED(int, real(a, b), renamed(AT_FDCWD, a, AT_FDCWD, b))
}
int renameat(int a, const char *b, int c, const char *d) {
    REAL(int, renameat, (int, const char *, int, const char *))
    NOTED(int, real(a, b, c, d), renamed(a, b, c, d))
}
int renameat2(int a, const char *b, int c, const char *d, unsigned e) {
    REAL(int, renameat2, (int, const char *, int, const char *, unsigned))
    NOTED(int, real(a, b, c, d, e), renamed(a, b, c, d); if (e & RENAME_EXCHANGE) note(NULL, 0, "!\texchange"))
}

static void made(const char *kind, int folder, const char *path) {
    const char *name;
    unsigned long above = parent(folder, path, &name);
    note(NULL, 0, "%s\t%lu\t%s\t%lu", kind, above, name, named(folder, path));
}
static void gone(int folder, const char *path) {
    const char *name;
    unsigned long above = parent(folder, path, &name);
    note(NULL, 0, "U\t%lu\t%s", above, name);
}
int link(const char *a, const char *b) {
    REAL(int, link, (const char *, const char *))
    NOTED(int, real(a, b), made("L", AT_FDCWD, b))
}
int linkat(int a, const char *b, int c, const char *d, int e) {
    REAL(int, linkat, (int, const char *, int, const char *, int))
    NOTED(int, real(a, b, c, d, e), made("L", c, d))
}
int mkdir(const char *a, mode_t b) {
    REAL(int, mkdir, (const char *, mode_t))
    NOTED(int, real(a, b), made("M", AT_FDCWD, a))
}
int mkdirat(int a, const char *b, mode_t c) {
    REAL(int, mkdirat, (int, const char *, mode_t))
    NOTED(int, real(a, b, c), made("M", a, b))
}
int unlink(const char *a) {
    REAL(int, unlink, (const char *))
    NOTED(int, real(a), gone(AT_FDCWD, a))
}
int unlinkat(int a, const char *b, int c) {
    REAL(int, unlinkat, (int, const char *, int))
    NOTED(int, real(a, b, c), gone(a, b))
}
int rmdir(const char *a) {
    REAL(int, rmdir, (const char *))
    NOTED(int, real(a), gone(AT_FDCWD, a))
}

/* Only SQLite's -shm, which needs no disk, may be written through memory. */
void *mmap64(void *a, size_t b, int c, int d, int e, off64_t f) {
    REAL(void *, mmap64, (void *, size_t, int, int, int, off64_t))
    char of[64], target[512] = "";
    if (e >= 0 && (d & MAP_SHARED) && (c & PROT_WRITE) && number(e, NULL)) {
        snprintf(of, sizeof of, "/proc/self/fd/%d", e);
        long length = readlink(of, target, sizeof target - 1);
        if (length < 4 || strcmp(target + length - 4, "-shm") != 0) note(NULL, 0, "!\tmapped for writing");
    }
    return real(a, b, c, d, e, f);
}
void *mmap(void *a, size_t b, int c, int d, int e, off_t f) { return mmap64(a, b, c, d, e, f); }

#define OPENING(folder, ...)                                                      \
    mode_t mode = 0;                                                              \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                        \
        va_list more;                                                             \
        va_start(more, flags);                                                    \
        mode = va_arg(more, mode_t);                                              \
        va_end(more);                                                             \
    }                                                                             \
    if (!(flags & (O_CREAT | O_TRUNC | O_DSYNC))) return real(__VA_ARGS__, mode); \
    pthread_mutex_lock(&guard);                                                   \
    unsigned long there = named(folder, path);                                    \
    int result = real(__VA_ARGS__, mode);                                         \
    int saved = errno;                                                            \
    if (result >= 0 && (flags & O_DSYNC)) note(NULL, 0, "!\tO_DSYNC");            \
    if (result >= 0 && !there) made("C", folder, path);                           \
    if (result >= 0 && there && (flags & O_TRUNC)) note(NULL, 0, "T\t%lu\t0", number(result, NULL)); \
    pthread_mutex_unlock(&guard);                                                 \
    errno = saved;                                                                \
    return result;
int open(const char *path, int flags, ...) {
    REAL(int, open, (const char *, int, ...))
    OPENING(AT_FDCWD, path, flags)
}
int open64(const char *path, int flags, ...) {
    REAL(int, open64, (const char *, int, ...))
    OPENING(AT_FDCWD, path, flags)
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(int, openat, (int, const char *, int, ...))
    OPENING(folder, folder, path, flags)
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(int, openat64, (int, const char *, int, ...))
    OPENING(folder, folder, path, flags)
}
