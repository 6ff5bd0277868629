/* links: up_cli
 * What a page is made of: texts and attributes, a run record as a graph, and numbers looked for
 * in a document. */
#include "cli/answer/find_number.h"
#include "cli/page/graph.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Between the elements that are opened and closed here there is no other. */
static void text(const char *s)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_html h = {.out = &b};
    up_html_leaf(&h, "i", s, "title", s, "lang", NULL, NULL);
    size_t open = 0, quotes = 0;
    for (size_t i = 0; i < b.len; ++i) {
        open += b.data[i] == '<';
        quotes += b.data[i] == '"';
    }
    UP_CHECK(open == 2 && quotes == 2);
    up_buf_release(&b);
}

static void graph(struct up_view doc)
{
    struct up_run_record *r = NULL;
    struct up_buf b = UP_BUF_INIT;
    struct up_html h = {.out = &b};
    struct up_arena a = UP_ARENA_INIT;
    if (!up_run_record_unpack(&r, doc, NULL)) {
        UP_CHECK(up_page_graph(&h, r, &a) == (b.len > 0) && h.depth == 0);
        UP_CHECK(!b.len || !memmem(b.data, b.len, "<script", 7));
        up_run_record_free(r);
    }
    up_arena_release(&a);
    up_buf_release(&b);
}

static bool visit(void *ctx, const char *path, double value)
{
    (void)value;
    UP_CHECK(strlen(path) < 1024);
    return ++*(int *)ctx < 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *s = up_arena_strndup(&a, size ? (const char *)data : "", size);
    struct up_wanted w = {0};
    int found = 0;
    text(s);
    UP_CHECK(strspn(up_url_part(&a, s), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-._~%") == strlen(up_url_part(&a, s)));
    (void)up_wanted_read(&w, s);
    (void)up_numbers_find((struct up_view){data, size}, &w, false, visit, &found, NULL);
    (void)up_numbers_find((struct up_view){data, size}, &(struct up_wanted){0, 1e300, false},
                          true, visit, &found, NULL);
    graph((struct up_view){data, size});
    up_arena_release(&a);
    return 0;
}
