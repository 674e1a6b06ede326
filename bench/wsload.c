/* wsload: holds N WebSocket connections open and measures what is delivered to them.
 *
 * Each connection upgrades, sends one text message if told to, and is ready when a frame with the
 * acknowledgement has come. From then on each data frame that carries a time stamp (see load.h) is
 * a delivery; its latency runs from the stamp to the moment the bytes are read here.
 *
 * Prints one JSON object a line. Commands on standard input:
 *   await COUNT MS        answers when COUNT deliveries have been seen since the last reset, or after
 *                         MS milliseconds
 *   report                prints deliveries, connections and latencies
 *   reset                 starts counting anew
 *   resume SERIAL TEXT    drops every connection without a word, opens all of them again with TEXT as
 *                         the message, and prints "ready" as at the start. From then on deliveries
 *                         count before the acknowledgement too (they are a replay, so they are not
 *                         timed), and each connection must get the posts SERIAL, SERIAL + 1, ... in
 *                         this order: what is out of place is counted.
 * At the end of standard input or after --seconds it prints a last report and exits. */
#define _GNU_SOURCE
#include "load.h"

#define SCRATCH (1 << 20) /* the largest frame that can be read */
#define STDIN_TAG UINT32_MAX

enum opcode {
    OP_CONTINUATION = 0,
    OP_TEXT = 1,
    OP_BINARY = 2,
    OP_CLOSE = 8,
    OP_PING = 9,
    OP_PONG = 10
};
enum state { CONNECTING, UPGRADING, JOINING, READY, CLOSED };

struct connection {
    int fd;
    enum state state;
    uint32_t deliveries;
    uint64_t next_serial;
    uint32_t rest_length, rest_capacity;
    unsigned char *rest; /* the start of a frame whose end has not come yet */
};

struct frame {
    unsigned opcode;
    const unsigned char *payload;
    size_t length;
};

static struct {
    int port, connections, at_once, receive_buffer, stall, engine_io;
    long seconds, spin_us;
    const char *path, *bearer, *message, *acknowledgement;
    struct people people; /* connection by connection; {me} in the message stands for the id */
} option = {.port = 8000, .connections = 100, .at_once = 128, .seconds = 120, .path = "/ws"};

static struct connection *connections;
static int epoll, opened, pending, ready, failed, closed, last_close_code;
static int announced, resumed;
static uint64_t started, half_ready, misplaced, first_serial, deliveries, payload_bytes, awaited, await_until, last_delivery;
static struct samples latency;
static unsigned char scratch[SCRATCH];

static void forget(struct connection *c) {
    c->state = CLOSED;
    close(c->fd);
    free(c->rest);
    c->rest = NULL;
    c->rest_length = c->rest_capacity = 0;
}

static void drop(struct connection *c, const char *why) {
    if (c->state == READY) {
        ready--;
        closed++;
    } else {
        pending--;
        if (!failed++)
            fprintf(stderr, "wsload: %s\n", why); /* the first tells enough; 5,000 would bury it */
    }
    forget(c);
}

static void set_ready(struct connection *c) {
    c->state = READY;
    pending--;
    ready++;
    if (ready * 2 >= option.connections && !half_ready) half_ready = now_ns();
    /* A stalled reader: its socket stays open, and nobody looks at it any more. */
    if (option.stall) epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
}

/* Client frames are masked (RFC 6455 5.3). Everything sent here is small and the socket is idle, so
 * a short write means that the connection is broken. */
static void send_frame(struct connection *c, enum opcode opcode, const void *payload,
                       size_t length) {
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char frame[8 + 65535], *out = frame;
    if (length > 65535) die("the message to send is longer than 65,535 bytes");
    *out++ = 0x80 | (unsigned char)opcode;
    if (length < 126) {
        *out++ = 0x80 | (unsigned char)length;
    } else {
        *out++ = 0x80 | 126;
        *out++ = (unsigned char)(length >> 8);
        *out++ = (unsigned char)length;
    }
    memcpy(out, mask, 4);
    out += 4;
    for (size_t i = 0; i < length; i++) out[i] = ((const unsigned char *)payload)[i] ^ mask[i & 3];
    size_t total = (size_t)(out - frame) + length;
    if (send(c->fd, frame, total, MSG_NOSIGNAL) != (ssize_t)total) shutdown(c->fd, SHUT_RDWR);
}

