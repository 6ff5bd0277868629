#include "cli/shared/progress.h"
#include "cli/shared/io.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR = 24, PLAIN_EVERY = 5 };

void up_progress_init(struct up_progress *p, bool json)
{
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    bool clever = term && strcmp(term, "dumb");
    *p = (struct up_progress){.json = json};
    p->bar = !json && clever && isatty(STDERR_FILENO);
    p->colour = !json && clever && !(no && *no) && isatty(STDOUT_FILENO);
    p->last = up_clock();
}

static void clear_bar(struct up_progress *p)
{
    if (p->bar_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    p->bar_shown = false;
}

void up_progress_end(struct up_progress *p)
{
    clear_bar(p);
    up_buf_release(&p->line);
    up_buf_release(&p->notes);
}

/* A failed write to a closed pipe is found when the result is printed. */
static void put_line(struct up_progress *p, FILE *to)
{
    clear_bar(p);
    up_buf_puts(&p->line, "\n");
    fwrite(p->line.data, 1, p->line.len, to);
    fflush(to);
    up_buf_clear(&p->line);
}

static void left_text(struct up_buf *b, double seconds)
{
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    int s = (int)(seconds < 1e9 ? seconds : 1e9);
    if (s >= 2 * DAY)
        up_say(b, ", %.1f days left", seconds / DAY);
    else if (s >= 2 * HOUR)
        up_say(b, ", %d:%02d h left", s / HOUR, s % HOUR / MINUTE);
    else if (s >= MINUTE)
        up_say(b, ", %d:%02d min left", s / MINUTE, s % MINUTE);
    else if (seconds > 0)
        up_say(b, ", %d s left", s + 1);
}

static void progress_text(struct up_buf *b, const struct up_event *e)
{
    up_say(b, "%" PRIu64, e->done);
    if (e->total)
        up_say(b, "/%" PRIu64, e->total);
    up_say(b, " %s", e->unit ? e->unit : "");
    if (e->rate > 0)
        up_say(b, ", %.*f/s", e->rate < 0.1 ? 3 : e->rate < 10 ? 1 : 0, e->rate);
    left_text(b, e->left);
}

static void draw_bar(struct up_progress *p, const struct up_event *e)
{
    struct winsize size = {0};
    int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
    double part = e->total ? (double)e->done / (double)e->total : 0;
    int full = (int)(part * BAR);

    up_buf_clear(&p->line);
    up_say(&p->line, "%-10s [", e->node);
    for (int i = 0; i < BAR; ++i)
        up_buf_puts(&p->line, i < full ? "#" : ".");
    up_buf_puts(&p->line, "] ");
    progress_text(&p->line, e);
    fprintf(stderr, "\r%.*s\033[K", width - 1, up_buf_str(&p->line));
    fflush(stderr);
    up_buf_clear(&p->line);
    p->bar_shown = true;
}

static void on_progress(struct up_progress *p, const struct up_event *e)
{
    double now = up_clock(), every = p->bar ? 0.1 : p->json ? 1 : PLAIN_EVERY;
    if (now - p->last < every)
        return;
    p->last = now;
    if (!p->bar || p->notes.len)
        up_say(&p->line, "%-10s ...%s", e->node, p->bar ? "" : " ");
    if (!p->bar)
        progress_text(&p->line, e);
    up_buf_append(&p->line, p->notes.data, p->notes.len);
    up_buf_clear(&p->notes);
    if (p->line.len)
        put_line(p, stdout);
    if (p->bar)
        draw_bar(p, e);
}

static const char *colour_of(const struct up_progress *p, enum up_done d)
{
    if (!p->colour)
        return "";
    return d == UP_DONE_RAN ? "\033[32m" : d == UP_DONE_FAILED ? "\033[31m" : "\033[2m";
}

static void on_finish(struct up_progress *p, const struct up_event *e)
{
    char took[24];
    up_say(&p->line, "%-10s ", e->node);
    up_buf_puts(&p->line, colour_of(p, e->status));
    up_say(&p->line, "%-8s", up_done_name(e->status));
    up_buf_puts(&p->line, p->colour ? "\033[0m" : "");
    if (e->status == UP_DONE_RAN || e->status == UP_DONE_FAILED)
        up_say(&p->line, " %10s", up_time_text(took, e->seconds));
    else
        up_say(&p->line, " %10s", "");
    if (e->why && e->status != UP_DONE_CACHED)
        up_say(&p->line, "  %s", e->why);
    up_buf_append(&p->line, p->notes.data, p->notes.len);
    up_buf_clear(&p->notes);
    put_line(p, stdout);
}

static const char *const event_name[] = {"start",   "progress", "note",
                                         "warning", "damage",   "finish"};

static void json_event(struct up_progress *p, const struct up_event *e)
{
    char hex[UP_DIGEST_HEX];
    struct up_jw w;
    up_jw_init(&w, &p->line, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", event_name[e->kind]);
    up_jw_key_str(&w, "node", e->node);
    if (e->text)
        up_jw_key_str(&w, "text", e->text);
    if (e->kind == UP_EV_START || e->kind == UP_EV_FINISH) {
        up_jw_key_int(&w, "index", (int64_t)e->index);
        up_jw_key_int(&w, "count", (int64_t)e->count);
        up_jw_key_str(&w, "why", e->why);
    }
    if (e->kind == UP_EV_PROGRESS) {
        up_jw_key_int(&w, "done", (int64_t)e->done);
        up_jw_key_int(&w, "total", (int64_t)e->total);
        up_jw_key_str(&w, "unit", e->unit);
        up_jw_key_real(&w, "rate", e->rate);
        up_jw_key_real(&w, "left", e->left);
    }
    if (e->kind == UP_EV_FINISH) {
        up_jw_key_str(&w, "status", up_done_name(e->status));
        up_jw_key_real(&w, "seconds", e->seconds);
        up_jw_key_str(&w, "digest",
                      up_digest_zero(e->digest) ? NULL : up_digest_hex(e->digest, hex));
        up_jw_key_int(&w, "size", (int64_t)e->size);
    }
    up_jw_end(&w);
    struct up_buf plain = UP_BUF_INIT;
    up_say_text(&plain, up_buf_view(&p->line), false);
    up_buf_release(&p->line);
    p->line = plain;
    put_line(p, stdout);
}

void up_progress_event(void *ctx, const struct up_event *e)
{
    struct up_progress *p = ctx;

    if (p->json && e->kind == UP_EV_PROGRESS) {
        double now = up_clock();
        if (now - p->last < 1)
            return;
        p->last = now;
    }
    if (p->json) {
        json_event(p, e);
        return;
    }
    switch (e->kind) {
    case UP_EV_START:
        p->last = up_clock() - (p->bar ? 1 : 0);
        break;
    case UP_EV_PROGRESS:
        on_progress(p, e);
        break;
    case UP_EV_NOTE:
        up_say(&p->notes, "\n           %s", e->text);
        break;
    case UP_EV_WARN:
    case UP_EV_DAMAGE:
        up_say(&p->line, "upnas: warning: %s%s%s", e->node ? e->node : "", e->node ? ": " : "",
               e->text);
        put_line(p, stderr);
        break;
    case UP_EV_FINISH:
        on_finish(p, e);
        break;
    }
}
