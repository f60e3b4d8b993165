#define _GNU_SOURCE
#include "CPlatform.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>

/* A signal handler can reach nothing but globals: this is why these few lines are C. */
static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM};
enum { COUNT = sizeof ending / sizeof *ending };
static struct sigaction before[COUNT];
static struct termios saved;
static volatile sig_atomic_t hidden = -1; /* the descriptor, or -1 */

static void put_back(int number) {
    int code = errno;
    if (hidden >= 0) tcsetattr(hidden, TCSANOW, &saved);
    errno = code;
    signal(number, SIG_DFL);
    raise(number); /* blocked until this returns; then it does what it always did */
}

int sigilum_terminal_hide(int terminal) {
    struct sigaction action;
    struct termios quiet;
    if (hidden >= 0) {
        errno = EBUSY;
        return -1;
    }
    if (tcgetattr(terminal, &saved) != 0) return -1;
    quiet = saved;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON);
    quiet.c_iflag |= ICRNL;
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
    memset(&action, 0, sizeof action);
    action.sa_handler = put_back;
    sigfillset(&action.sa_mask);
    hidden = terminal;
    for (int i = 0; i < COUNT; i++) {
        sigaction(ending[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) sigaction(ending[i], &action, NULL);
    }
    /* Flushing drops what was typed before the question. */
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0) {
        int code = errno;
        sigilum_terminal_show();
        errno = code;
        return -1;
    }
    return 0;
}

void sigilum_terminal_show(void) {
    if (hidden < 0) return;
    tcsetattr(hidden, TCSAFLUSH, &saved);
    hidden = -1;
    for (int i = 0; i < COUNT; i++) sigaction(ending[i], &before[i], NULL);
}