static const struct person *person_of(const struct connection *c) {
    return &option.people.of[(size_t)(c - connections) % option.people.count];
}

static void send_upgrade(struct connection *c) {
    char request[8192];
    const char *bearer = option.people.count ? person_of(c)->token : option.bearer;
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: " SAMPLE_KEY "\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
        option.path, option.port, bearer ? "Authorization: Bearer " : "", bearer ? bearer : "",
        bearer ? "\r\n" : "");
    if (length >= (int)sizeof request)
        die("the token is too long for a request of %zu bytes", sizeof request);
    if (send(c->fd, request, (size_t)length, MSG_NOSIGNAL) != length) shutdown(c->fd, SHUT_RDWR);
    c->state = UPGRADING;
    watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLIN, (uint32_t)(c - connections));
}

static void send_message(struct connection *c) {
    char message[8192];
    size_t length = replaced(message, sizeof message, option.message, "{me}",
                             option.people.count ? person_of(c)->id : "");
    send_frame(c, OP_TEXT, message, length);
}

/* Bytes of the upgrade answer at `data`; 0 when it is not complete yet, -1 when it is a refusal. */
static ssize_t upgrade_answer(const unsigned char *data, size_t length) {
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end + 4 - (const char *)data);
    if (memcmp(data, "HTTP/1.1 101", 12) ||
        !memmem(data, head, SAMPLE_ACCEPT, sizeof SAMPLE_ACCEPT - 1))
        return -1;
    return (ssize_t)head;
}

/* Bytes of the frame at `data`, or 0 when it is not complete yet. Server frames are not masked. */
static size_t next_frame(const unsigned char *data, size_t length, struct frame *frame) {
    if (length < 2) return 0;
    size_t size = data[1] & 127, header = 2, extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (length < header + extended) return 0;
    if (extended) size = 0;
    for (size_t i = 0; i < extended; i++) size = size << 8 | data[header + i];
    header += extended;
    if (size > SCRATCH - 16) die("a frame of %zu bytes is more than this program can read", size);
    if (length < header + size) return 0;
    *frame = (struct frame){.opcode = data[0] & 15, .payload = data + header, .length = size};
    return header + size;
}

static int contains(const struct frame *frame, const char *text) {
    return memmem(frame->payload, frame->length, text, strlen(text)) != NULL;
}

/* The number after `mark`, if the frame has one. */
static int marked(const struct frame *frame, const char *mark, uint64_t *value) {
    const char *found = memmem(frame->payload, frame->length, mark, strlen(mark));
    if (!found) return 0;
    const char *digits = found + strlen(mark);
    if ((const char *)frame->payload + frame->length < digits + STAMP_DIGITS + 1) return 0;
    if (digits[STAMP_DIGITS] != '@') return 0;
    *value = strtoull(digits, NULL, 10);
    return 1;
}

static void check_order(struct connection *c, const struct frame *frame) {
    uint64_t serial = 0;
    if (!marked(frame, SERIAL, &serial) || serial != c->next_serial) misplaced++;
    c->next_serial = serial + 1;
}

static void data_frame(struct connection *c, const struct frame *frame, uint64_t now) {
    uint64_t stamp;
    if (c->state == JOINING) {
        if (contains(frame, option.acknowledgement)) {
            set_ready(c);
            return;
        }
        if (!resumed) return;
    }
    if (option.engine_io && frame->length == 1 && *frame->payload == '2') {
        send_frame(c, OP_TEXT, "3", 1); /* Engine.IO: ping and pong are text messages */
        return;
    }
    if (!marked(frame, STAMP, &stamp)) return;
    if (resumed) check_order(c, frame);
    if (c->state == READY) samples_add(&latency, now - stamp);
    c->deliveries++;
    deliveries++;
    last_delivery = now;
    payload_bytes += frame->length;
}

static void received_frame(struct connection *c, const struct frame *frame, uint64_t now) {
    switch (frame->opcode) {
        case OP_CONTINUATION:
        case OP_TEXT:
        case OP_BINARY: data_frame(c, frame, now); break;
        case OP_PING: send_frame(c, OP_PONG, frame->payload, frame->length); break;
        case OP_CLOSE:
            if (frame->length >= 2) last_close_code = frame->payload[0] << 8 | frame->payload[1];
            send_frame(c, OP_CLOSE, frame->payload, frame->length); /* then the server hangs up */
            break;
    }
}

