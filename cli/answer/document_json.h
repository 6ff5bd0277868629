/* Stored documents on their way to people: MessagePack to JSON, and paths into it. */
#ifndef UP_CLI_ANSWER_DOCUMENT_JSON_H
#define UP_CLI_ANSWER_DOCUMENT_JSON_H
#include "stages/format/json_write.h"
#include "store/base/pack.h"

/* Writes the one value at the cursor as JSON and moves past it. Arrays become
 * nested lists, binaries strings, NaN null. */
int up_document_json(struct up_jw *w, struct up_cursor *c, struct up_err *err);

/* Moves to the value at "a/b/3/1": keys of maps, positions in lists, leading
 * indices of numeric arrays. When the path ends inside an array, *element is
 * filled (a slice of it) and *found is UP_T_ARRAY; otherwise the cursor stands
 * before the value. UP_EUSAGE says which part of the path is missing and what
 * is there instead. */
int up_document_walk(struct up_cursor *c, const char *path, struct up_array *element,
                     enum up_type *found, struct up_err *err);
/* The numbers of an array as nested JSON lists; a scalar when ndim is 0. */
void up_document_array_json(struct up_jw *w, const struct up_array *a);
/* Number i of it, as a double. */
double up_document_array_real(const struct up_array *a, size_t i);

#endif
