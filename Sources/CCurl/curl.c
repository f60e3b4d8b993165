#define _GNU_SOURCE
#include "CCurl.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What is used of the library. */
static struct {
    CURLcode (*global_init_mem)(long, curl_malloc_callback, curl_free_callback, curl_realloc_callback,
        curl_strdup_callback, curl_calloc_callback);
    CURL *(*easy_init)(void);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_perform)(CURL *);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    CURLHcode (*easy_header)(CURL *, const char *, size_t, unsigned, int, struct curl_header **);
    void (*easy_cleanup)(CURL *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} curl;

static int is_available;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The library's memory: what it gives back is wiped, since requests and answers were in it. */

static void wiping_free(void *memory) {
    if (!memory) return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *wiping_realloc(void *memory, size_t count) {
    size_t had;
    void *larger;
    if (!memory) return malloc(count);
    had = malloc_usable_size(memory);
    if (count <= had) return memory;
    if (!(larger = malloc(count))) return NULL;
    memcpy(larger, memory, had);
    wiping_free(memory);
    return larger;
}

/* Variables by which a library writes keys to a file, loads code or settings from one, or prints what it does. They are not there while
   libraries start, and there again for commands that this process runs. */
static const char *const hidden[] = {
    "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "GNUTLS_DEBUG_LEVEL"};
enum { HIDDEN = sizeof hidden / sizeof *hidden };

static int load(void) {
    CURL *handle;
    int is_new;
    /* All symbols are looked up now, of what it needs too: looked up when first called, the dynamic linker puts the vector registers
       on the stack, and with them a piece of what was copied last. */
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
#define TAKE(name) if (!(*(void **)&curl.name = dlsym(library, "curl_" #name))) return 0
    TAKE(global_init_mem);
    TAKE(easy_init);
    TAKE(easy_reset);
    TAKE(easy_setopt);
    TAKE(easy_perform);
    TAKE(easy_getinfo);
    TAKE(easy_header);
    TAKE(easy_cleanup);
    TAKE(slist_append);
    TAKE(slist_free_all);
    if (curl.global_init_mem(CURL_GLOBAL_ALL, malloc, wiping_free, wiping_realloc, strdup, calloc) != CURLE_OK) return 0;
    /* The newest option that is used, of 7.85; an older library does not know it. */
    if (!(handle = curl.easy_init())) return 0;
    is_new = curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    curl.easy_cleanup(handle);
    return is_new;
}

static void start(void) {
    char *values[HIDDEN];
    for (size_t index = 0; index < HIDDEN; index++) {
        const char *value = getenv(hidden[index]);
        values[index] = value ? strdup(value) : NULL;
        unsetenv(hidden[index]);
    }
    is_available = load();
    for (size_t index = 0; index < HIDDEN; index++) {
        if (values[index]) setenv(hidden[index], values[index], 1);
        free(values[index]);
    }
}

int sigilum_http_is_available(void) {
    pthread_once(&once, start);
    return is_available;
}

void *sigilum_http_open(void) { return sigilum_http_is_available() ? curl.easy_init() : NULL; }

void sigilum_http_close(void *connection) {
    if (connection) curl.easy_cleanup(connection);
}

void sigilum_http_release(void *made) { wiping_free(made); }

/* A call on its way. */
struct passage {
    const struct sigilum_http_request *request;
    struct sigilum_http_answer *answer;
    size_t sent, headers, made_count;
    int is_too_long, has_head;
};

static size_t take_header(char *bytes, size_t width, size_t count, void *context) {
    struct passage *passage = context;
    passage->headers += width * count;
    /* An empty line ends a head. The library takes one that ends with the connection. */
    if (width * count >= 5 && memcmp(bytes, "HTTP/", 5) == 0) passage->has_head = 0;
    if (width * count > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) passage->has_head = 1;
    if (passage->headers <= passage->request->header_limit) return width * count;
    passage->is_too_long = 1;
    return 0;
}

static size_t take_body(char *bytes, size_t width, size_t count, void *context) {
    struct passage *passage = context;
    struct sigilum_http_answer *answer = passage->answer;
    size_t length = width * count;
    char *into = passage->request->room;
    if (length > passage->request->answer_limit - answer->count) {
        passage->is_too_long = 1;
        return 0;
    }
    if (!into) {
        size_t needed = answer->count + length;
        if (needed > passage->made_count) {
            size_t room = passage->made_count * 2 > needed ? passage->made_count * 2 : needed;
            void *larger = wiping_realloc(answer->made, room);
            if (!larger) return 0;
            answer->made = larger;
            passage->made_count = room;
        }
        into = answer->made;
    }
    memcpy(into + answer->count, bytes, length);
    /* The library's own buffer lives as long as the connection. */
    explicit_bzero(bytes, length);
    answer->count += length;
    return length;
}

/* The body, once: there is no way back to its start, and asked for more than all of it, it is over. So the library cannot send it again
   on another connection, when one that was kept dies with the request and nobody knows whether it was carried out. */
static size_t give_body(char *room, size_t width, size_t count, void *context) {
    struct passage *passage = context;
    size_t left = passage->request->body_count - passage->sent;
    size_t length = left < width * count ? left : width * count;
    if (!left) return CURL_READFUNC_ABORT;
    memcpy(room, (const char *)passage->request->body + passage->sent, length);
    passage->sent += length;
    return length;
}

static void copy_header(CURL *handle, const char *name, char *room, size_t size) {
    struct curl_header *found;
    if (curl.easy_header(handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return;
    if (strlen(found->value) < size) strcpy(room, found->value);
}

static enum sigilum_http_end end_of(CURL *handle, CURLcode code, const struct passage *passage) {
    long number = 0;
    if (passage->is_too_long) return SIGILUM_HTTP_TOO_LONG;
    switch (code) {
    case CURLE_OK: return passage->has_head ? SIGILUM_HTTP_DONE : SIGILUM_HTTP_UNREACHABLE;
    /* A line of over 100 KiB (CURL_MAX_HTTP_HEADER); the second is how newer versions tell it. */
    case CURLE_OUT_OF_MEMORY: return SIGILUM_HTTP_TOO_LONG;
    case 100: return SIGILUM_HTTP_TOO_LONG;
    case CURLE_WEIRD_SERVER_REPLY: return SIGILUM_HTTP_BROKEN;
    /* HTTP/0.9, which is what everything is that is no HTTP. */
    case CURLE_UNSUPPORTED_PROTOCOL: return SIGILUM_HTTP_BROKEN;
    /* Chunks that are none; else the connection was reset, which TLS tells without a number. */
    case CURLE_RECV_ERROR:
        if (strncmp(passage->request->url, "https:", 6) != 0 &&
            curl.easy_getinfo(handle, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number == 0)
            return SIGILUM_HTTP_BROKEN;
        return SIGILUM_HTTP_UNREACHABLE;
    default: return SIGILUM_HTTP_UNREACHABLE;
    }
}

/* All that is said to the library for one call. 0 where it does not take all of it, for lack of memory: then nothing may be sent. */
static int prepare(CURL *handle, struct passage *passage, struct curl_slist *headers) {
    const struct sigilum_http_request *request = passage->request;
    const char *scheme = strncmp(request->url, "https:", 6) == 0 ? "https" : "http";
    int is_post = strcmp(request->method, "POST") == 0;
    int failed = 0;
#define SET(option, value) failed |= curl.easy_setopt(handle, option, value) != CURLE_OK
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, scheme);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_milliseconds);
    SET(CURLOPT_TIMEOUT_MS, request->call_milliseconds);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, passage);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, passage);
    if (request->body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_READFUNCTION, give_body);
        SET(CURLOPT_READDATA, passage);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_count);
    } else if (is_post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        /* Without a body the library would send it again: on a connection of its own it has nothing to fear. */
        SET(CURLOPT_FRESH_CONNECT, 1L);
    }
    if (!is_post) SET(CURLOPT_CUSTOMREQUEST, request->method);
    return !failed;
}