static void keep_rest(struct connection *c, const unsigned char *data, size_t length) {
    if (length > c->rest_capacity) {
        c->rest_capacity = (uint32_t)length;
        c->rest = grown(c->rest, length);
    }
    if (length) memcpy(c->rest, data, length);
    c->rest_length = (uint32_t)length;
}

/* One read a turn: epoll is level-triggered, and no connection starves the others. */
static void readable(struct connection *c) {
    if (c->rest_length) memcpy(scratch, c->rest, c->rest_length);
    ssize_t got = recv(c->fd, scratch + c->rest_length, SCRATCH - c->rest_length, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        drop(c, c->state == JOINING ? "closed before the acknowledgement"
                                    : "closed before the upgrade");
        return;
    }
    uint64_t now = now_ns();
    const unsigned char *data = scratch, *end = scratch + c->rest_length + got;
    if (c->state == UPGRADING) {
        ssize_t used = upgrade_answer(data, (size_t)(end - data));
        if (used < 0) {
            char why[300];
            snprintf(why, sizeof why, "upgrade refused: %.*s",
                     (int)(end - data < 200 ? end - data : 200), data);
            drop(c, why);
            return;
        }
        if (used > 0) {
            data += used;
            c->state = JOINING;
            if (option.message) send_message(c);
            if (!option.acknowledgement) set_ready(c);
        }
    }
    struct frame frame;
    size_t used;
    while (c->state >= JOINING && (used = next_frame(data, (size_t)(end - data), &frame))) {
        received_frame(c, &frame, now);
        data += used;
    }
    keep_rest(c, data, (size_t)(end - data));
}

static void handle(struct connection *c) {
    if (c->state == CLOSED) return;
    if (c->state != CONNECTING) {
        readable(c);
        return;
    }
    int error = socket_error(c->fd);
    if (error)
        drop(c, strerror(error));
    else
        send_upgrade(c);
}

static void open_more(void) {
    while (opened < option.connections && pending < option.at_once) {
        struct connection *c = &connections[opened];
        *c = (struct connection){.fd = connect_loopback(option.port, (unsigned)opened),
                                 .next_serial = first_serial};
        if (option.receive_buffer)
            setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &option.receive_buffer,
                       sizeof option.receive_buffer);
        watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLOUT, (uint32_t)opened);
        opened++;
        pending++;
    }
}

static void announce(void) {
    if (announced || opened < option.connections || pending) return;
    announced = 1;
    printf(
        "{\"event\":\"ready\",\"connections\":%d,\"failed\":%d,\"half_seconds\":%.3f,"
        "\"seconds\":%.3f}\n",
        ready, failed, half_ready ? (double)(half_ready - started) / 1e9 : 0,
        (double)(now_ns() - started) / 1e9);
    fflush(stdout);
}

static void answer_await(void) {
    if (!await_until || (deliveries < awaited && now_ns() < await_until)) return;
    await_until = 0;
    printf("{\"event\":\"awaited\",\"deliveries\":%" PRIu64 "}\n", deliveries);
    fflush(stdout);
}

static void report(void) {
    uint32_t fewest = UINT32_MAX, most = 0;
    for (int i = 0; i < opened; i++) {
        if (connections[i].deliveries < fewest) fewest = connections[i].deliveries;
        if (connections[i].deliveries > most) most = connections[i].deliveries;
    }
    printf(
        "{\"event\":\"report\",\"connections\":%d,\"failed\":%d,\"closed\":%d,\"close_code\":%d,"
        "\"deliveries\":%" PRIu64 ",\"misplaced\":%" PRIu64
        ",\"fewest\":%u,\"most\":%u,\"payload_bytes\":%.1f,",
        ready, failed, closed, last_close_code, deliveries, misplaced, opened ? fewest : 0, most,
        deliveries ? (double)payload_bytes / (double)deliveries : 0);
    samples_print(&latency);
    printf("}\n");
    fflush(stdout);
}

static void reset(void) {
    deliveries = payload_bytes = misplaced = 0;
    latency.count = 0;
    for (int i = 0; i < opened; i++) connections[i].deliveries = 0;
}

