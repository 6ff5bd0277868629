/* Files in and out, for commands. */
#ifndef UP_CLI_SHARED_IO_H
#define UP_CLI_SHARED_IO_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_FILE_GIB = 4 }; /* the most that is read of a file named on the command line */

/* Appends the whole of a regular file. UP_ENOTFOUND, UP_EIO, UP_EINVAL name the path. */
int up_file_read(struct up_buf *out, const char *path, struct up_err *err);
/* A name beside dir/name that no other process takes. */
const char *up_file_temp(struct up_arena *a, const char *dir, const char *name);
/* A new file, on the disk when this returns; on failure there is none. What has that name
 * already stays, and is a failure. */
int up_file_write_new(const char *path, struct up_view bytes, struct up_err *err);
/* dir/name holds exactly these bytes afterwards, or what it held before: a
 * temporary file beside it, then a rename. */
int up_file_write(const char *dir, const char *name, struct up_view bytes, struct up_err *err);
/* Whether a command that was told to write path may: nothing is there, or an empty file, or
 * one that has mark in its first 4096 bytes, so that it is of the program's own kind.
 * UP_EUSAGE: something else is there. */
int up_file_may_replace(const char *path, const char *mark, struct up_err *err);
/* Makes the folders above path that are not there, as mkdir -p does. */
int up_folders_above(const char *path, unsigned mode, struct up_err *err);
/* What was made, renamed or removed in dir is on the disk when this returns. */
int up_folder_sync(const char *dir, struct up_err *err);

/* Seconds since some fixed moment. */
double up_clock(void);

#endif
