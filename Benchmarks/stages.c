/* Where the time of a call goes: preloaded, notes when the program makes the calls that part its stages, and writes them at its end
 * into the file that STAGES names, a line each: nanoseconds of the monotonic clock, the call, and what it is about.
 *
 *   cc -O2 -shared -fPIC -o stages.so Benchmarks/stages.c
 *   STAGES=file LD_PRELOAD=./stages.so sigilum vault get NAME --reveal-secrets
 *
 * The first line is of its own start: the kernel and the dynamic linker are done then. It is for what runs on one thread, as `get` does.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, WIDTH = 48 };

static struct {
    long long when;
    const char *call;
    char about[WIDTH];
} notes[MOST];
static int count;

/* The end of a path, or the number of a descriptor. */
static void note(const char *call, const char *about) {
    struct timespec now;
    if (count == MOST) return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notes[count].when = now.tv_sec * 1000000000LL + now.tv_nsec;
    notes[count].call = call;
    size_t length = strlen(about);
    if (length >= WIDTH) about += length - WIDTH + 1;
    strcpy(notes[count++].about, about);
}

static void note_number(const char *call, int number) {
    char text[12];
    snprintf(text, sizeof text, "%d", number);
    note(call, text);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) { note("start", ""); }

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("STAGES");
    note("end", "");
    if (!path) return;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int index = 0; index < count; index++)
        dprintf(file, "%lld %s %s\n", notes[index].when, notes[index].call, notes[index].about);
}

#define OPENING(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, mode_t); \
        va_end(list); \
        note("open", path); \
        return real(path, flags, mode); \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = va_arg(list, mode_t); \
        va_end(list); \
        note("open", path); \
        return real(folder, path, flags, mode); \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
    REAL(pwrite64);
    note_number("pwrite", file);
    return real(file, bytes, length, offset);
}

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    note_number("write", file);
    ssize_t written = real(file, bytes, length);
    note_number("written", file);
    return written;
}

#define SYNCING(name) \
    int name(int file) { \
        REAL(name); \
        note_number(#name, file); \
        int result = real(file); \
        note_number("synced", file); \
        return result; \
    }
SYNCING(fdatasync)
SYNCING(fsync)