/* Everybody drops and comes back. What epoll has reported of the old sockets finds them closed; the
 * new ones are opened by the loop. */
static void resume(uint64_t serial, const char *message) {
    static char kept[sizeof((struct commands *)0)->text];
    for (int i = 0; i < opened; i++)
        if (connections[i].state != CLOSED) forget(&connections[i]);
    snprintf(kept, sizeof kept, "%s", message);
    option.message = kept;
    first_serial = serial;
    resumed = 1;
    opened = pending = ready = failed = closed = announced = 0;
    half_ready = 0;
    started = now_ns();
    reset();
}

static void command(const char *line) {
    unsigned long count, ms, serial;
    int text = 0;
    if (sscanf(line, "await %lu %lu", &count, &ms) == 2) {
        awaited = count;
        await_until = now_ns() + ms * MILLISECOND;
    } else if (sscanf(line, "resume %lu %n", &serial, &text) == 1 && text) {
        resume(serial, line + text);
    } else if (!strcmp(line, "report")) {
        report();
    } else if (!strcmp(line, "reset")) {
        reset();
    } else {
        die("unknown command '%s'", line);
    }
}

static void serve_until(uint64_t deadline) {
    struct commands commands = {.length = 0};
    struct epoll_event events[512];
    watch(epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, STDIN_TAG);
    while (now_ns() < deadline) {
        open_more();
        announce();
        answer_await();
        uint64_t until = await_until && await_until < deadline ? await_until : deadline;
        int spinning = now_ns() < last_delivery + (uint64_t)option.spin_us * 1000;
        int count = epoll_wait(epoll, events, 512, spinning ? 0 : wait_ms(until, 1000));
        for (int i = 0; i < count; i++) {
            if (events[i].data.u32 != STDIN_TAG)
                handle(&connections[events[i].data.u32]);
            else if (!commands_read(&commands, command))
                return;
        }
    }
}

static void parse(int argc, char **argv) {
    static const struct option names[] = {
        {"port", required_argument, 0, 'p'},
        {"path", required_argument, 0, 'u'},
        {"connections", required_argument, 0, 'n'},
        {"bearer", required_argument, 0, 'b'},
        {"people", required_argument, 0, 'l'},
        {"message", required_argument, 0, 'm'},
        {"acknowledgement", required_argument, 0, 'a'},
        {"spin-us", required_argument, 0, 'i'},
        {"at-once", required_argument, 0, 'o'},
        {"receive-buffer", required_argument, 0, 'r'},
        {"stall", no_argument, 0, 't'},
        {"engine-io", no_argument, 0, 'e'},
        {"seconds", required_argument, 0, 's'},
        {0, 0, 0, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) switch (letter) {
            case 'p': option.port = (int)number_of("--port", optarg, 1, 65535); break;
            case 'u': option.path = optarg; break;
            case 'n':
                option.connections = (int)number_of("--connections", optarg, 1, 100000);
                break;
            case 'b': option.bearer = optarg; break;
            case 'l': people_read(&option.people, optarg); break;
            case 'm': option.message = optarg; break;
            case 'a': option.acknowledgement = optarg; break;
            case 'i': option.spin_us = number_of("--spin-us", optarg, 0, 100000); break;
            case 'o': option.at_once = (int)number_of("--at-once", optarg, 1, 100000); break;
            case 'r':
                option.receive_buffer = (int)number_of("--receive-buffer", optarg, 1024, 1 << 24);
                break;
            case 't': option.stall = 1; break;
            case 'e': option.engine_io = 1; break;
            case 's': option.seconds = number_of("--seconds", optarg, 1, 3600); break;
            default:
                die("usage: wsload --port P [--path /ws] [--connections N] [--bearer TOKEN] "
                    "[--people FILE] [--message TEXT] [--acknowledgement TEXT] [--spin-us US] [--at-once N] "
                    "[--receive-buffer BYTES] [--stall] [--engine-io] [--seconds S]");
        }
}

int main(int argc, char **argv) {
    parse(argc, argv);
    raise_descriptor_limit();
    connections = grown(NULL, (size_t)option.connections * sizeof *connections);
    memset(connections, 0, (size_t)option.connections * sizeof *connections);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    started = now_ns();
    serve_until(started + (uint64_t)option.seconds * SECOND);
    report();
    return 0;
}
