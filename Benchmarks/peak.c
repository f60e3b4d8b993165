/* Runs a program, and says how much memory it had at most: KiB, into the file given.
 *
 *   peak FILE PROGRAM [ARGUMENT...]
 *
 * The kernel counts what a process had before it became the program (getrusage(2), RUSAGE_CHILDREN and execve): a child of an interpreter
 * has as much as that. This has next to nothing. Ends with the program's status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **words) {
    int status;
    struct rusage usage;
    if (count < 3) return 64;
    pid_t child = fork();
    if (child < 0) return 70;
    if (child == 0) {
        execv(words[2], words + 2);
        _exit(70);
    }
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) return 70;
    FILE *file = fopen(words[1], "w");
    if (file == NULL) return 73;
    fprintf(file, "%ld\n", usage.ru_maxrss);
    return fclose(file) == 0 ? WEXITSTATUS(status) : 73;
}
