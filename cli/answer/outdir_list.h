/* files.txt: what the program wrote into a folder of results, and reading what is there.
 *
 * The first line is the program's mark. Then one line for each file: the SHA-256 of what was
 * written, two spaces, the name, as `sha256sum --check` reads it. While files are being
 * replaced a name may have two lines, of the old bytes and of the new ones. */
#ifndef UP_CLI_ANSWER_OUTDIR_LIST_H
#define UP_CLI_ANSWER_OUTDIR_LIST_H
#include "cli/answer/outdir.h"

enum up_out_state { UP_OUT_ABSENT, UP_OUT_FILE, UP_OUT_OTHER /* a link, a folder, ... */ };
/* sum: of the bytes of a plain file; never opens anything else, nor follows a link. */
enum up_out_state up_outdir_state(const char *path, struct up_sha256 *sum);
/* The list has this name with this sum. */
bool up_outdir_listed(const struct up_outdir *o, const char *name, const struct up_sha256 *sum);
/* Reads the list, if there is one, into o->listed. UP_EUSAGE: it is not the program's, or a
 * file in it is no longer what the program wrote. former: it is a list as versions up to 0.1.0
 * wrote it, names alone, and names the files of o, all of them and in their order; those that
 * have the bytes of o are then this program's without doubt. former NULL: what o will hold is
 * not known yet, and a list that might be such a one passes. */
int up_outdir_list_read(struct up_outdir *o, const char *dir, bool *former, struct up_err *err);
/* The files of o that are ours; old: and all of o->listed. */
int up_outdir_list_write(struct up_outdir *o, const char *dir, bool old, struct up_err *err);

#endif
