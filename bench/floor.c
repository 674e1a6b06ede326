/* floor: the least that a fan-out over TCP can cost. Accepts WebSocket upgrades and, for each
 * `broadcast` on standard input, calls send() with one prebuilt frame on every connection: no
 * parsing, no queue, no encoding, no fairness.
 *
 * Prints one JSON object a line: its port when it listens, and for each broadcast the CPU time of
 * the loop alone (getrusage). Exits at the end of standard input or after --seconds. It answers
 * with the sample key of RFC 6455 1.3 whatever the client sent, so it is a partner for wsload and
 * for nothing else. */
#define _GNU_SOURCE
#include "load.h"

#define LISTENER_TAG UINT32_MAX
#define STDIN_TAG (UINT32_MAX - 1)
#define LEAST_PAYLOAD 48
#define MOST_PAYLOAD 65535

static struct {
    int port, most;
    long payload, seconds;
} option = {.most = 20000, .payload = 300, .seconds = 120};

static int epoll, count;
static int *sockets;
static unsigned char frame[4 + MOST_PAYLOAD + 1];
static size_t frame_length;

/* An unmasked text frame: a time stamp and filling. */
static void build_frame(uint64_t stamp) {
    size_t header = option.payload < 126 ? 2 : 4, length = (size_t)option.payload;
    frame[0] = 0x81;
    frame[1] = length < 126 ? (unsigned char)length : 126;
    if (header == 4) {
        frame[2] = (unsigned char)(length >> 8);
        frame[3] = (unsigned char)length;
    }
    memset(frame + header, 'x', length);
    int written = snprintf((char *)frame + header, length, "{\"text\":\"" STAMP_FORMAT, stamp);
    frame[header + (size_t)written] = 'x'; /* over the terminator of snprintf */
    memcpy(frame + header + length - 2, "\"}", 2);
    frame_length = header + length;
}

static double microseconds(struct timeval t) {
    return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static void broadcast(void) {
    struct rusage before, after;
    int delivered = 0;
    build_frame(now_ns());
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < count; i++)
        delivered += send(sockets[i], frame, frame_length, MSG_NOSIGNAL) == (ssize_t)frame_length;
    getrusage(RUSAGE_SELF, &after);
    printf(
        "{\"event\":\"broadcast\",\"deliveries\":%d,\"lost\":%d,\"user_us\":%.0f,\"system_us\":%."
        "0f}\n",
        delivered, count - delivered, microseconds(after.ru_utime) - microseconds(before.ru_utime),
        microseconds(after.ru_stime) - microseconds(before.ru_stime));
    fflush(stdout);
}

static void command(const char *line) {
    if (strcmp(line, "broadcast")) die("unknown command '%s'", line);
    broadcast();
}

static int listen_loopback(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096))
        die("listen: %s", strerror(errno));
    getsockname(fd, (struct sockaddr *)&at, &size);
    printf("{\"event\":\"listening\",\"port\":%d}\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_all(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (count == option.most) die("more than %d connections", option.most);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, (uint32_t)count);
        sockets[count++] = fd;
    }
}

/* The first bytes are the upgrade request, in one piece on a loopback; whatever comes later is read
 * and ignored. */
static void readable(uint32_t index) {
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " SAMPLE_ACCEPT "\r\n\r\n";
    char bytes[16384];
    ssize_t got = recv(sockets[index], bytes, sizeof bytes, 0);
    if (got > 4 && !memcmp(bytes, "GET ", 4)) {
        if (send(sockets[index], answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
            die("send: %s", strerror(errno));
    } else if (got == 0 || (got < 0 && errno != EAGAIN)) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, sockets[index],
                  NULL); /* its send() fails from now on and counts as lost */
    }
}

static void serve_until(int listener, uint64_t deadline) {
    struct commands commands = {.length = 0};
    struct epoll_event events[512];
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, LISTENER_TAG);
    watch(epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, STDIN_TAG);
    while (now_ns() < deadline) {
        int got = epoll_wait(epoll, events, 512, wait_ms(deadline, 1000));
        for (int i = 0; i < got; i++) {
            uint32_t tag = events[i].data.u32;
            if (tag == LISTENER_TAG)
                accept_all(listener);
            else if (tag != STDIN_TAG)
                readable(tag);
            else if (!commands_read(&commands, command))
                return;
        }
    }
}

static void parse(int argc, char **argv) {
    static const struct option names[] = {
        {"port", required_argument, 0, 'p'},
        {"connections", required_argument, 0, 'n'},
        {"payload", required_argument, 0, 'l'},
        {"seconds", required_argument, 0, 's'},
        {0, 0, 0, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) switch (letter) {
            case 'p': option.port = (int)number_of("--port", optarg, 0, 65535); break;
            case 'n': option.most = (int)number_of("--connections", optarg, 1, 100000); break;
            case 'l':
                option.payload = number_of("--payload", optarg, LEAST_PAYLOAD, MOST_PAYLOAD);
                break;
            case 's': option.seconds = number_of("--seconds", optarg, 1, 3600); break;
            default:
                die("usage: floor [--port P] [--connections MOST] [--payload BYTES] [--seconds S]");
        }
}

int main(int argc, char **argv) {
    parse(argc, argv);
    raise_descriptor_limit();
    sockets = grown(NULL, (size_t)option.most * sizeof *sockets);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_loopback(option.port);
    serve_until(listener, now_ns() + (uint64_t)option.seconds * SECOND);
    return 0;
}
