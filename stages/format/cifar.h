/* CIFAR binary layout: records of 3,072 pixels (32 x 32, planes R G B) behind one
 * label byte (CIFAR-10) or a coarse and a fine one (CIFAR-100).
 *
 * Only training files are read: data_batch_N.bin in order of N, or train.bin. */
#ifndef UP_FORMAT_CIFAR_H
#define UP_FORMAT_CIFAR_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_CIFAR_PIXELS = 3072, UP_CIFAR_SIDE = 32, UP_CIFAR_FILES = 64 };

struct up_cifar_file {
    const char
        *name; /* last component of the path: decides whether and in which order it counts */
    const char *path; /* for sentences */
    struct up_view bytes;
};
struct up_cifar { /* views of the files given */
    int classes;  /* 10 or 100 */
    size_t count; /* images in all files */
    size_t files;
    struct up_cifar_file file[UP_CIFAR_FILES];
};

/* classes: 10 or 100. UP_EINVAL: no training file among them, a length that is
 * no whole number of records, a label out of range. Files are borrowed. */
int up_cifar_open(struct up_cifar *c, int classes, const struct up_cifar_file *files, size_t n,
                  struct up_err *err);
/* Image i < count in file order: its pixels [3][32][32]; label may be NULL. */
const uint8_t *up_cifar_image(const struct up_cifar *c, size_t i, int32_t *label);

#endif
