/* What `vault sync` is compared with: a double of the gateway that answers as fast as it can, and a client that makes the
 * same calls again, one after the other on one connection that is kept.
 *
 *   gateway serve FILE        prints its port; notes every call in FILE: method, path and body, a line each
 *   gateway calls PORT FILE   makes the calls of FILE, without /health; ends with 1 where one is not answered with 2xx or 404
 *
 * It knows what a first delivery needs: /health, and GET and POST of connections.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 1 << 16, MOST = 1 << 16 };

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static FILE *notes;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* The text of a member, as it stands in the JSON; "" where there is none. */
static void member(const char *json, const char *name, char *out, size_t room) {
    char key[80];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *found = strstr(json, key);
    size_t length = 0;
    if (found) {
        found += strlen(key);
        while (found[length] && found[length] != '"' && length + 1 < room) length++;
        memcpy(out, found, length);
    }
    out[length] = 0;
}

static char *connection(const char *body) {
    static const char *const names[] = {
        "id", "name", "base_url", "auth_mode", "auth_header_name", "auth_prefix", "auth_secret_key", "path_prefix"};
    char made[ROOM] = "{";
    char value[1024], key[1024];
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        member(body, names[index], value, sizeof value);
        if (!*value) continue;
        size_t used = strlen(made);
        snprintf(made + used, sizeof made - used, "\"%s\":\"%s\",", names[index], value);
    }
    member(body, "auth_secret_key", key, sizeof key);
    size_t used = strlen(made);
    snprintf(made + used, sizeof made - used,
        "\"protocol\":\"http\",\"status\":\"active\",\"secret_version\":1,\"created_at\":\"2026-03-01T10:00:00Z\","
        "\"updated_at\":\"2026-03-01T10:00:00Z\",\"last_tested_at\":\"0001-01-01T00:00:00Z\","
        "\"last_rotated_at\":\"0001-01-01T00:00:00Z\",\"credential_keys\":[\"%s\"]}\n", key);
    return strdup(made);
}

/* Answers one call into `out`; returns how many bytes. */
static size_t answer(const char *method, const char *path, const char *body, char *out) {
    static const char *const base = "/api/admin/connections";
    int status = 404;
    const char *text = "{\"error\":\"connection not found\"}\n";
    pthread_mutex_lock(&guard);
    if (strcmp(path, "/health")) fprintf(notes, "%s\t%s\t%s\n", method, path, body);
    if (!strcmp(path, "/health")) {
        (status = 200), (text = "{\"check\":\"health\",\"status\":\"ok\"}\n");
    } else if (!strcmp(method, "POST") && !strcmp(path, base)) {
        char id[256];
        member(body, "id", id, sizeof id);
        ENTRY entry = {strdup(id), NULL};
        if (hsearch(entry, FIND)) {
            (status = 409), (text = "{\"error\":\"connection already exists\"}\n");
        } else {
            entry.data = connection(body);
            if (!hsearch(entry, ENTER)) fail("hsearch");
            (status = 201), (text = entry.data);
        }
    } else if (!strcmp(method, "GET") && !strncmp(path, base, strlen(base)) && path[strlen(base)] == '/') {
        ENTRY wanted = {(char *)path + strlen(base) + 1, NULL}, *found = hsearch(wanted, FIND);
        if (found) (status = 200), (text = found->data);
    }
    pthread_mutex_unlock(&guard);
    return (size_t)snprintf(out, 2 * ROOM,
        "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
        status < 300 ? "OK" : "No", strlen(text), text);
}

/* Reads until a head and the body that it promises are whole; returns their length, 0 at the end. */
static size_t whole(int peer, char *in, size_t *held, char **body) {
    for (;;) {
        in[*held] = 0;
        char *end = strstr(in, "\r\n\r\n");
        if (end) {
            char *length = strcasestr(in, "\r\ncontent-length:");
            size_t count = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
            *body = end + 4;
            if ((size_t)(*body - in) + count <= *held) return (size_t)(*body - in) + count;
        }
        if (*held + 1 >= ROOM) return 0;
        ssize_t count = read(peer, in + *held, ROOM - 1 - *held);
        if (count <= 0) return 0;
        *held += (size_t)count;
    }
}

static int send_all(int peer, const char *bytes, size_t count) {
    while (count) {
        ssize_t sent = write(peer, bytes, count);
        if (sent <= 0) return 0;
        (bytes += sent), (count -= (size_t)sent);
    }
    return 1;
}

static void *serve(void *given) {
    int peer = (int)(long)given, on = 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char *in = malloc(ROOM), *out = malloc(2 * ROOM), *body;
    size_t held = 0, used;
    while ((used = whole(peer, in, &held, &body))) {
        char method[16], path[512], last = in[used];
        in[used] = 0;
        if (sscanf(in, "%15s %511s", method, path) != 2) break;
        size_t count = answer(method, path, body, out);
        in[used] = last;
        memmove(in, in + used, held -= used);
        if (!send_all(peer, out, count)) break;
    }
    close(peer);
    free(in), free(out);
    return NULL;
}

static int loopback(int port, int listens) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (listens) {
        if (bind(made, (void *)&address, sizeof address) || listen(made, 64)) fail("listen");
    } else {
        if (connect(made, (void *)&address, sizeof address)) fail("connect");
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return made;
}

static int serve_all(const char *file) {
    if (!(notes = fopen(file, "w")) || !hcreate(MOST)) fail(file);
    setvbuf(notes, NULL, _IOLBF, 1 << 16);
    int listener = loopback(0, 1);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(listener, (void *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fclose(stdout);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        pthread_t thread;
        if (peer >= 0 && !pthread_create(&thread, NULL, serve, (void *)(long)peer)) pthread_detach(thread);
    }
    return 0;
}

static int calls(int port, const char *file) {
    FILE *list = fopen(file, "r");
    if (!list) fail(file);
    int peer = loopback(port, 0);
    char *line = NULL, *in = malloc(ROOM), *out = malloc(2 * ROOM), *ignored;
    size_t room = 0, held = 0;
    while (getline(&line, &room, list) > 0) {
        char *path = strchr(line, '\t'), *body = path ? strchr(path + 1, '\t') : NULL;
        if (!body) return 1;
        *path++ = 0, *body++ = 0;
        body[strcspn(body, "\n")] = 0;
        int count = snprintf(out, 2 * ROOM,
            "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Length: %zu\r\n\r\n%s", line, path,
            strlen(body), body);
        if (!send_all(peer, out, (size_t)count)) return 1;
        size_t used = whole(peer, in, &held, &ignored);
        int status = used ? atoi(in + 9) : 0;
        if (status != 404 && (status < 200 || status > 299)) return 1;
        memmove(in, in + used, held -= used);
    }
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "serve")) return serve_all(words[2]);
    if (count == 4 && !strcmp(words[1], "calls")) return calls(atoi(words[2]), words[3]);
    return 64;
}
