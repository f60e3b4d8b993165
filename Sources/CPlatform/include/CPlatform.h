#ifndef SIGILUM_CPLATFORM_H
#define SIGILUM_CPLATFORM_H
/* The few calls of Linux that Swift cannot make by itself: they take a variable number of arguments, or glibc declares
   them only where _GNU_SOURCE is defined, which Swift's Glibc module does not. */
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* prctl(PR_SET_DUMPABLE, 0): no core file, and no other process of the same user may attach. 0 or -1 with errno. */
int sigilum_forbid_dumps(void);

/* openat(2) with its mode. A descriptor or -1 with errno. */
int sigilum_openat(int folder, const char *name, int flags, mode_t mode);

/* renameat2(2) with RENAME_NOREPLACE, within one folder. 0, or -1 with errno: EEXIST where `to` is there, EINVAL or ENOSYS
   where the file system cannot do it. */
int sigilum_rename_new(int folder, const char *from, const char *to);

/* pipe2(2) with O_CLOEXEC. 0 or -1 with errno. */
int sigilum_pipe(int ends[2]);

/* posix_spawn_file_actions_addclosefrom_np(3). 0 or an error number. */
int sigilum_spawn_close_from(posix_spawn_file_actions_t *actions, int from);

/* posix_spawn_file_actions_addchdir_np(3). 0 or an error number. */
int sigilum_spawn_start_in(posix_spawn_file_actions_t *actions, const char *folder);

/* The start of the environment block, for wiping values in place. */
char **sigilum_environ(void);

/* Takes a file or folder away from everybody but its owner, whatever mode it has: a regular file with one name, or a folder,
   never through a link, and only where `owner` owns it. What its owner may do stays; where the owner may not even read it, the
   owner may read and write (a folder: enter) it. 0, or -1 with errno: EPERM where it is another's, ELOOP where it is a link,
   EINVAL where it is neither file nor folder, EMLINK where the file has several names. */
int sigilum_tighten(int folder, const char *name, uid_t owner);

/* The kind of the file system that a path is on (`f_type` of statfs(2)), or -1 with errno. */
long sigilum_file_system(const char *path);

/* prctl(PR_GET_DUMPABLE): 0 where no core is dumped and no process of the same user may attach. */
int sigilum_is_dumpable(void);

/* Stops the echo of a terminal and hands over bytes as they are typed; keyboard suspension is off meanwhile. A signal
   that ends the process puts the terminal back first. One terminal at a time. 0, or -1 with errno. */
int sigilum_terminal_hide(int terminal);

/* Puts the terminal back, drops what was typed and not read, and gives the signals their handlers back. */
void sigilum_terminal_show(void);

/* A command as it is to be started: what of the process it gets as this process got it. */
struct sigilum_command {
    const char *path;
    char *const *arguments;
    char *const *variables;
    int output;              /* its descriptor 1, or -1: the one of this process; sigilum_start alone looks at it */
    int errors;              /* its descriptor 2, likewise */
    mode_t mask;             /* its umask */
    const sigset_t *blocked; /* signals that it starts with blocked */
    const sigset_t *ignored; /* signals that it starts with ignored; the others do what they do by default */
};

/* Which signals are blocked and which ignored; asked before this process changes any. */
void sigilum_inherited_signals(sigset_t *blocked, sigset_t *ignored);

/* Becomes the command: returns only where that failed, with errno's number. */
int sigilum_become(const struct sigilum_command *command);

/* Starts the command as a child in the same process group, which is killed when the calling thread ends. The child, or -1;
   `failure` is errno's number where it could not be started, else 0. A child that failed is still to be waited for. */
pid_t sigilum_start(const struct sigilum_command *command, int *failure);

/* A signal that came. */
struct sigilum_signal {
    int number;
    int is_kernels; /* the kernel sent it, to the whole group that has the terminal */
    pid_t sender;   /* who sent it else */
};

/* From now on each signal that is relayed, and SIGCHLD, is one `struct sigilum_signal` in this descriptor, which must not
   block; those that were ignored stay so. */
void sigilum_relay_begin(int descriptor);

/* Gives the signals the handlers back that they had. */
void sigilum_relay_end(void);

/* Keeps bytes in the kernel under a name, for all processes of the user who know to look, in place of what was there under it,
   for that many seconds. 0, or -1 with errno: ENOSYS, EPERM or EACCES where the system has no keyring for this process, EDQUOT
   where the user keeps too much already. */
int sigilum_keyring_store(const char *name, const void *bytes, size_t count, unsigned int seconds);

/* What is kept under a name: how many bytes, of which `size` at most are in the buffer. -1 with errno: ENOKEY, EKEYEXPIRED or
   EKEYREVOKED where nothing is. */
ssize_t sigilum_keyring_read(const char *name, void *buffer, size_t size);

/* Forgets what is kept under a name. 0, or -1 with errno as above. */
int sigilum_keyring_remove(const char *name);

/* The keys in the user's keyring: how many, at most `count`, are in the array. -1 with errno. */
ssize_t sigilum_keyring_list(int32_t *keys, size_t count);

/* The name of one of them: how many bytes, with a zero byte behind them in the buffer. -1 with errno. */
ssize_t sigilum_keyring_name(int32_t key, char *buffer, size_t size);

#endif
