/* What uWebSockets does with the traffic of Benchmarks/realtime.py: the same bytes on the wire as a Socket.IO server,
 * and nothing that a Socket.IO server must do besides. No packet is parsed past its first bytes, no JSON is checked,
 * there are no namespaces, acknowledgement timeouts or polling; the heartbeat is WebSocket's own. So it is the least
 * that a server in this place can cost.
 *
 *     42ID["echo",ARGUMENTS]          is answered 43ID[ARGUMENTS]
 *     42ID["join","ROOM"]             subscribes, and is answered 43ID[]
 *     42ID["publish","ROOM",VALUE]    sends 42["message",VALUE] to the room, and is answered 43ID[]
 *
 * The library is the one in PyPI's socketify; what is used of its C interface is declared here.
 *     cc -O2 uwebsockets.c libsocketify_linux_amd64.so; ./a.out PORT
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *files[6];
    int low_memory;
};

struct listening {
    int port;
    const char *host;
    int options;
};

typedef void (*on_event)(void *socket, void *data);
typedef void (*on_message)(void *socket, const char *text, size_t length, int opcode, void *data);
typedef void (*on_beat)(void *socket, const char *text, size_t length, void *data);
typedef void (*on_close)(void *socket, int code, const char *text, size_t length, void *data);

struct behavior {
    int compression;
    unsigned int maximum_payload;
    unsigned short idle_timeout;
    unsigned int maximum_backpressure;
    bool close_on_backpressure;
    bool reset_idle_on_send;
    bool sends_pings;
    unsigned short maximum_lifetime;
    void (*upgrade)(void *, void *, void *, void *);
    on_event open;
    on_message message;
    on_event drain;
    on_beat ping, pong;
    on_close close;
    void (*subscription)(void *, const char *, size_t, int, int, void *);
};

void *uws_create_app(int ssl, struct options options);
void uws_ws(int ssl, void *app, const char *pattern, struct behavior behavior, void *data);
void uws_app_listen_with_config(int ssl, void *app, struct listening config,
                                void (*handler)(void *, struct listening, void *), void *data);
void uws_app_run(int ssl, void *app);
int uws_ws_send(int ssl, void *socket, const char *text, size_t length, int opcode);
bool uws_ws_subscribe(int ssl, void *socket, const char *topic, size_t length);
bool uws_publish(int ssl, void *app, const char *topic, size_t topic_length, const char *text, size_t length,
                 int opcode, bool compress);

enum { TEXT = 1, PAYLOAD = 1000000 };

static void *app;
static char output[PAYLOAD + 64];

static void opened(void *socket, void *data) {
    static unsigned long sessions;
    char text[200];
    int length = snprintf(text, sizeof text,
                          "0{\"sid\":\"%020lu\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,"
                          "\"maxPayload\":%d}", ++sessions, PAYLOAD);
    uws_ws_send(0, socket, text, (size_t)length, TEXT);
}

static void answer(void *socket, const char *id, size_t id_length, const char *arguments, size_t length) {
    char *end = output;
    *end++ = '4';
    *end++ = '3';
    end = mempcpy(end, id, id_length);
    *end++ = '[';
    end = mempcpy(end, arguments, length);
    *end++ = ']';
    uws_ws_send(0, socket, output, (size_t)(end - output), TEXT);
}

static void received(void *socket, const char *text, size_t length, int opcode, void *data) {
    static unsigned long sockets;
    if (length == 2 && memcmp(text, "40", 2) == 0) {
        char reply[64];
        int count = snprintf(reply, sizeof reply, "40{\"sid\":\"%020lu\"}", ++sockets);
        uws_ws_send(0, socket, reply, (size_t)count, TEXT);
        return;
    }
    if (length < 8 || memcmp(text, "42", 2) != 0) return;
    const char *end = text + length - 1;
    const char *id = text + 2;
    const char *event = id;
    while (*event >= '0' && *event <= '9' && event < end) event++;
    size_t digits = (size_t)(event - id);
    size_t rest = (size_t)(end - event);
    if (rest >= 8 && memcmp(event, "[\"echo\",", 8) == 0) {
        answer(socket, id, digits, event + 8, rest - 8);
    } else if (rest >= 11 && memcmp(event, "[\"publish\",", 11) == 0) {
        const char *room = event + 12;
        const char *quote = memchr(room, '"', (size_t)(end - room));
        if (!quote || quote + 2 > end) return;
        char *place = mempcpy(output, "42[\"message\",", 13);
        place = mempcpy(place, quote + 2, (size_t)(end - quote - 2));
        *place++ = ']';
        uws_publish(0, app, room, (size_t)(quote - room), output, (size_t)(place - output), TEXT, false);
        answer(socket, id, digits, "", 0);
    } else if (rest >= 8 && memcmp(event, "[\"join\",", 8) == 0) {
        uws_ws_subscribe(0, socket, event + 9, rest - 10);
        answer(socket, id, digits, "", 0);
    }
}

static void listening(void *listener, struct listening config, void *data) {
    if (!listener) exit(1);
    fprintf(stderr, "listening on %d\n", config.port);
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    struct options none = {0};
    app = uws_create_app(0, none);
    struct behavior behavior = {
        .maximum_payload = PAYLOAD, .idle_timeout = 60, .maximum_backpressure = 16 << 20, .sends_pings = true,
        .open = opened, .message = received,
    };
    uws_ws(0, app, "/*", behavior, NULL);
    struct listening config = {.port = atoi(arguments[1]), .host = "127.0.0.1"};
    uws_app_listen_with_config(0, app, config, listening, NULL);
    uws_app_run(0, app);
    return 0;
}
