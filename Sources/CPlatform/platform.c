#define _GNU_SOURCE
#include "CPlatform.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int sigilum_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int sigilum_openat(int folder, const char *name, int flags, mode_t mode) { return openat(folder, name, flags, mode); }

char **sigilum_environ(void) { return environ; }

int sigilum_rename_new(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int sigilum_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int sigilum_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

int sigilum_spawn_start_in(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

int sigilum_tighten(int folder, const char *name, uid_t owner) {
    /* O_PATH opens what its mode would not let us read, and never what a link leads to. */
    int file = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return -1;
    struct stat status;
    int result = fstat(file, &status), problem = errno;
    if (result == 0) {
        problem = S_ISLNK(status.st_mode) ? ELOOP
                : !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) ? EINVAL
                : status.st_uid != owner ? EPERM
                : S_ISREG(status.st_mode) && status.st_nlink != 1 ? EMLINK : 0;
        result = problem == 0 ? 0 : -1;
    }
    if (result == 0) {
        mode_t mode = status.st_mode & 0700;
        if ((mode & 0400) == 0) mode = S_ISDIR(status.st_mode) ? 0700 : 0600;
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        result = chmod(path, mode);
        problem = errno;
    }
    close(file);
    errno = problem;
    return result;
}

long sigilum_file_system(const char *path) {
    struct statfs found;
    return statfs(path, &found) == 0 ? (long)found.f_type : -1;
}

int sigilum_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
