/* httpload: W writers, each with one keep-alive connection, POST one JSON post after another and
 * time each answer. --method, --path, --body and --expect make it do something else; in the body
 * {text} and {serial} stand for the text of a post and its number. With --people each request is
 * that of the next person in the file.
 *
 * It is a closed loop: a writer sends its next post when the last one is answered, after a pause if
 * one is given. With --rate it is an open one: posts are due at fixed moments whatever the server
 * does, and a post that found no free writer in time counts from the moment it was due. Latency
 * runs from there, or from just before send(), to the last byte of the answer. The text of each post
 * starts with that moment and its number (see load.h), so that what arrives on sockets can be timed
 * and put in order.
 *
 * Stops sending after --seconds, after --count posts or at the end of standard input, waits for the
 * answers that are outstanding, and prints one JSON object. */
#define _GNU_SOURCE
#include "load.h"

#define STDIN_TAG UINT32_MAX
#define GRACE (15 * SECOND) /* for outstanding answers */
#define BREAKS_AT_MOST \
    1000 /* a server that cuts connections must not turn this into a connect loop */
#define ANSWER_MOST (1 << 16)
#define TEXT_MOST 10000
#define BEARERS_MOST 256

enum state { IDLE, CONNECTING, SENDING, WAITING };

struct writer {
    int fd;
    enum state state;
    const char *bearer;
    uint64_t sent_at, not_before;
    char *request;
    size_t request_length, request_sent;
    char *answer;
    size_t answer_length;
};

static struct {
    int port, writers, bearers, keys;
    long seconds, count, pause_ms, rate, text_bytes, first_serial, spin_us;
    int expect;
    const char *method, *path, *body, *bearer[BEARERS_MOST];
    struct people people;
} option = {.port = 8000,
            .writers = 64,
            .seconds = 5,
            .text_bytes = 280,
            .first_serial = 1,
            .expect = 201,
            .method = "POST",
            .path = "/api/posts",
            .body = "{\"title\":\"Benchmark\",\"text\":\"{text}\"}"};

static struct writer *writers;
static int epoll, outstanding;
static char filling[TEXT_MOST + 1];
static uint64_t begun, sent, created, refused, broken, run_key;
static struct samples latency;

static void open_connection(struct writer *w) {
    w->fd = connect_loopback(option.port, (unsigned)(w - writers));
    w->state = CONNECTING;
    watch(epoll, EPOLL_CTL_ADD, w->fd, EPOLLOUT, (uint32_t)(w - writers));
}

static void lose_connection(struct writer *w, const char *why) {
    if (!broken++) fprintf(stderr, "httpload: %s\n", why);
    if (broken > BREAKS_AT_MOST) die("the server ended more than %d connections", BREAKS_AT_MOST);
    if (w->state == SENDING || w->state == WAITING) outstanding--;
    close(w->fd);
    open_connection(w);
}

/* ---- the request ---- */

static void build_request(struct writer *w, uint64_t stamp) {
    char text[TEXT_MOST + 128], half[TEXT_MOST + 1024], body[TEXT_MOST + 1024];
    char key[64] = "", serial[32];
    uint64_t number = (uint64_t)option.first_serial + sent;
    snprintf(text, sizeof text, STAMP_FORMAT SERIAL_FORMAT "%s", stamp, number, filling);
    snprintf(serial, sizeof serial, "%" PRIu64, number);
    replaced(half, sizeof half, option.body, "{serial}", serial);
    int length = (int)replaced(body, sizeof body, half, "{text}", text);
    const char *bearer = option.people.count ? option.people.of[sent % option.people.count].token
                                             : w->bearer;
    if (option.keys)
        snprintf(key, sizeof key, "Idempotency-Key: %016" PRIx64 "%08" PRIx64 "\r\n", run_key,
                 sent);
    int total =
        snprintf(w->request, ANSWER_MOST,
                 "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                 "%s%s%s%sContent-Length: %d\r\n\r\n%s",
                 option.method, option.path, option.port, bearer ? "Authorization: Bearer " : "",
                 bearer ? bearer : "", bearer ? "\r\n" : "", key, length, body);
    if (total >= ANSWER_MOST) die("the request is too long");
    w->request_length = (size_t)total;
    w->request_sent = 0;
}

