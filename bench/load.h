/* What the three load programs share: the clock, latency samples, commands on standard input, and
 * the WebSocket vectors of RFC 6455. Everything is `static inline`, so each program is one compiler
 * call. Linux only (epoll). */
#ifndef LOAD_H
#define LOAD_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A message carries the moment it was sent as `@t=<20 digits>@`: CLOCK_MONOTONIC in nanoseconds,
 * which all processes of one machine share. Fixed width keeps the message length constant, and no
 * character needs escaping in JSON. */
#define STAMP "@t="
#define STAMP_DIGITS 20
#define STAMP_FORMAT STAMP "%020" PRIu64 "@"

/* And, from httpload, its number in the order of sending: with one writer that is the order
 * of the log, so a receiver can tell whether something is missing, repeated or out of place. */
#define SERIAL "@n="
#define SERIAL_FORMAT SERIAL "%020" PRIu64 "@"

/* The handshake of RFC 6455 1.3. One fixed key and its answer, so that neither side needs SHA-1. */
#define SAMPLE_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define SAMPLE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define MILLISECOND UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

__attribute__((format(printf, 1, 2), noreturn)) static inline void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static inline void *grown(void *old, size_t bytes) {
    void *memory = realloc(old, bytes);
    if (!memory) die("out of memory");
    return memory;
}

static inline long number_of(const char *option, const char *text, long least, long most) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < least || value > most)
        die("%s: expected a number from %ld to %ld, got '%s'", option, least, most, text);
    return value;
}

/* As many descriptors as this process is allowed to have. */
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- latency samples: every one is kept, so the percentiles are exact ---- */

struct samples {
    uint64_t *ns;
    size_t count, capacity;
};

static inline void samples_add(struct samples *s, uint64_t ns) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 1 << 16;
        s->ns = grown(s->ns, s->capacity * sizeof *s->ns);
    }
    s->ns[s->count++] = ns;
}

static inline int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank, on sorted samples. */
static inline double percentile_ms(const struct samples *s, double p) {
    if (!s->count) return 0;
    size_t rank = (size_t)(p * (double)s->count + 0.999999);
    return (double)s->ns[rank ? rank - 1 : 0] / 1e6;
}

static inline void samples_print(struct samples *s) {
    if (s->count) qsort(s->ns, s->count, sizeof *s->ns, ascending);
    printf("\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", percentile_ms(s, .50),
           percentile_ms(s, .95), percentile_ms(s, .99), percentile_ms(s, 1));
}

/* ---- sockets ---- */

/* Client addresses have 28,000 ephemeral ports each; a few thousand connections an address leaves
 * room for TIME_WAIT. */
#define CONNECTIONS_PER_ADDRESS 4096

/* Starts a connection to 127.0.0.1:port from 127.0.1.x. */
static inline int connect_loopback(int port, unsigned index) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die("socket: %s", strerror(errno));
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000101u + index / CONNECTIONS_PER_ADDRESS);
    /* Choose the port at connect(), when the destination is known. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        die("connect: %s", strerror(errno));
    return fd;
}

static inline int socket_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, uint32_t tag) {
    struct epoll_event event = {.events = events, .data.u32 = tag};
    /* A standard input that is a file or /dev/null cannot be watched: then there are simply no
     * commands. */
    if (epoll_ctl(epoll, operation, fd, &event) && errno != EPERM)
        die("epoll_ctl: %s", strerror(errno));
}

/* Milliseconds to wait until `when`, rounded up, at most `most`. */
static inline int wait_ms(uint64_t when, int most) {
    uint64_t now = now_ns();
    if (when <= now) return 0;
    uint64_t ms = (when - now + MILLISECOND - 1) / MILLISECOND;
    return ms < (uint64_t)most ? (int)ms : most;
}

/* ---- people: a file with a line for each, `TOKEN ID` ---- */

struct person {
    char *token, *id;
};

struct people {
    struct person *of;
    size_t count;
};

static inline void people_read(struct people *people, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) die("%s: %s", path, strerror(errno));
    char token[2048], id[256];
    while (fscanf(file, "%2047s %255s", token, id) == 2) {
        people->of = grown(people->of, (people->count + 1) * sizeof *people->of);
        people->of[people->count++] = (struct person){strdup(token), strdup(id)};
    }
    fclose(file);
    if (!people->count) die("%s: there is nobody in it", path);
}

/* Copies `template` with each `mark` in it replaced; returns the length. */
static inline size_t replaced(char *into, size_t capacity, const char *template, const char *mark,
                              const char *by) {
    size_t length = 0;
    for (const char *found; (found = strstr(template, mark)); template = found + strlen(mark))
        length += (size_t)snprintf(into + length, capacity - length, "%.*s%s",
                                   (int)(found - template), template, by);
    length += (size_t)snprintf(into + length, capacity - length, "%s", template);
    if (length >= capacity) die("a message is too long");
    return length;
}

/* ---- commands: lines on standard input; its end means "stop", so a program never outlives the one
 * that runs it ---- */

struct commands {
    char text[4096];
    size_t length;
};

/* Reads what is there and calls `run` for each line. Returns 0 at the end of the input. */
static inline int commands_read(struct commands *c, void (*run)(const char *line)) {
    ssize_t got = read(STDIN_FILENO, c->text + c->length, sizeof c->text - 1 - c->length);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    c->length += (size_t)got;
    c->text[c->length] = '\0';
    char *line = c->text, *end;
    while ((end = strchr(line, '\n'))) {
        *end = '\0';
        run(line);
        line = end + 1;
    }
    c->length -= (size_t)(line - c->text);
    memmove(c->text, line, c->length);
    if (c->length == sizeof c->text - 1) die("a command line is too long");
    return 1;
}

#endif
