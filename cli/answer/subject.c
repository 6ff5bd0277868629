#include "cli/answer/subject.h"
#include "cli/answer/document_json.h"
#include "cli/shared/workspace.h"
#include "stages/format/decimal.h"
#include "stages/format/decimal.h"
#include "store/store.h"
#include <string.h>

/* ---- a number ---- */

static int of_number(struct up_answer *a, struct up_store *s, const char *run,
                     const char *number, struct up_err *err)
{
    char text[UP_DECIMAL_TEXT];
    struct up_result r;
    int rc = up_task_run_find(s, run, &a->run, err);
    if (!rc)
        rc = up_number_find(&a->number, s, a->run, number, err);
    if (rc)
        return rc;
    const struct up_number_place *p = &a->number.origin;
    a->asked.run = a->run->id;
    a->asked.node = p->stage;
    a->asked.path = p->path;
    a->asked.value = up_arena_strdup(&a->arena, up_decimal_print(text, p->value));
    a->asked.number = &a->number;
    rc = up_result_find(s, up_arena_printf(&a->arena, "%s:%s", a->run->id, p->stage), &r,
                        &a->arena, err);
    return rc ? rc : up_lineage_of_result(&a->lineage, s, a->run, &r, err);
}

/* "0.7412" or "last~1:0.7412"; false: the word is no number. */
static bool split_number(struct up_answer *a, const char *name, const char **run,
                         const char **number, bool *whole)
{
    struct up_wanted w;
    const char *colon = strrchr(name, ':');
    *number = colon ? colon + 1 : name;
    *run = colon ? up_arena_strndup(&a->arena, name, (size_t)(colon - name)) : "last";
    if (!up_wanted_read(&w, *number))
        return false;
    *whole = w.whole;
    return true;
}

/* ---- an artifact ---- */

static int value_at(struct up_answer *a, struct up_store *s, const struct up_result *r,
                    const char *path, struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT, text = UP_BUF_INIT;
    struct up_array array = {0};
    enum up_type t;
    struct up_jw w;
    int rc = up_store_get(s, r->digest, &doc, err);
    struct up_cursor c = up_cursor_of(up_buf_view(&doc));
    if (!rc && !(rc = up_document_walk(&c, path, &array, &t, err)) && t != UP_T_BIN) {
        up_jw_init(&w, &text, 0);
        if (t == UP_T_ARRAY && array.data)
            up_document_array_json(&w, &array);
        else
            rc = up_document_json(&w, &c, err);
        a->asked.value = up_arena_strdup(&a->arena, up_buf_str(&text));
    }
    a->asked.path = path;
    up_buf_release(&doc);
    up_buf_release(&text);
    return rc;
}

static int of_result(struct up_answer *a, struct up_store *s, const char *name,
                     const char *path, struct up_err *err)
{
    struct up_result r;
    const char *slash = path ? NULL : strchr(name, '/');
    if (slash) {
        name = up_arena_strndup(&a->arena, name, (size_t)(slash - name));
        path = slash + 1;
    }
    int rc = up_result_find(s, name, &r, &a->arena, err);
    if (rc)
        return rc;
    a->asked.node = r.stage;
    a->asked.run = r.run;
    if (path && *path && (rc = value_at(a, s, &r, path, err)))
        return rc;
    return up_lineage_of_result(&a->lineage, s, NULL, &r, err);
}

/* ---- */

int up_answer_find(struct up_answer *a, struct up_store *s, const char *name, const char *path,
                   struct up_err *err)
{
    struct up_err first = {0};
    const char *run, *number;
    bool whole = false;

    *a = (struct up_answer){.arena = UP_ARENA_INIT};
    a->asked.what = path ? up_arena_printf(&a->arena, "%s %s", name, path)
                         : up_arena_strdup(&a->arena, name);
    bool is_number = !path && split_number(a, name, &run, &number, &whole);
    if (is_number && !whole)
        return of_number(a, s, run, number, err);
    bool last = !path && !strncmp(name, "last", 4) && (!name[4] || name[4] == '~') &&
                !strpbrk(name, ":/"); /* can be nothing but a run */
    int rc = path ? UP_EUSAGE : up_task_run_find(s, name, &a->run, last ? err : NULL);
    if (!rc) {
        a->asked.run = a->run->id;
        return up_lineage_of_run(&a->lineage, s, a->run, err);
    }
    if (last)
        return rc;
    if ((rc = of_result(a, s, name, path, &first)) == UP_EUSAGE && is_number)
        return of_number(a, s, run, number, err);
    return rc ? up_fail(err, (enum up_status)rc, "%s", first.msg) : rc;
}

void up_answer_release(struct up_answer *a)
{
    up_lineage_free(a->lineage);
    up_run_record_free(a->run);
    up_number_found_release(&a->number);
    up_arena_release(&a->arena);
}
