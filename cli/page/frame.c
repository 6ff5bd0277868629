/* What every page has: head, header, sections, the end. */
#include "cli/page/assets.h"
#include "cli/page/page.h"
#include <string.h>

void up_page_begin(struct up_page *p, struct up_buf *out, const char *title)
{
    struct up_buf policy = UP_BUF_INIT;
    struct up_html *h = &p->h;
    up_html_init(h, out);
    up_html_open(h, "html", "lang", "en", NULL);
    up_html_open(h, "head", NULL);
    up_html_empty(h, "meta", "charset", "utf-8", NULL);
    if (!p->served) { /* a served page has it in its header, with more */
        up_page_policy(&policy, false);
        up_html_empty(h, "meta", "http-equiv", "Content-Security-Policy", "content",
                      up_buf_str(&policy), NULL);
        up_buf_release(&policy);
    }
    up_html_empty(h, "meta", "name", "viewport", "content",
                  "width=device-width, initial-scale=1", NULL);
    up_html_empty(h, "meta", "name", "generator", "content", "upnas " UP_VERSION, NULL);
    up_html_leaf(h, "title", title, NULL);
    up_html_empty(h, "link", "rel", "icon", "href", "data:,", NULL);
    up_html_asset(h, "style", up_page_css());
    up_html_close(h);
    up_html_open(h, "body", NULL);
    up_html_leaf(h, "a", "To the content", "class", "skip", "href", "#content", NULL);
    up_html_open(h, "header", "class", "top", NULL);
    up_html_open(h, "nav", "aria-label", "pages", NULL);
    up_html_leaf(h, p->served ? "a" : "span", "upnas", "class", "brand", "href",
                 p->served ? "/" : NULL, NULL);
    if (p->served)
        up_html_leaf(h, "a", "Runs", "href", "/", NULL);
    if (p->served && p->run)
        up_html_leaf(h, "a", up_arena_printf(&p->arena, "Run %s", p->run->id), "href",
                     up_arena_printf(&p->arena, "/run/%s", up_url_part(&p->arena, p->run->id)),
                     NULL);
    up_html_close(h);
    up_html_leaf(h, "h1", title, NULL);
    up_html_close(h);
    up_html_open(h, "main", "id", "content", NULL);
}

void up_page_end(struct up_page *p)
{
    struct up_html *h = &p->h;
    up_html_close(h); /* main */
    up_html_open(h, "footer", NULL);
    up_html_leaf(h, "p",
                 p->served ? "Made by upnas " UP_VERSION " from the store, which it only reads."
                           : "Made by upnas " UP_VERSION
                             " report; this file needs no other and no network.",
                 NULL);
    up_html_close(h);
    up_html_asset(h, "script", up_page_js());
    up_html_close(h);
    up_html_close(h);
    UP_CHECK(h->depth == 0);
    up_arena_release(&p->arena);
}

void up_page_section(struct up_page *p, const char *id, const char *title)
{
    up_html_open(&p->h, "section", "id", id, "aria-labelledby",
                 up_arena_printf(&p->arena, "%s-title", id), NULL);
    up_html_leaf(&p->h, "h2", title, "id", up_arena_printf(&p->arena, "%s-title", id), NULL);
}

void up_page_ask(struct up_page *p, const char *at)
{
    struct up_html *h = &p->h;
    up_html_open(h, "form", "class", "ask", "action",
                 up_arena_printf(&p->arena, "/run/%s/why", up_url_part(&p->arena, p->run->id)),
                 NULL);
    up_html_leaf(h, "label", "Where does a number come from?", "for", "at", NULL);
    up_html_empty(h, "input", "id", "at", "name", "at", "value", at, "placeholder",
                  "5.2843 or search/unified/0", "required", "required", "autocomplete", "off",
                  NULL);
    up_html_leaf(h, "button", "Show", NULL);
    up_html_close(h);
}

void up_page_number(struct up_page *p, const char *node, const char *path, const char *text,
                    const char *exact, const char *what)
{
    struct up_arena *a = &p->arena;
    const char *to =
        p->served ? up_arena_printf(a, "/run/%s/why?at=%s%%2F%s", up_url_part(a, p->run->id),
                                    up_url_part(a, node), up_url_part(a, path))
                  : up_arena_printf(a, "#node-%s", up_url_part(a, node));
    up_html_leaf(&p->h, "a", text, "class", "num", "href", to, "data-node", node, "data-path",
                 path, "data-value", exact, "title", what, NULL);
}

void up_page_sorry(struct up_buf *out, const char *title, const char *sentence)
{
    struct up_page p = {.served = true};
    up_page_begin(&p, out, title);
    up_html_leaf(&p.h, "p", sentence, NULL);
    up_page_end(&p);
}
