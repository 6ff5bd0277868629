/* Feeds every file of a corpus folder to the fuzz entry, so that a fuzz target
 * is an ordinary test where there is no libFuzzer. */
#include "store/base/arena.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return 1;
    size_t n = 0, got, cap = 1 << 16;
    uint8_t *data = up_alloc(cap);
    while ((got = fread(data + n, 1, cap - n, f)) > 0)
        if ((n += got) == cap)
            data = up_realloc(data, cap *= 2);
    fclose(f);
    LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
    if (!d) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    int bad = 0, n = 0;
    for (struct dirent *e; (e = readdir(d));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        bad |= replay(path);
        n++;
    }
    closedir(d);
    printf("%d inputs replayed\n", n);
    return bad || n == 0;
}
