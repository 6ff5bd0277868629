/* The one place through which text from outside reaches a person.
 *
 * Names, settings, users, hosts, file names, reasons and what a server answers come from
 * configurations, from other people's stores and from remotes. Printed as they are, their
 * control characters would move the cursor, colour the terminal, or forge lines. So every text
 * that a command prints is built with up_say, which escapes what its %s and %c bring, and
 * leaves through up_cli_print, up_cli_warn or up_cli_error, which escape what is left. The
 * escapes are JSON's: \n, \u001b; a byte that is no UTF-8 is \xff. Printable UTF-8 stays.
 * What is escaped: C0 and C1 controls, DEL, line separators, marks that turn the direction of
 * writing, and bytes that are not UTF-8. tests/lint/layering.sh keeps other ways out shut. */
#ifndef UP_CLI_SHARED_SAY_H
#define UP_CLI_SHARED_SAY_H
#include "store/base/buf.h"

/* As up_buf_printf; knows %d %i %u %x %c %s %f %g %e %p %% with flags, width, precision, and
 * the lengths l, ll and z. Widths count bytes of the escaped text. */
void up_say(struct up_buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends the text so that it can be printed. lines: newlines and tabs are the text's own. */
void up_say_text(struct up_buf *out, struct up_view text, bool lines);

#endif