static void send_rest(struct writer *w) {
    size_t left = w->request_length - w->request_sent;
    ssize_t got = send(w->fd, w->request + w->request_sent, left, MSG_NOSIGNAL);
    if (got < 0 && errno != EAGAIN) {
        lose_connection(w, strerror(errno));
        return;
    }
    if (got > 0) w->request_sent += (size_t)got;
    int all = w->request_sent == w->request_length;
    w->state = all ? WAITING : SENDING;
    watch(epoll, EPOLL_CTL_MOD, w->fd, all ? EPOLLIN : EPOLLOUT, (uint32_t)(w - writers));
}

static void send_post(struct writer *w, uint64_t at) {
    w->sent_at = at;
    build_request(w, w->sent_at);
    w->answer_length = 0;
    sent++;
    outstanding++;
    send_rest(w);
}

/* ---- the answer ---- */

/* Length of the whole answer once its head is there, else 0. */
static size_t answer_size(const struct writer *w) {
    const char *end = memmem(w->answer, w->answer_length, "\r\n\r\n", 4);
    if (!end) return 0;
    const char *field = strcasestr(w->answer, "\r\ncontent-length:");
    if (!field || field > end) die("an answer without Content-Length: %.200s", w->answer);
    return (size_t)(end + 4 - w->answer) + strtoul(field + 17, NULL, 10);
}

/* Half to one and a half pauses, so that several writers do not fall into step with each other. */
static uint64_t jittered_pause(void) {
    if (!option.pause_ms) return 0;
    return (uint64_t)option.pause_ms * MILLISECOND / 2 +
           (uint64_t)random() % ((uint64_t)option.pause_ms * MILLISECOND);
}

static void answered(struct writer *w, uint64_t now) {
    int status = atoi(w->answer + sizeof "HTTP/1.1 " - 1);
    samples_add(&latency, now - w->sent_at);
    if (status == option.expect)
        created++;
    else if (!refused++)
        fprintf(stderr, "httpload: the first answer that is not %d:\n%.*s\n",
                option.expect, (int)w->answer_length, w->answer);
    outstanding--;
    w->state = IDLE;
    w->not_before = now + jittered_pause();
}

static void readable(struct writer *w) {
    ssize_t got = recv(w->fd, w->answer + w->answer_length, ANSWER_MOST - 1 - w->answer_length, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        lose_connection(w, got ? strerror(errno) : "the server ended the connection");
        return;
    }
    uint64_t now = now_ns();
    w->answer_length += (size_t)got;
    w->answer[w->answer_length] = '\0';
    size_t size = answer_size(w);
    if (size >= ANSWER_MOST) die("an answer of %zu bytes is more than this program can read", size);
    if (size && w->answer_length >= size && w->state == WAITING) answered(w, now);
}

static void handle(struct writer *w) {
    if (w->state == CONNECTING) {
        int error = socket_error(w->fd);
        if (error) die("connect: %s", strerror(error));
        w->state = IDLE;
        watch(epoll, EPOLL_CTL_MOD, w->fd, EPOLLIN, (uint32_t)(w - writers));
    } else if (w->state == SENDING) {
        send_rest(w);
    } else {
        readable(w);
    }
}

/* ---- the run ---- */

static int may_send(uint64_t now, uint64_t until) {
    return now < until && (!option.count || sent < (uint64_t)option.count);
}

/* When the next post is due with --rate. */
static uint64_t due_at(void) {
    return begun + sent * SECOND / (uint64_t)option.rate;
}

/* Lets every writer that is due send; returns when the next one is. */
static uint64_t send_due(uint64_t until) {
    static int turn; /* after the last that sent: one that is never used is closed for silence */
    uint64_t next = until;
    for (int i = 0, first = turn; i < option.writers; i++) {
        struct writer *w = &writers[(first + i) % option.writers];
        if (w->state != IDLE) continue;
        uint64_t now = now_ns(), due = option.rate ? due_at() : w->not_before;
        if (!may_send(now, until)) break;
        if (due <= now) {
            turn = (first + i + 1) % option.writers;
            send_post(w, option.rate ? due : now);
        } else if (due < next) {
            next = due;
        }
    }
    return next;
}

static void no_commands(const char *line) {
    die("unknown command '%s'", line);
}

