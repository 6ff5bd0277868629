/* Who may use a store is said by its data.mdb: the mode, owner, group and access list of that
 * file. A file that takes its place, or that is made anew beside it, gets the same, for one
 * who compacts or repairs a shared store must not lock his colleagues out. */
#ifndef UP_STORE_FILE_OWNER_H
#define UP_STORE_FILE_OWNER_H

struct up_err;

/* Makes the file `path` as accessible as `like`. UP_EIO with a sentence where that is not
 * allowed; `path` is then not to be used. Where there is no `like`, nothing is done. */
int up_owner_copy(const char *path, const char *like, struct up_err *err);
/* The same for a file of the folder dir that was just made (a lock, the seal), as far as it is
 * allowed: who cannot open it is told so, or does without it. A folder gets what dir has. */
void up_owner_join(int fd, const char *dir);

#endif
