#include "stages/lambda/lambda.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

const char *up_lambda_join(const char *const *names, size_t n, struct up_arena *arena)
{
    const char *s = n ? names[0] : "none";
    for (size_t i = 1; i < n; i++)
        s = up_arena_printf(arena, "%s, %s", s, names[i]);
    return s;
}

static void str_or_nil(struct up_buf *out, const char *key, const char *s)
{
    up_pack_str(out, key);
    if (s)
        up_pack_str(out, s);
    else
        up_pack_nil(out);
}

static void pack_fitted(struct up_buf *out, const struct up_fitted *f)
{
    up_pack_str(out, "fitted");
    if (!f->space) {
        up_pack_nil(out);
        return;
    }
    up_pack_map(out, 2);
    up_pack_str(out, "data");
    up_pack_str(out, f->data);
    up_pack_str(out, "space");
    up_pack_str(out, f->space);
}

void up_lambda_pack(struct up_job *job, const struct up_lambda *l)
{
    bool tpe = strcmp(l->preset, "tpe") == 0, drawn = l->n_used > 0;
    struct up_buf *out = up_job_out(job);
    up_pack_map(out, 12);
    up_pack_str(out, "absent");
    up_pack_list(out, l->n_absent);
    for (size_t i = 0; i < l->n_absent; i++)
        up_pack_str(out, l->absent[i]);
    up_pack_str(out, "calibration");
    up_pack_str(out, l->calibration);
    pack_fitted(out, &l->fitted);
    up_pack_str(out, "history");
    up_pack_array2(out, UP_F64, l->history, l->runs, l->trials);
    up_pack_str(out, "names");
    up_pack_list(out, l->m);
    for (size_t i = 0; i < l->m; i++)
        up_pack_str(out, l->names[i]);
    str_or_nil(out, "objective", tpe ? up_job_str(job, "objective") : NULL);
    up_pack_str(out, "preset");
    up_pack_str(out, l->preset);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.lambda/1");
    str_or_nil(out, "target", drawn ? up_job_str(job, "target") : NULL);
    up_pack_str(out, "tau_used");
    if (drawn && isfinite(l->tau_used))
        up_pack_real(out, l->tau_used);
    else
        up_pack_nil(out);
    up_pack_str(out, "used");
    up_pack_array1(out, UP_U32, l->used, l->n_used);
    up_pack_str(out, "weights");
    up_pack_array1(out, UP_F64, l->weights, l->m);
}
