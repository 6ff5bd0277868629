/* The pages: a run, where a number came from, the list of runs.
 *
 * Each is one complete document with its style and script inside and no reference to
 * anything outside; served ones link to each other. They are made of what the store holds,
 * and a part whose artifact is missing says so in its place. */
#ifndef UP_CLI_PAGE_PAGE_H
#define UP_CLI_PAGE_PAGE_H
#include "cli/page/html.h"
#include "dag/record/lineage.h"

struct up_store;
struct up_page {
    struct up_html h;
    struct up_arena arena;
    struct up_store *store;
    const struct up_run_record *run; /* NULL: the page is of no run */
    bool served;
};

/* Appends the page of a run. served: with links to other pages and a form to ask for any
 * number; otherwise a file that stands alone. */
int up_page_run(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                bool served, struct up_err *err);
/* Where `at` of the run came from: a number, or NODE/PATH. UP_EUSAGE as up_answer_find. */
int up_page_why(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                const char *at, struct up_err *err);
/* The newest runs, with links. */
int up_page_runs(struct up_buf *out, struct up_store *s, const char *dir, struct up_err *err);
/* A page that says what went wrong. */
void up_page_sorry(struct up_buf *out, const char *title, const char *sentence);

/* ---- for the files of this folder ---- */

void up_page_begin(struct up_page *p, struct up_buf *out, const char *title);
void up_page_end(struct up_page *p);
/* A heading and its section, id as the target of links. */
void up_page_section(struct up_page *p, const char *id, const char *title);
/* One ancestor: a closed <details id="node-NAME"> with all that is known of it. */
void up_page_ancestor(struct up_page *p, const struct up_lineage *l, size_t at, bool open);
/* The form that asks where a number came from. */
void up_page_ask(struct up_page *p, const char *at);
/* A number as it is printed, linked to where it came from. exact: all its digits; what: a
 * sentence on how it is made, or NULL. */
void up_page_number(struct up_page *p, const char *node, const char *path, const char *text,
                    const char *exact, const char *what);

#endif
