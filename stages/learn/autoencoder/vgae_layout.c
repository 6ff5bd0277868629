/* Where the tensors of the autoencoder lie, and its normalisations folded in. */
#include "stages/learn/autoencoder/vgae_layout.h"

#include <stdio.h>
#include <string.h>

static size_t learned(struct up_vgae_layout *l, int n, const char *part, int rows, int cols)
{
    char name[UP_TENSOR_NAME];
    snprintf(name, sizeof name, "layer%d.%s", n, part);
    return up_tensors_learned(&l->tensors, name, rows, cols);
}

static size_t statistic(struct up_vgae_layout *l, int n, const char *part, int rows)
{
    char name[UP_TENSOR_NAME];
    snprintf(name, sizeof name, "layer%d.%s", n, part);
    return up_tensors_statistic(&l->tensors, name, rows, 0);
}

void up_vgae_layout_init(struct up_vgae_layout *l, int nodes, int classes, bool places,
                         int hidden, int latent)
{
    memset(l, 0, sizeof *l);
    l->nodes = nodes;
    l->classes = classes;
    l->inputs = classes + (places ? nodes : 0);
    l->hidden = hidden;
    l->latent = latent;
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        l->layer[i].w1 = learned(l, i, "linear1.weight", hidden, i ? hidden : l->inputs);
        l->layer[i].b1 = learned(l, i, "linear1.bias", hidden, 0);
        l->layer[i].gamma1 = learned(l, i, "norm1.weight", hidden, 0);
        l->layer[i].beta1 = learned(l, i, "norm1.bias", hidden, 0);
        l->layer[i].w2 = learned(l, i, "linear2.weight", hidden, hidden);
        l->layer[i].b2 = learned(l, i, "linear2.bias", hidden, 0);
        l->layer[i].gamma2 = learned(l, i, "norm2.weight", hidden, 0);
        l->layer[i].beta2 = learned(l, i, "norm2.bias", hidden, 0);
    }
    l->head_w = up_tensors_learned(&l->tensors, "mu.weight", latent, hidden);
    up_tensors_learned(&l->tensors, "logstd.weight", latent, hidden);
    l->head_b = up_tensors_learned(&l->tensors, "mu.bias", latent, 0);
    up_tensors_learned(&l->tensors, "logstd.bias", latent, 0);
    l->op_w = up_tensors_learned(&l->tensors, "ops.weight", classes, latent);
    l->op_b = up_tensors_learned(&l->tensors, "ops.bias", classes, 0);
    for (int i = 0; i < UP_VGAE_LAYERS; i++) /* last: single numbers would shift matrices */
        l->layer[i].eps = learned(l, i, "eps", 1, 0);
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        l->layer[i].mean1 = statistic(l, i, "norm1.mean", hidden);
        l->layer[i].var1 = statistic(l, i, "norm1.var", hidden);
        l->layer[i].mean2 = statistic(l, i, "norm2.mean", hidden);
        l->layer[i].var2 = statistic(l, i, "norm2.var", hidden);
    }
}

void up_vgae_fold(struct up_vgae *m, const struct up_vgae_layout *l, const float *v,
                  const struct up_space *space, struct up_arena *arena)
{
    int h = l->hidden;
    *m = (struct up_vgae){
        .graphs = space->graphs,
        .nodes = l->nodes,
        .classes = l->classes,
        .inputs = l->inputs,
        .hidden = h,
        .latent = l->latent,
        .dim = space->graphs * l->nodes * l->latent,
    };
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        int in = i ? h : l->inputs;
        float *w1 = UP_NEW(arena, h * in + h + h * h + h, float);
        float *b1 = w1 + h * in, *w2 = b1 + h, *b2 = w2 + h * h;
        up_tensors_fold(w1, b1,
                        &(struct up_normed_map){in, h, v + l->layer[i].w1, v + l->layer[i].b1,
                                                v + l->layer[i].gamma1, v + l->layer[i].beta1,
                                                v + l->layer[i].mean1, v + l->layer[i].var1});
        up_tensors_fold(w2, b2,
                        &(struct up_normed_map){h, h, v + l->layer[i].w2, v + l->layer[i].b2,
                                                v + l->layer[i].gamma2, v + l->layer[i].beta2,
                                                v + l->layer[i].mean2, v + l->layer[i].var2});
        m->layer[i] = (struct up_vgae_layer){v[l->layer[i].eps], in, w1, b1, w2, b2};
    }
    int L = l->latent, K = l->classes;
    float *c = UP_NEW(arena, L * h + L + K * L + K, float);
    memcpy(c, v + l->head_w, (size_t)(L * h) * sizeof *c);
    memcpy(c + L * h, v + l->head_b, (size_t)L * sizeof *c);
    memcpy(c + L * h + L, v + l->op_w, (size_t)(K * L) * sizeof *c);
    memcpy(c + L * h + L + K * L, v + l->op_b, (size_t)K * sizeof *c);
    m->mu_w = c;
    m->mu_b = c + L * h;
    m->op_w = m->mu_b + L;
    m->op_b = m->op_w + K * L;
}
