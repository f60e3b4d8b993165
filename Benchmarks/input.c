/* Opens a file as standard input and becomes a program: hyperfine of Debian 12 has no --input, and a shell takes a millisecond for it.
 *
 *   input FILE PROGRAM [ARGUMENT...]
 */
#include <fcntl.h>
#include <unistd.h>

int main(int count, char **words) {
    if (count < 3) return 64;
    int file = open(words[1], O_RDONLY);
    if (file < 0 || dup2(file, 0) != 0) return 66;
    execvp(words[2], words + 2);
    return 70;
}
