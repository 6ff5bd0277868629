/* A number as somebody has it before them, looked for in what a run made. */
#ifndef UP_CLI_ANSWER_FIND_NUMBER_H
#define UP_CLI_ANSWER_FIND_NUMBER_H
#include "dag/record/record.h"

struct up_store;

struct up_wanted {
    double value;
    double half; /* half a unit of the last digit written: what rounding allows */
    bool whole;  /* no point and no exponent: may be a name as well */
};
/* The whole of the text as a finite decimal number; false when it is none. */
bool up_wanted_read(struct up_wanted *w, const char *text);

/* Visits the numbers of a document that are the one wanted (rounded: that round to it),
 * with the path that leads there; of an array the first one. Binaries and texts are not looked
 * into. visit returns false to end it. */
typedef bool up_number_visit(void *ctx, const char *path, double value);
int up_numbers_find(struct up_view doc, const struct up_wanted *w, bool rounded,
                    up_number_visit *visit, void *ctx, struct up_err *err);

struct up_number_place {
    const char *stage, *path;
    double value;
};
enum { UP_NUMBER_PLACES = 12 };
struct up_number_found {
    struct up_arena arena;
    struct up_number_place origin;                  /* where the number was made */
    struct up_number_place place[UP_NUMBER_PLACES]; /* where it was found; origin among them */
    size_t n;
    bool rounded; /* only to the digits written */
};
/* Looks where results are printed from first, the run's last node, then before it, for the
 * number as written and then for one that rounds to it. The origin is in the first node of the
 * run that has exactly these bits, under the same name if it can be; a number of less than six
 * digits may be there by chance, so that its origin is where it was found. UP_EUSAGE when no
 * node has it. */
int up_number_find(struct up_number_found *f, struct up_store *s, const struct up_run_record *r,
                   const char *text, struct up_err *err);
void up_number_found_release(struct up_number_found *f);

#endif
