/* An attacker in a folder: puts links, pipes and files of its own in the place of a name, as fast as it can, looks at
   all that lies there in between, and counts. Loaded by a process that has become another user. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct count {
    _Atomic uint64_t rounds, secrets, wide;
    _Atomic int stop;
};

static const char *const spare = ".flip";

/* Whether a file may be read and has the mark in it; counts files of the victim's that others may use. */
static void look(int folder, const char *name, const char *mark, uid_t victim, struct count *count) {
    struct stat status;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)
        && status.st_uid == victim && victim != geteuid() && (status.st_mode & 077))
        atomic_fetch_add(&count->wide, 1);
    if (victim == geteuid()) return;
    int file = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) return;
    char content[4096];
    ssize_t got = read(file, content, sizeof content);
    if (got > 0 && memmem(content, (size_t)got, mark, strlen(mark))) atomic_fetch_add(&count->secrets, 1);
    close(file);
}

static void look_at_all(int folder, const char *mark, uid_t victim, struct count *count) {
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again < 0 ? NULL : fdopendir(again);
    for (struct dirent *entry; list && (entry = readdir(list));)
        if (entry->d_name[0] != '.' || strstr(entry->d_name, ".tmp")) look(folder, entry->d_name, mark, victim, count);
    if (list) closedir(list);
}

/* `precious` is a file of the victim's, `own` one of the attacker's that everybody may write. */
void flip(const char *path, const char *name, const char *precious, const char *own, const char *mark, uid_t victim,
          struct count *count, unsigned seed) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pipe_end = -1;
    if (folder < 0) return;
    while (!atomic_load(&count->stop)) {
        unlinkat(folder, spare, 0);
        int kind = (int)(rand_r(&seed) % 8), made = -1;
        if (kind == 0) made = symlinkat(precious, folder, spare);
        if (kind == 1) made = linkat(AT_FDCWD, victim == geteuid() ? precious : own, folder, spare, 0);
        if (kind == 2 && (made = mkfifoat(folder, spare, 0666)) == 0) {
            fchmodat(folder, spare, 0666, 0);
            if (pipe_end >= 0) close(pipe_end);
            pipe_end = openat(folder, spare, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        }
        if (kind == 3) {
            int file = openat(folder, spare, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (file >= 0 && fchmod(file, victim == geteuid() ? 0600 : 0666) == 0) made = 0;
            if (file >= 0) close(file);
        }
        if (kind == 4) {
            /* What the name leads to is not there: whoever makes files through links makes it. */
            char missing[4096];
            snprintf(missing, sizeof missing, "%s.new", precious);
            made = symlinkat(missing, folder, spare);
        }
        if (kind == 5) unlinkat(folder, name, 0);
        if (kind == 6) {
            mkdirat(folder, name, 0777);
            unlinkat(folder, name, AT_REMOVEDIR);
        }
        if (made == 0) renameat(folder, spare, folder, name);
        look(folder, name, mark, victim, count);
        if (pipe_end >= 0) {
            char content[4096];
            ssize_t got = read(pipe_end, content, sizeof content);
            if (got > 0 && memmem(content, (size_t)got, mark, strlen(mark))) atomic_fetch_add(&count->secrets, 1);
        }
        if (atomic_fetch_add(&count->rounds, 1) % 64 == 0) look_at_all(folder, mark, victim, count);
        /* Sometimes what is there stays for as long as the victim needs to go on. */
        if (rand_r(&seed) % 8 == 0) usleep(rand_r(&seed) % 1000);
    }
    unlinkat(folder, spare, 0);
    if (pipe_end >= 0) close(pipe_end);
    close(folder);
}

/* Swaps a folder and a link, again and again. */
void swap(const char *path, const char *one, const char *other, struct count *count, unsigned seed) {
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return;
    while (!atomic_load(&count->stop)) {
        renameat2(folder, one, folder, other, RENAME_EXCHANGE);
        atomic_fetch_add(&count->rounds, 1);
        if (rand_r(&seed) % 8 == 0) usleep(rand_r(&seed) % 300);
    }
    close(folder);
}
