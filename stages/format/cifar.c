/* Reads the binary files of CIFAR-10 and CIFAR-100. */
#include "stages/format/cifar.h"
#include <stdlib.h>
#include <string.h>

static size_t labels_of(const struct up_cifar *c) { return c->classes == 100 ? 2 : 1; }

/* Position of a training file: 1.. for data_batch_N.bin, 1 for train.bin; else 0. */
static unsigned rank(int classes, const char *name)
{
    if (classes == 100)
        return !strcmp(name, "train.bin");
    static const char head[] = "data_batch_";
    if (strncmp(name, head, sizeof head - 1))
        return 0;
    char *rest;
    unsigned long n = strtoul(name + sizeof head - 1, &rest, 10);
    return !strcmp(rest, ".bin") && n >= 1 && n <= UP_CIFAR_FILES ? (unsigned)n : 0;
}

static int check_file(const struct up_cifar *c, const struct up_cifar_file *f,
                      struct up_err *err)
{
    size_t record = labels_of(c) + UP_CIFAR_PIXELS;
    if (f->bytes.len % record)
        return up_fail(err, UP_EINVAL,
                       "%s: %zu bytes is no whole number of %zu-byte CIFAR-%d records; "
                       "it is truncated, or of another kind",
                       f->path, f->bytes.len, record, c->classes);
    for (size_t i = 0; i < f->bytes.len / record; i++) {
        int label = f->bytes.data[i * record + labels_of(c) - 1];
        if (label >= c->classes)
            return up_fail(err, UP_EINVAL,
                           "%s: record %zu has label %d; CIFAR-%d has labels 0 to %d, so "
                           "this is another kind of file",
                           f->path, i, label, c->classes, c->classes - 1);
    }
    return UP_OK;
}

int up_cifar_open(struct up_cifar *c, int classes, const struct up_cifar_file *files, size_t n,
                  struct up_err *err)
{
    memset(c, 0, sizeof *c);
    c->classes = classes;
    for (unsigned r = 1; r <= UP_CIFAR_FILES; r++)
        for (size_t i = 0; i < n && c->files < UP_CIFAR_FILES; i++)
            if (rank(classes, files[i].name) == r)
                c->file[c->files++] = files[i];
    for (size_t i = 0; i < c->files; i++) {
        int rc = check_file(c, &c->file[i], err);
        if (rc)
            return rc;
        c->count += c->file[i].bytes.len / (labels_of(c) + UP_CIFAR_PIXELS);
    }
    if (!c->count)
        return up_fail(err, UP_EINVAL,
                       "the CIFAR-%d folder holds no training images; it must hold %s (the "
                       "\"binary version\" of the data set, unpacked)",
                       classes,
                       classes == 100 ? "train.bin" : "data_batch_1.bin to data_batch_5.bin");
    return UP_OK;
}

const uint8_t *up_cifar_image(const struct up_cifar *c, size_t i, int32_t *label)
{
    size_t record = labels_of(c) + UP_CIFAR_PIXELS;
    UP_CHECK(i < c->count);
    for (const struct up_cifar_file *f = c->file;; f++) {
        size_t n = f->bytes.len / record;
        if (i >= n) {
            i -= n;
            continue;
        }
        const uint8_t *r = f->bytes.data + i * record;
        if (label)
            *label = r[labels_of(c) - 1];
        return r + labels_of(c);
    }
}
