#ifndef SIGILUM_CCURL_H
#define SIGILUM_CCURL_H
/* Calls over HTTP by libcurl (https://curl.se/libcurl/c/), the system's, which is loaded with the first of them: a process that makes
   none does not pay for it. It is C since the library's functions take a variable number of arguments. */
#include <stddef.h>

/* What is called. All texts end with a zero byte and outlive the call. */
struct sigilum_http_request {
    const char *method;        /* GET, POST, PATCH or DELETE */
    const char *url;           /* http or https; nothing else is spoken */
    const char *authorization; /* a whole header, `Authorization: Bearer x`, or NULL */
    const void *body;          /* JSON, or NULL; never sent a second time by itself */
    size_t body_count;
    long connect_milliseconds;
    long call_milliseconds;    /* from connecting to the last byte of the answer */
    size_t header_limit;       /* bytes of the headers of all heads of the answer, and its trailers */
    size_t answer_limit;       /* bytes of the answer's body */
    void *room;                /* where the body is written, `answer_limit` bytes; NULL: into memory that is made for it */
};

/* How a call ended. */
enum sigilum_http_end {
    SIGILUM_HTTP_DONE,
    SIGILUM_HTTP_UNREACHABLE, /* nobody answered, or not to the end, or not in time */
    SIGILUM_HTTP_TOO_LONG,    /* the headers or the body are over the limit */
    SIGILUM_HTTP_BROKEN,      /* what answers does not speak HTTP */
};

/* An answer that came whole. */
struct sigilum_http_answer {
    enum sigilum_http_end end;
    long status;
    size_t count;           /* bytes of the body */
    void *made;             /* the body where there was no room for it; give it to sigilum_http_release() */
    char content_type[129]; /* these three as they came, without their names; "" where there is none, or a longer one */
    char retry_after[65];
    char date[65];
};

/* Whether the library is there; loads it. Safe to be called by several threads. */
int sigilum_http_is_available(void);

/* What keeps a connection open between calls; NULL where the library is not there, or no memory. One call at a time. */
void *sigilum_http_open(void);
void sigilum_http_close(void *connection);

/* Makes one call and waits for its end. No redirect is followed, no proxy asked, nothing kept but the connection. What the library
   copied is wiped when it gives it back; what TLS copied is not. The answer is zeroed first. */
void sigilum_http_call(
    void *connection, const struct sigilum_http_request *request, struct sigilum_http_answer *answer);

/* Wipes a body that was made, and gives it back. */
void sigilum_http_release(void *made);

#endif