void sigilum_http_call(
    void *connection, const struct sigilum_http_request *request, struct sigilum_http_answer *answer) {
    struct passage passage = {request, answer, 0, 0, 0, 0, 0};
    const char *lines[4];
    size_t count = 0;
    struct curl_slist *headers = NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    memset(answer, 0, sizeof *answer);
    answer->end = SIGILUM_HTTP_UNREACHABLE;
    lines[count++] = "Accept: application/json";
    lines[count++] = request->body ? "Content-Type: application/json" : "Content-Type:";
    lines[count++] = "Expect:";
    if (request->authorization) lines[count++] = request->authorization;
    for (size_t index = 0; index < count; index++) {
        struct curl_slist *longer = curl.slist_append(headers, lines[index]);
        if (!longer) goto end;
        headers = longer;
    }
    curl.easy_reset(connection);
    if (!prepare(connection, &passage, headers)) goto end;
    code = curl.easy_perform(connection);
    answer->end = end_of(connection, code, &passage);
    if (answer->end == SIGILUM_HTTP_DONE) {
        curl.easy_getinfo(connection, CURLINFO_RESPONSE_CODE, &answer->status);
        copy_header(connection, "Content-Type", answer->content_type, sizeof answer->content_type);
        copy_header(connection, "Retry-After", answer->retry_after, sizeof answer->retry_after);
        copy_header(connection, "Date", answer->date, sizeof answer->date);
    }
end:
    /* No pointer of this call stays in the handle. */
    curl.easy_reset(connection);
    curl.slist_free_all(headers);
    if (answer->end != SIGILUM_HTTP_DONE) {
        wiping_free(answer->made);
        answer->made = NULL;
        answer->count = 0;
    }
}
