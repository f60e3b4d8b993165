#define _GNU_SOURCE
#include "CPlatform.h"
#include <errno.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's keyrings without libkeyutils: it is three system calls.

   A key of the user's keyring lets nobody but its possessor do anything, and a process possesses only what its own keyrings lead
   to: a session that PAM, systemd or su began need not be linked to the user's keyring. So each call links it to the keyring
   of this process first, which goes away with the process. A key is made there, given its permissions and its end, and only
   then linked to the user's keyring, in place of one of the same name: no moment has one without an end. */

static long keyctl(int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return syscall(SYS_keyctl, operation, a, b, c, d);
}

static const unsigned long user = (unsigned long)KEY_SPEC_USER_KEYRING, own = (unsigned long)KEY_SPEC_PROCESS_KEYRING;

static int attach(void) { return (int)keyctl(KEYCTL_LINK, user, own, 0, 0); }

static long find(const char *name) {
    if (attach() != 0) return -1;
    return keyctl(KEYCTL_SEARCH, user, (unsigned long)"user", (unsigned long)name, 0);
}

int sigilum_keyring_store(const char *name, const void *bytes, size_t count, unsigned int seconds) {
    /* For the possessor: to see, read, find, link and end it. */
    const unsigned long permissions = 0x3b000000;
    long key;
    if (attach() != 0) return -1;
    key = syscall(SYS_add_key, "user", name, bytes, count, KEY_SPEC_PROCESS_KEYRING);
    if (key < 0) return -1;
    if (keyctl(KEYCTL_SETPERM, (unsigned long)key, permissions, 0, 0) == 0 &&
        keyctl(KEYCTL_SET_TIMEOUT, (unsigned long)key, seconds, 0, 0) == 0 &&
        keyctl(KEYCTL_LINK, (unsigned long)key, user, 0, 0) == 0)
        return 0;
    int problem = errno;
    keyctl(KEYCTL_REVOKE, (unsigned long)key, 0, 0, 0);
    errno = problem;
    return -1;
}

ssize_t sigilum_keyring_read(const char *name, void *buffer, size_t size) {
    long key = find(name);
    return key < 0 ? -1 : keyctl(KEYCTL_READ, (unsigned long)key, (unsigned long)buffer, size, 0);
}

int sigilum_keyring_remove(const char *name) {
    long key = find(name);
    if (key < 0) return -1;
    if (keyctl(KEYCTL_INVALIDATE, (unsigned long)key, 0, 0, 0) == 0) return 0;
    /* Its content is gone at once, and its name when the link is. */
    int result = (int)keyctl(KEYCTL_REVOKE, (unsigned long)key, 0, 0, 0), problem = errno;
    keyctl(KEYCTL_UNLINK, (unsigned long)key, user, 0, 0);
    errno = problem;
    return result;
}

ssize_t sigilum_keyring_list(int32_t *keys, size_t count) {
    if (attach() != 0) return -1;
    long bytes = keyctl(KEYCTL_READ, user, (unsigned long)keys, count * sizeof *keys, 0);
    if (bytes < 0) return -1;
    size_t found = (size_t)bytes / sizeof *keys;
    return (ssize_t)(found < count ? found : count);
}

ssize_t sigilum_keyring_name(int32_t key, char *buffer, size_t size) {
    /* type;uid;gid;permissions;name and a zero byte */
    long length = keyctl(KEYCTL_DESCRIBE, (unsigned long)key, (unsigned long)buffer, size, 0);
    if (length < 0) return -1;
    if ((size_t)length > size || length < 1 || strncmp(buffer, "user;", 5) != 0) {
        errno = ENOKEY;
        return -1;
    }
    char *name = strrchr(buffer, ';') + 1;
    size_t count = strlen(name);
    memmove(buffer, name, count + 1);
    return (ssize_t)count;
}
