/* upnas serve: the store as pages, for the one who sits at this machine.
 *
 * Listens on 127.0.0.1 alone, answers GET and HEAD alone, and refuses every Host but its
 * own, so that no page from elsewhere can have a browser read the store (DNS rebinding). The
 * store is opened for reading, and for each request anew: a page left open for days keeps
 * nobody from compacting it. One thread answers one request after the other. */
#include "cli/command/serve_visitors.h"
#include "cli/shared/cli.h"
#include "cli/page/assets.h"
#include "cli/page/page.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_PORT = 8642, LAST_SECONDS = 1 };

struct server {
    struct up_common common;
    int64_t port;
    struct up_visitors visitors;
};

/* ---- answering ---- */

struct reply {
    unsigned status;
    struct up_buf body;
};

static void sorry(struct reply *r, unsigned status, const char *title, const char *sentence)
{
    up_buf_clear(&r->body);
    up_page_sorry(&r->body, title, sentence);
    r->status = status;
}

/* "/run/ID" and "/run/ID/why?at=..." */
static int run_page(struct reply *r, struct up_store *s, const char *rest, const char *at,
                    struct up_err *err)
{
    struct up_run_record *run = NULL;
    char id[128];
    size_t n = strcspn(rest, "/");
    bool why = !strcmp(rest + n, "/why");
    if (n >= sizeof id || (rest[n] && !why))
        return up_fail(err, UP_EUSAGE, "there is no such page");
    memcpy(id, rest, n);
    id[n] = '\0';
    int rc = up_run_find(s, id, &run, err);
    if (!rc)
        rc = why && at && *at ? up_page_why(&r->body, s, run, at, err)
                              : up_page_run(&r->body, s, run, true, err);
    up_run_record_free(run);
    return rc;
}

static void answer(struct reply *r, const struct server *v, const char *path, const char *at)
{
    struct up_store *s = NULL;
    struct up_err err = {0};
    int rc = up_cli_open_store(&s, &v->common, false, &err);
    if (rc) {
        sorry(r, MHD_HTTP_SERVICE_UNAVAILABLE, "The store cannot be opened", err.msg);
        return;
    }
    if (!strcmp(path, "/"))
        rc = up_page_runs(&r->body, s, v->common.store, &err);
    else if (!strncmp(path, "/run/", 5))
        rc = run_page(r, s, path + 5, at, &err);
    else
        rc = up_fail(&err, UP_EUSAGE, "there is no such page; the runs are on the first one");
    if (rc == UP_EUSAGE)
        sorry(r, MHD_HTTP_NOT_FOUND, "Not found", err.msg);
    else if (rc)
        sorry(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "This cannot be shown", err.msg);
    up_store_close(s);
}

/* ---- HTTP ---- */

static enum MHD_Result send_reply(struct MHD_Connection *c, struct reply *r)
{
    static const char *const headers[][2] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    struct up_buf policy = UP_BUF_INIT;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->body.len, r->body.data, MHD_RESPMEM_MUST_COPY);
    up_buf_release(&r->body);
    if (!response)
        return MHD_NO;
    up_page_policy(&policy, true);
    MHD_add_response_header(response, "Content-Security-Policy", up_buf_str(&policy));
    up_buf_release(&policy);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; ++i)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (r->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result sent = MHD_queue_response(c, r->status, response);
    MHD_destroy_response(response);
    return sent;
}

static bool our_host(struct MHD_Connection *c, int64_t port)
{
    static const char *const name[] = {"127.0.0.1", "localhost"};
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    char want[32];
    for (size_t i = 0; host && i < sizeof name / sizeof *name; ++i) {
        snprintf(want, sizeof want, "%s:%d", name[i], (int)port);
        if (!strcmp(host, want) || (port == 80 && !strcmp(host, name[i])))
            return true;
    }
    return false;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    static char seen;
    const struct server *v = ctx;
    struct reply r = {.status = MHD_HTTP_OK};
    (void)version, (void)upload;
    if (!*state) { /* the headers are there; a body may follow, which nobody reads */
        *state = &seen;
        return MHD_YES;
    }
    if (*upload_size) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (!our_host(c, v->port))
        sorry(&r, MHD_HTTP_FORBIDDEN, "Not for this host",
              "This page is only for the machine it runs on, under 127.0.0.1 or localhost.");
    else if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
        sorry(&r, MHD_HTTP_METHOD_NOT_ALLOWED, "Only to look at",
              "Nothing can be changed here: GET and HEAD are all there is.");
    else
        answer(&r, v, url, MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "at"));
    return send_reply(c, &r);
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *v = ctx;
    (void)state;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        up_visitors_leave(&v->visitors, c);
        return;
    }
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    int socket = fd ? fd->connect_fd : -1;
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *a =
        from ? (const struct sockaddr_in *)(const void *)from->client_addr : NULL;
    up_visitors_enter(&v->visitors, c, socket, a ? a->sin_addr.s_addr : 0);
}

