#define _GNU_SOURCE
#include "CPlatform.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
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

unsigned int sigilum_file_system(const char *path) {
    struct statfs system;
    return statfs(path, &system) == 0 ? (unsigned int)system.f_type : 0;
}
