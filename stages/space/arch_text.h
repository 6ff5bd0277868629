/* A cursor over an architecture's text; columns are 1-based bytes. Private to the room. */
#ifndef UP_SPACE_ARCH_TEXT_H
#define UP_SPACE_ARCH_TEXT_H
#include "store/base/buf.h"
#include "store/base/err.h"

struct up_arch_text {
    const char *start, *p, *end;
};
struct up_arch_text up_arch_text_of(const char *s, size_t n);
size_t up_arch_text_column(const struct up_arch_text *t);
char up_arch_text_peek(const struct up_arch_text *t); /* '\0' at the end */
void up_arch_text_blanks(struct up_arch_text *t);
/* Skips blanks; takes c if it is next. */
bool up_arch_text_take(struct up_arch_text *t, char c);
/* Decimal digits; false when there are none or they overflow. Skips no blanks. */
bool up_arch_text_number(struct up_arch_text *t, uint64_t *v);
/* Letters, digits, '_' and '-'; empty when there are none. Skips no blanks. */
struct up_view up_arch_text_word(struct up_arch_text *t);
/* Skips blanks; what stands between two quotes of one kind, without escapes. False, and
 * nothing taken, when there is no such thing. */
bool up_arch_text_quoted(struct up_arch_text *t, struct up_view *v);
/* Nothing but blanks is left. */
bool up_arch_text_over(struct up_arch_text *t);
/* "column N: expected WHAT, found 'x'"; returns UP_EINVAL. */
int up_arch_text_expected(const struct up_arch_text *t, struct up_err *err, const char *what);
/* The name at the smallest edit distance, or NULL when none is near. */
const char *up_arch_text_nearest(struct up_view w, const char *const *names, size_t n);

#endif
