/* Defects that are planted without building anything: calls of the program that do what a mistake in it would. For
   LD_PRELOAD; SIGILUM_PLANTED names the one that is on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_on(const char *name) {
    const char *wanted = getenv("SIGILUM_PLANTED");
    return wanted && strcmp(wanted, name) == 0;
}

#define REAL(type, name, parameters) \
    static type(*real) parameters;   \
    if (!real) real = (type(*) parameters)dlsym(RTLD_NEXT, #name);

/* No MAC, hash or commitment is compared. */
int sodium_memcmp(const void *one, const void *other, size_t count) {
    REAL(int, sodium_memcmp, (const void *, const void *, size_t))
    return is_on("nothing-compared") ? 0 : real(one, other, count);
}

/* What was in guarded memory is printed, or stays in a copy that nobody wipes. */
static struct { void *base; size_t count; } held[1 << 14];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

void *sodium_malloc(size_t count) {
    REAL(void *, sodium_malloc, (size_t))
    void *base = real(count);
    pthread_mutex_lock(&guard);
    for (size_t at = 0; base && at < sizeof held / sizeof *held; at++)
        if (!held[at].base) {
            held[at].base = base, held[at].count = count;
            break;
        }
    pthread_mutex_unlock(&guard);
    return base;
}

void sodium_free(void *base) {
    REAL(void, sodium_free, (void *))
    int (*open)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "sodium_mprotect_readonly");
    size_t count = 0;
    pthread_mutex_lock(&guard);
    for (size_t at = 0; base && at < sizeof held / sizeof *held; at++)
        if (held[at].base == base) {
            count = held[at].count, held[at].base = NULL;
            break;
        }
    pthread_mutex_unlock(&guard);
    if (count && (is_on("leak-memory") || is_on("leak-error")) && open(base) == 0) {
        void *copy = malloc(count);
        if (copy) memcpy(copy, base, count);
        if (copy && is_on("leak-error")) (void)!write(2, copy, count);
    }
    real(base);
}

/* Core files are not forbidden. */
int prctl(int option, ...) {
    REAL(int, prctl, (int, unsigned long, unsigned long, unsigned long, unsigned long))
    if (option == PR_SET_DUMPABLE && is_on("leak-core")) return 0;
    va_list list;
    va_start(list, option);
    unsigned long more[4];
    for (int at = 0; at < 4; at++) more[at] = va_arg(list, unsigned long);
    va_end(list);
    return real(option, more[0], more[1], more[2], more[3]);
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
    REAL(int, setrlimit, (__rlimit_resource_t, const struct rlimit *))
    return resource == RLIMIT_CORE && is_on("leak-core") ? 0 : real(resource, limit);
}

/* The anchor is not looked at; a file that is made may be read by all. */
int openat(int folder, const char *name, int flags, ...) {
    REAL(int, openat, (int, const char *, int, ...))
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (strstr(name, "/anchors") && is_on("no-anchor")) {
        errno = ENOENT;
        return -1;
    }
    int file = real(folder, name, flags, mode);
    if (file >= 0 && flags & O_CREAT && is_on("race-mode")) {
        int (*change)(int, mode_t) = (int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod");
        change(file, 0644);
    }
    return file;
}

int fchmod(int file, mode_t mode) {
    REAL(int, fchmod, (int, mode_t))
    return is_on("race-mode") ? 0 : real(file, mode);
}

static void copy_to(int folder, const char *from, const char *name, int flags) {
    char content[1 << 16];
    int old = openat(folder, from, O_RDONLY | O_CLOEXEC), new = openat(folder, name, flags | O_CLOEXEC, 0600);
    ssize_t got = old < 0 ? -1 : read(old, content, sizeof content);
    if (new >= 0 && got > 0) (void)!write(new, content, (size_t)got);
    if (old >= 0) close(old);
    if (new >= 0) close(new);
}

/* A file is written in its place, through links; a copy stays beside it. */
int renameat(int folder, const char *old, int to, const char *name) {
    REAL(int, renameat, (int, const char *, int, const char *))
    if (is_on("race-follow")) {
        copy_to(folder, old, name, O_WRONLY | O_CREAT | O_TRUNC);
        return unlinkat(folder, old, 0);
    }
    if (is_on("leak-file")) {
        char copy[300];
        snprintf(copy, sizeof copy, "%.290s~", name);
        copy_to(folder, old, copy, O_WRONLY | O_CREAT);
    }
    return real(folder, old, to, name);
}

/* `restore` leaves out a version: the first row of bodies. */
int sqlite3_step(void *statement) {
    REAL(int, sqlite3_step, (void *))
    static const char *(*text)(void *);
    static int rows;
    if (!text) text = (const char *(*)(void *))dlsym(RTLD_NEXT, "sqlite3_sql");
    const char *sql = is_on("restore") ? text(statement) : NULL;
    if (sql && strstr(sql, "INSERT INTO body")) {
        char words[4096] = "";
        int file = openat(AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
        ssize_t got = read(file, words, sizeof words - 1);
        close(file);
        /* 101 is SQLITE_DONE. */
        if (got > 0 && memmem(words, (size_t)got, "restore", 7) && ++rows == 1) return 101;
    }
    return real(statement);
}
