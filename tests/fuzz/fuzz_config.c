/* YAML and schema: any bytes give a config or one sentence. The first line is taken as
 * a --set when it starts with '='. links: up_dag up_store up_base */
#include <stdint.h>
#include <string.h>

#include "dag/plan/graph.h"
#include "dag/plan/key.h"
#include "store/base/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const kinds[] = {"gauss", "flat", NULL};
static const struct up_param src_params[] = {
    {.name = "n", .kind = UP_P_INT, .def = "10", .min = 1, .max = 100},
    {.name = "seed", .kind = UP_P_INT, .seed = true},
    {.name = "kind", .kind = UP_P_ENUM, .def = "gauss", .choices = kinds},
    {.name = "width", .kind = UP_P_REAL, .def = "0.5", .max = 1, .when = "src.kind=gauss"},
    {.name = "names", .kind = UP_P_LIST, .def = "[a, b]"},
    {.name = "some", .kind = UP_P_LIST, .choices = kinds},
    {.name = "weights", .kind = UP_P_MAP},
    {.name = "title", .kind = UP_P_STR},
    {.name = "fast", .kind = UP_P_BOOL, .def = "false"},
    {0},
};
static const struct up_param opt_params[] = {{.name = "file", .kind = UP_P_FILE}, {0}};
static const struct up_stage_input out_in[] = {
    {"src", NULL}, {"opt", "src.fast=true|false&src.title|opt.file"}, {NULL, NULL}};
static const struct up_stage src = {.name = "src", .version = 1, .params = src_params};
static const struct up_stage opt = {
    .name = "opt", .version = 1, .params = opt_params, .when = "opt.file"};
static const struct up_stage out = {.name = "out", .version = 1, .inputs = out_in};
static const struct up_stage *const stages[] = {&src, &opt, &out, NULL};

static void use(const struct up_config *c)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_err err = {0};
    struct up_graph *g = NULL;
    struct up_sources none = {0};
    struct up_float mode = {"Haswell", "avx2"};
    for (size_t i = 0; i < c->n; i++) {
        up_value_text(&b, c->entries[i].param, &c->entries[i].value);
        up_origin_text(&b, &c->entries[i].origin);
    }
    up_buf_clear(&b);
    up_key_doc(&b, c, &src, &none, NULL, &mode);
    UP_CHECK(!up_pack_check(up_buf_view(&b), NULL));
    if (up_graph_make(&g, c, NULL, &err))
        UP_CHECK(err.msg[0]);
    up_graph_free(g);
    up_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_config *c = NULL;
    struct up_err err = {0};
    char set[256];
    const char *sets[] = {set};
    size_t nsets = 0;
    const uint8_t *end = size && *data == '=' ? memchr(data, '\n', size) : NULL;
    if (end && (size_t)(end - data) < sizeof set) {
        size_t n = (size_t)(end - data) - 1;
        memcpy(set, data + 1, n);
        set[n] = 0;
        nsets = 1;
        size -= (size_t)(end + 1 - data);
        data = end + 1;
    }
    struct up_view text = {data, size};
    if (up_config_parse(&c, stages, "fuzz.yaml", text, sets, nsets, &err))
        UP_CHECK(err.msg[0] && !c);
    else
        use(c);
    up_config_free(c);
    return 0;
}
