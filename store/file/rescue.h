/* A store whose file was refused by the walk, for reading: what a search for sound records
 * found in it (store/file/salvage.h) stands in for its trees, and LMDB does not see it. Records
 * that had been removed may come back here, and of a record only its newest sound version does.
 */
#ifndef UP_STORE_FILE_RESCUE_H
#define UP_STORE_FILE_RESCUE_H
#include "store/file/lmdb.h"

struct up_rescue;

/* Takes over the mapped file, which is unmapped with it. */
struct up_rescue *up_rescue_new(struct up_view file);
void up_rescue_free(struct up_rescue *r); /* NULL is fine */
/* As up_txn_get and up_txn_seek. */
int up_rescue_get(const struct up_rescue *r, enum up_db db, struct up_view key,
                  struct up_view *value);
int up_rescue_seek(const struct up_rescue *r, enum up_db db, enum up_seek how,
                   struct up_view *key, struct up_view *value);
void up_rescue_size(const struct up_rescue *r, struct up_lmdb_size *out);

#endif