/* Returns the seconds from the start to the last answer. */
static double run(void) {
    struct commands commands = {.length = 0};
    struct epoll_event events[512];
    uint64_t start = begun = now_ns(), until = start + (uint64_t)option.seconds * SECOND, last = start;
    watch(epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, STDIN_TAG);
    while (may_send(now_ns(), until) || (outstanding && now_ns() < until + GRACE)) {
        uint64_t next = send_due(until), before = created + refused;
        int due = may_send(now_ns(), until) ? wait_ms(next, 1000) : 100;
        /* Awake, the server does not pay for waking this process with each answer. */
        int spinning = outstanding && now_ns() < last + (uint64_t)option.spin_us * 1000;
        int got = epoll_wait(epoll, events, 512, spinning ? 0 : due);
        for (int i = 0; i < got; i++) {
            if (events[i].data.u32 != STDIN_TAG) {
                handle(&writers[events[i].data.u32]);
            } else if (!commands_read(&commands, no_commands)) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
                until = now_ns();
            }
        }
        if (created + refused > before) last = now_ns();
    }
    return (double)(last - start) / 1e9;
}

static void report(double seconds) {
    printf("{\"event\":\"report\",\"writers\":%d,\"seconds\":%.3f,\"sent\":%" PRIu64
           ",\"created\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"unanswered\":%" PRIu64
           ",\"broken\":%" PRIu64 ",\"per_second\":%.1f,",
           option.writers, seconds, sent, created, refused, sent - created - refused, broken,
           seconds > 0 ? (double)created / seconds : 0);
    samples_print(&latency);
    printf("}\n");
}

static void add_bearer(const char *token) {
    if (option.bearers == BEARERS_MOST) die("more than %d tokens", BEARERS_MOST);
    option.bearer[option.bearers++] = token;
}

static void parse(int argc, char **argv) {
    static const struct option names[] = {
        {"port", required_argument, 0, 'p'},       {"path", required_argument, 0, 'u'},
        {"writers", required_argument, 0, 'w'},    {"bearer", required_argument, 0, 'b'},
        {"seconds", required_argument, 0, 's'},    {"count", required_argument, 0, 'c'},
        {"pause-ms", required_argument, 0, 'z'},   {"text-bytes", required_argument, 0, 't'},
        {"idempotency-keys", no_argument, 0, 'k'}, {"rate", required_argument, 0, 'r'},
        {"first-serial", required_argument, 0, 'f'}, {"spin-us", required_argument, 0, 'i'},
        {"method", required_argument, 0, 'm'},     {"body", required_argument, 0, 'y'},
        {"expect", required_argument, 0, 'x'},     {"people", required_argument, 0, 'l'},
        {0, 0, 0, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) switch (letter) {
            case 'p': option.port = (int)number_of("--port", optarg, 1, 65535); break;
            case 'u': option.path = optarg; break;
            case 'm': option.method = optarg; break;
            case 'y': option.body = optarg; break;
            case 'x': option.expect = (int)number_of("--expect", optarg, 100, 599); break;
            case 'l': people_read(&option.people, optarg); break;
            case 'w': option.writers = (int)number_of("--writers", optarg, 1, 4096); break;
            case 'b': add_bearer(optarg); break;
            case 's': option.seconds = number_of("--seconds", optarg, 1, 3600); break;
            case 'c': option.count = number_of("--count", optarg, 1, 100000000); break;
            case 'z': option.pause_ms = number_of("--pause-ms", optarg, 1, 60000); break;
            case 'f':
                option.first_serial = number_of("--first-serial", optarg, 1, 1000000000);
                break;
            case 'r': option.rate = number_of("--rate", optarg, 1, 100000); break;
            case 't': option.text_bytes = number_of("--text-bytes", optarg, 64, TEXT_MOST); break;
            case 'i': option.spin_us = number_of("--spin-us", optarg, 0, 100000); break;
            case 'k': option.keys = 1; break;
            default:
                die("usage: httpload --port P [--method POST] [--path /api/posts] [--body TEXT] "
                    "[--expect 201] [--writers W] [--bearer TOKEN]... [--people FILE] [--seconds S] "
                    "[--count N] [--pause-ms MS] [--rate PER_SECOND] [--text-bytes N] "
                    "[--first-serial N] [--idempotency-keys] [--spin-us US]");
        }
}

int main(int argc, char **argv) {
    parse(argc, argv);
    raise_descriptor_limit();
    run_key = now_ns();
    srandom((unsigned)run_key);
    memset(filling, 'x', (size_t)option.text_bytes - 2 * (sizeof STAMP + STAMP_DIGITS));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    writers = grown(NULL, (size_t)option.writers * sizeof *writers);
    for (int i = 0; i < option.writers; i++) {
        const char *bearer = option.bearers ? option.bearer[i % option.bearers] : NULL;
        writers[i] = (struct writer){.bearer = bearer,
                                     .request = grown(NULL, ANSWER_MOST),
                                     .answer = grown(NULL, ANSWER_MOST)};
        open_connection(&writers[i]);
    }
    report(run());
    return 0;
}
