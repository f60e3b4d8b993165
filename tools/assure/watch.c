/* Keeps a copy of all that a program writes, with the name of where to, and stops it where it ends: so that somebody
   else can look at its memory. For LD_PRELOAD; WATCH_LOG is the file, WATCH_PROGRAM the only program that is watched. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int record = -1;

static void stop(int status, void *nothing) {
    (void)status, (void)nothing;
    /* To this very thread: another one would stop too late. */
    if (record >= 0) syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), SIGSTOP);
}

__attribute__((constructor)) static void prepare(void) {
    char here[4096] = "";
    const char *file = getenv("WATCH_LOG"), *program = getenv("WATCH_PROGRAM");
    if (!file || !program || readlink("/proc/self/exe", here, sizeof here - 1) < 0) return;
    if (strcmp(here, program)) return;
    long opened = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (opened < 0) return;
    /* Far from the numbers that the program closes or counts on. */
    record = (int)syscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900);
    syscall(SYS_close, opened);
    on_exit(stop, NULL);
}

static void keep(int file, const void *content, size_t count) {
    if (record < 0 || count == 0) return;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int problem = errno;
    ssize_t length = file <= 2 ? snprintf(path, sizeof path, "descriptor %d", file) : readlink(link, path, sizeof path);
    if (length > 0) {
        uint32_t sizes[2] = {(uint32_t)length, (uint32_t)count};
        struct iovec parts[3] = {{sizes, sizeof sizes}, {path, (size_t)length}, {(void *)content, count}};
        syscall(SYS_writev, record, parts, 3);
    }
    errno = problem;
}

static void keep_all(int file, const struct iovec *parts, int count) {
    for (int at = 0; at < count; at++) keep(file, parts[at].iov_base, parts[at].iov_len);
}

#define WRAP(name, parameters, arguments, kept)                          \
    ssize_t name parameters {                                            \
        static ssize_t(*real) parameters;                                \
        if (!real) real = (ssize_t(*) parameters)dlsym(RTLD_NEXT, #name); \
        kept;                                                            \
        return real arguments;                                           \
    }

WRAP(write, (int file, const void *content, size_t count), (file, content, count), keep(file, content, count))
WRAP(pwrite, (int file, const void *content, size_t count, off_t at), (file, content, count, at),
     keep(file, content, count))
WRAP(pwrite64, (int file, const void *content, size_t count, off64_t at), (file, content, count, at),
     keep(file, content, count))
WRAP(writev, (int file, const struct iovec *parts, int count), (file, parts, count), keep_all(file, parts, count))
WRAP(pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at),
     keep_all(file, parts, count))
WRAP(send, (int file, const void *content, size_t count, int flags), (file, content, count, flags),
     keep(file, content, count))
WRAP(sendto, (int file, const void *content, size_t count, int flags, const struct sockaddr *to, socklen_t size),
     (file, content, count, flags, to, size), keep(file, content, count))
WRAP(sendmsg, (int file, const struct msghdr *message, int flags), (file, message, flags),
     keep_all(file, message->msg_iov, (int)message->msg_iovlen))
