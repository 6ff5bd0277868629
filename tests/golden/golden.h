/* The golden cases of ../shared/golden: a network with its weights, a batch, and the values the
 * published code gives. For test files; include after cmocka's headers. */
#ifndef UP_TESTS_GOLDEN_H
#define UP_TESTS_GOLDEN_H
#include "stages/format/json.h"
#include "stages/format/npz.h"
#include "stages/engine/run/batch.h"
#include "stages/proxy/proxy.h"
#include "store/base/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct golden {
    struct up_arena arena;
    struct up_npz weights;
    struct up_given_weights source; /* the weights by name */
    struct up_batch batch;
    struct up_proxy_job job; /* wants everything */
    double loss;
    double value[UP_PROXIES]; /* NaN: the case has none */
};

static struct up_view golden_file(struct golden *g, const char *name, const char *suffix)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/golden/%s%s", getenv("UPNAS_SHARED"), name, suffix);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    size_t size = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = up_arena_alloc(&g->arena, size);
    assert_int_equal(fread(data, 1, size, f), size);
    fclose(f);
    return (struct up_view){data, size};
}

static bool golden_tensor(void *ctx, const char *name, struct up_given_tensor *out)
{
    struct golden *g = ctx;
    struct up_npy a;
    size_t i = 0;
    while (i < g->weights.count && strcmp(g->weights.entry[i].name, name))
        ++i;
    if (i == g->weights.count || up_npz_get(&g->weights, i, &g->arena, &a, NULL))
        return false;
    float *v = UP_NEW(&g->arena, a.count, float);
    up_npy_f32(&a, v);
    *out = (struct up_given_tensor){.ndim = a.ndim, .value = v};
    memcpy(out->dims, a.dims, sizeof out->dims);
    return true;
}

/* "key": value pairs of the case, those of "proxies" included. */
static void golden_json(struct golden *g, const char *name)
{
    struct up_json j;
    struct up_json_token t = {0};
    struct up_err err = {""};
    char key[64] = "";
    up_json_init(&j, name, golden_file(g, name, ".json"));
    for (int i = 0; i < UP_PROXIES; ++i)
        g->value[i] = (double)NAN;
    while (t.kind != UP_JSON_END) {
        assert_int_equal(up_json_next(&j, &t, &err), UP_OK);
        if (t.kind == UP_JSON_KEY)
            snprintf(key, sizeof key, "%.*s", (int)t.text.len, (const char *)t.text.data);
        else if (t.kind == UP_JSON_STRING && !strcmp(key, "space"))
            assert_int_equal(
                up_space_find(
                    &g->job.space,
                    up_arena_strndup(&g->arena, (const char *)t.text.data, t.text.len), &err),
                UP_OK);
        else if (t.kind == UP_JSON_STRING && !strcmp(key, "arch"))
            assert_int_equal(
                g->job.space->parse(&g->job.arch, (const char *)t.text.data, t.text.len, &err),
                UP_OK);
        else if (t.kind == UP_JSON_NUMBER && !strcmp(key, "cross_entropy"))
            g->loss = t.number;
        else if (t.kind == UP_JSON_NUMBER && up_proxy_find(key) >= 0)
            g->value[up_proxy_find(key)] = t.number;
    }
    up_json_release(&j);
}

static void golden_open(struct golden *g, const char *name)
{
    static const double mean[3] = {.49139968, .48215827, .44653124};
    static const double std[3] = {.24703233, .24348505, .26158768};
    struct up_npy images, labels;
    struct up_err err = {""};
    memset(g, 0, sizeof *g);
    golden_json(g, name);
    assert_int_equal(up_npz_open(&g->weights, name, golden_file(g, name, ".weights.npz"), &err),
                     UP_OK);
    assert_int_equal(up_npy_open(&images, name, golden_file(g, name, ".images.npy"), &err),
                     UP_OK);
    assert_int_equal(up_npy_open(&labels, name, golden_file(g, name, ".labels.npy"), &err),
                     UP_OK);
    float *x = UP_NEW(&g->arena, images.count, float);
    int32_t *y = UP_NEW(&g->arena, labels.count, int32_t);
    int n = (int)images.dims[0], h = (int)images.dims[2], w = (int)images.dims[3];
    up_batch_normalise(x, images.data, n, 3, h * w, mean, std);
    for (size_t i = 0; i < labels.count; ++i)
        y[i] = (int32_t)up_npy_int(&labels, i);
    g->batch = (struct up_batch){n, 3, h, w, 10, x, y};
    g->source = (struct up_given_weights){golden_tensor, g};
    g->job.net = g->job.space->net;
    g->job.batch = &g->batch;
    g->job.given = &g->source;
    g->job.want = (1u << UP_PROXIES) - 1;
}

static void golden_close(struct golden *g)
{
    up_npz_release(&g->weights);
    up_arena_release(&g->arena);
}

#endif