static void on_answered(void *ctx, struct MHD_Connection *c, void **state,
                        enum MHD_RequestTerminationCode code)
{
    struct server *v = ctx;
    (void)state, (void)code;
    up_visitors_answered(&v->visitors, c);
}

/* ---- the command ---- */

static int listen_here(struct MHD_Daemon **d, struct server *v, struct up_err *err)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)v->port),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    *d = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
                          on_request, v, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&here,
                          MHD_OPTION_CONNECTION_LIMIT, (unsigned)UP_VISITORS_ROOM,
                          MHD_OPTION_NOTIFY_CONNECTION, on_connection, v,
                          MHD_OPTION_NOTIFY_COMPLETED, on_answered, v, MHD_OPTION_END);
    if (!*d)
        return up_fail_errno(err,
                             "cannot listen on 127.0.0.1:%d; --port N names another port, "
                             "--port 0 takes any that is free",
                             (int)v->port);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(*d, MHD_DAEMON_INFO_BIND_PORT);
    if (info)
        v->port = info->port;
    return UP_OK;
}

static int announce(const struct server *v, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_jw w;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", (int)v->port);
    if (v->common.json) {
        up_jw_init(&w, &out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "url", url);
        up_jw_key_str(&w, "store", v->common.store);
        up_jw_end(&w);
        up_buf_puts(&out, "\n");
    } else {
        up_say(&out, "%s shows the runs in %s; Ctrl-C ends it\n", url, v->common.store);
    }
    int rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

/* Leaves what is being answered: the store is only read, so nothing can be lost. */
static void give_up(int number)
{
    (void)number;
    _exit(0);
}

/* Until Ctrl-C or SIGTERM; a request that is being answered then has LAST_SECONDS. */
static void serve_until_stopped(struct server *v, const sigset_t *stop)
{
    const struct timespec second = {.tv_sec = 1};
    const struct sigaction late = {.sa_handler = give_up};
    while (sigtimedwait(stop, NULL, &second) < 0)
        up_visitors_tidy(&v->visitors);
    (void)sigaction(SIGALRM, &late, NULL);
    (void)alarm(LAST_SECONDS);
    up_visitors_close(&v->visitors);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct server v = {.common = UP_COMMON_INIT, .port = DEFAULT_PORT};
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&v.common),
                                  {"--port", UP_OPT_INT, &v.port, "N",
                                   "port (default 8642; 0: any that is free)", 0, 65535},
                                  {0}};
    struct up_store *store = NULL;
    struct MHD_Daemon *daemon = NULL;
    sigset_t stop;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || v.common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)) ||
        (rc =
             up_cli_open_store(&store, &v.common, false, err))) /* say so before anybody asks */
        return rc;
    up_store_close(store);
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); /* in the daemon's thread too */
    up_visitors_init(&v.visitors);
    if (!(rc = listen_here(&daemon, &v, err)) && !(rc = announce(&v, err)))
        serve_until_stopped(&v, &stop);
    if (daemon)
        MHD_stop_daemon(daemon);
    up_visitors_release(&v.visitors);
    return rc;
}

const struct up_command up_command_serve = {
    "serve", "[--port N]", "the runs as pages in a browser on this machine",
    "Prints the address and answers until Ctrl-C or SIGTERM. Only this machine reaches it, "
    "and\n"
    "only to look: runs, their graph and cells, and where each number comes from.",
    run};
