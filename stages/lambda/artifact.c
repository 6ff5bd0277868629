/* The artifact of lambda as it is written; its form is at the head of lambda.c. */
#include "stages/lambda/lambda.h"
#include "store/base/writer.h"
#include <math.h>
#include <string.h>

const char *up_lambda_join(const char *const *names, size_t n, struct up_arena *arena)
{
    const char *s = n ? names[0] : "none";
    for (size_t i = 1; i < n; i++)
        s = up_arena_printf(arena, "%s, %s", s, names[i]);
    return s;
}

static void write_fitted(struct up_writer *w, const struct up_preset_fitted *f)
{
    if (!f->space) {
        up_writer_nil(w, "fitted");
        return;
    }
    up_writer_map(w, "fitted");
    up_writer_str(w, "data", f->data);
    up_writer_str(w, "space", f->space);
    up_writer_close(w);
}

void up_lambda_write(struct up_job *job, const struct up_lambda *l)
{
    bool tpe = strcmp(l->preset, "tpe") == 0, drawn = l->n_used > 0;
    struct up_writer w = up_writer_of(up_job_out(job));
    up_writer_names(&w, "absent", (const char *const *)l->absent, l->n_absent);
    up_writer_str(&w, "calibration", l->calibration);
    write_fitted(&w, &l->fitted);
    up_writer_matrix(&w, "history", UP_F64, l->history, l->runs, l->trials);
    up_writer_names(&w, "names", l->names, l->m);
    up_writer_str_or_nil(&w, "objective", tpe ? up_job_str(job, "objective") : NULL);
    up_writer_str(&w, "preset", l->preset);
    up_writer_str(&w, "schema", "upnas.lambda/1");
    up_writer_str_or_nil(&w, "target", drawn ? up_job_str(job, "target") : NULL);
    up_writer_finite(&w, "tau_used", drawn ? l->tau_used : (double)NAN);
    up_writer_vector(&w, "used", UP_U32, l->used, l->n_used);
    up_writer_vector(&w, "weights", UP_F64, l->weights, l->m);
    up_writer_end(&w);
}
