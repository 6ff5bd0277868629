/* Where the tensors of the estimator lie, and its normalisations folded in. */
#include "stages/learn/estimator/mlp_layout.h"

#include <stdio.h>
#include <string.h>

int up_mlp_layout_from(const struct up_mlp_layout *l, int i) { return i ? l->hidden : l->in; }

int up_mlp_layout_to(const struct up_mlp_layout *l, int i)
{
    return i < l->depth ? l->hidden : l->out;
}

void up_mlp_layout_init(struct up_mlp_layout *l, int in, int hidden, int depth, int out)
{
    UP_CHECK(depth >= 1 && depth <= UP_MLP_DEPTH_MAX);
    *l = (struct up_mlp_layout){.in = in, .hidden = hidden, .depth = depth, .out = out};
    struct up_tensors *s = &l->tensors;
    char name[UP_TENSOR_NAME];
    for (int i = 0; i < depth; i++) {
        snprintf(name, sizeof name, "hidden%d.weight", i);
        l->layer[i].w = up_tensors_learned(s, name, hidden, up_mlp_layout_from(l, i));
        snprintf(name, sizeof name, "hidden%d.bias", i);
        l->layer[i].b = up_tensors_learned(s, name, hidden, 0);
        snprintf(name, sizeof name, "hidden%d.norm.weight", i);
        l->layer[i].gamma = up_tensors_learned(s, name, hidden, 0);
        snprintf(name, sizeof name, "hidden%d.norm.bias", i);
        l->layer[i].beta = up_tensors_learned(s, name, hidden, 0);
    }
    l->layer[depth].w = up_tensors_learned(s, "output.weight", out, hidden);
    l->layer[depth].b = up_tensors_learned(s, "output.bias", out, 0);
    for (int i = 0; i < depth; i++) {
        snprintf(name, sizeof name, "hidden%d.norm.mean", i);
        l->layer[i].mean = up_tensors_statistic(s, name, hidden, 0);
        snprintf(name, sizeof name, "hidden%d.norm.var", i);
        l->layer[i].var = up_tensors_statistic(s, name, hidden, 0);
    }
}

void up_mlp_fold(struct up_mlp *m, const struct up_mlp_layout *l, const float *v,
                 struct up_arena *arena)
{
    *m = (struct up_mlp){.in = l->in, .hidden = l->hidden, .depth = l->depth, .out = l->out};
    for (int i = 0; i <= l->depth; i++) {
        int from = up_mlp_layout_from(l, i), to = up_mlp_layout_to(l, i);
        const float *lw = v + l->layer[i].w, *lb = v + l->layer[i].b;
        float *w = UP_NEW(arena, to * from + to, float), *b = w + to * from;
        if (i < l->depth) {
            up_tensors_fold(w, b,
                            &(struct up_normed_map){from, to, lw, lb, v + l->layer[i].gamma,
                                                    v + l->layer[i].beta, v + l->layer[i].mean,
                                                    v + l->layer[i].var});
        } else {
            memcpy(w, lw, (size_t)(to * from) * sizeof *w);
            memcpy(b, lb, (size_t)to * sizeof *b);
        }
        m->w[i] = w;
        m->b[i] = b;
    }
}
