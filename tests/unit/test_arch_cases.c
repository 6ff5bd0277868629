/* links: up_space
 * Three-line text cases of architecture spellings: tests/cases/SPACE.txt. An
 * expected line of "@" is not checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stages/space/space.h"

static bool line(FILE *f, char *out, size_t cap)
{
    if (!fgets(out, (int)cap, f))
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}

static int judge(const struct up_space *s, const char *text, const char *want, const char *then)
{
    struct up_arch a;
    struct up_err err = {""};
    char got[UP_ARCH_TEXT], index[UP_ARCH_TEXT];
    int rc = s->parse(&a, text, strlen(text), &err);
    if (!strcmp(want, "!")) {
        if (rc == UP_EINVAL && !strcmp(err.msg, then))
            return 0;
        printf("%s\n  wanted: %s\n  got:    %s\n", text, then, rc ? err.msg : "no error");
        return 1;
    }
    if (rc) {
        printf("%s\n  %s\n", text, err.msg);
        return 1;
    }
    s->print(got, &a, UP_SPELL_OFFICIAL);
    s->print(index, &a, UP_SPELL_INDEX);
    if ((strcmp(want, "@") && strcmp(got, want)) ||
        (strcmp(then, "@") && strcmp(index, then))) {
        printf("%s\n  wanted: %s, %s\n  got:    %s, %s\n", text, want, then, got, index);
        return 1;
    }
    return 0;
}

static void cases_of(const char *space)
{
    static char path[4096], text[4096], want[4096], then[4096];
    const struct up_space *s;
    const char *source = getenv("UPNAS_SOURCE");
    snprintf(path, sizeof path, "%s/tests/cases/%s.txt", source ? source : ".", space);
    assert_int_equal(up_space_find(&s, space, NULL), UP_OK);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    int cases = 0, bad = 0;
    while (line(f, text, sizeof text)) {
        if (!*text || *text == '#')
            continue;
        assert_true(line(f, want, sizeof want) && line(f, then, sizeof then));
        bad += judge(s, text, want, then);
        cases++;
    }
    fclose(f);
    printf("%d cases\n", cases);
    assert_true(cases > 20);
    assert_int_equal(bad, 0);
}

static void cases_of_nb201(void **state) { cases_of("nb201"); }

static void cases_of_darts(void **state) { cases_of("darts"); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_of_nb201),
                                       cmocka_unit_test(cases_of_darts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
