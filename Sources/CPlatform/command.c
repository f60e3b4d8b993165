#define _GNU_SOURCE
#include "CPlatform.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What runs between fork(2) and execve(2), and what runs in a signal handler, may do next to nothing: no allocation, no
   lock, no runtime. This is why it is C. */

void sigilum_inherited_signals(sigset_t *blocked, sigset_t *ignored) {
    struct sigaction action;
    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    sigemptyset(ignored);
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) sigaddset(ignored, number);
    }
}

/* Signals as this process got them, whatever it did with them since. Call it with all of them blocked. */
static void restore_signals(const struct sigilum_command *command) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    for (int number = 1; number < NSIG; number++) {
        action.sa_handler = sigismember(command->ignored, number) == 1 ? SIG_IGN : SIG_DFL;
        sigaction(number, &action, NULL);
    }
}

int sigilum_become(const struct sigilum_command *command) {
    sigset_t all, before;
    struct sigaction actions[NSIG];
    int code;
    mode_t mask;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int number = 1; number < NSIG; number++) sigaction(number, NULL, &actions[number]);
    restore_signals(command);
    mask = umask(command->mask);
    pthread_sigmask(SIG_SETMASK, command->blocked, NULL);
    execve(command->path, command->arguments, command->variables);
    code = errno;
    /* Still here: somebody has to say why, with everything as it was. */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    umask(mask);
    for (int number = 1; number < NSIG; number++) sigaction(number, &actions[number], NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

pid_t sigilum_start(const struct sigilum_command *command, int *failure) {
    sigset_t all, before;
    int ends[2], code = 0;
    ssize_t got;
    pid_t parent = getpid(), child;
    *failure = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *failure = errno;
        return -1;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0) {
        restore_signals(command);
        /* The command is not to outlive who removes its files and masks what it writes. */
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != parent) _exit(128 + SIGKILL);
        umask(command->mask);
        if ((command->output < 0 || dup2(command->output, 1) == 1) &&
            (command->errors < 0 || dup2(command->errors, 2) == 2)) {
            pthread_sigmask(SIG_SETMASK, command->blocked, NULL);
            execve(command->path, command->arguments, command->variables);
        }
        code = errno;
        while (write(ends[1], &code, sizeof code) < 0 && errno == EINTR) {}
        _exit(127);
    }
    code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child < 0) {
        *failure = code;
    } else {
        do {
            got = read(ends[0], &code, sizeof code);
        } while (got < 0 && errno == EINTR);
        if (got == (ssize_t)sizeof code) *failure = code;
    }
    close(ends[0]);
    return child;
}

static const int relayed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT, SIGCHLD};
enum { RELAYED = sizeof relayed / sizeof *relayed };
static struct sigaction before_relay[RELAYED];
static volatile sig_atomic_t relay = -1;

static void relay_signal(int number, siginfo_t *info, void *unused) {
    int code = errno;
    struct sigilum_signal event = {number, info->si_code > 0, info->si_code > 0 ? 0 : info->si_pid};
    (void)unused;
    /* The other end never lets it wait: what finds no room is lost, after some thousand others. */
    if (write(relay, &event, sizeof event) < 0) errno = 0;
    errno = code;
}

void sigilum_relay_begin(int descriptor) {
    struct sigaction action;
    sigset_t wanted;
    relay = descriptor;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = relay_signal;
    action.sa_flags = SA_SIGINFO;
    sigfillset(&action.sa_mask);
    sigemptyset(&wanted);
    for (int i = 0; i < RELAYED; i++) {
        sigaddset(&wanted, relayed[i]);
        sigaction(relayed[i], NULL, &before_relay[i]);
        /* nohup(1) and shells that start something in the background ignore some for good. */
        if (relayed[i] == SIGCHLD || before_relay[i].sa_handler != SIG_IGN) sigaction(relayed[i], &action, NULL);
    }
    /* Threads of a runtime's pool block everything. */
    pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

void sigilum_relay_end(void) {
    for (int i = 0; i < RELAYED; i++) sigaction(relayed[i], &before_relay[i], NULL);
    relay = -1;
}
