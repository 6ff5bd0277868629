/* Where the planes of slots lie in one buffer, so that slots that are never in use at the same
 * time share memory. A pass over a large network needs a fraction of what all slots would take.
 */
#include "stages/engine/plan/network.h"

#include "stages/engine/plan/slab.h"
#include "store/base/arena.h"

#include <stdlib.h>

/* Whether a slot is in use within one level alone, and read by nobody besides: then the image
 * that each thread is working on is enough. */
static bool is_passing(const struct up_network *net, int slot, bool kept,
                       enum up_network_keep keep)
{
    const struct up_program *p = &net->program;
    const struct up_schedule *s = &net->schedule;
    int root = p->slot[slot].of < 0 ? slot : p->slot[slot].of;
    if (root == p->input || root == p->feature || root == p->logits)
        return false;
    if (kept)
        return keep == UP_KEEP_FORWARD && s->remade[root];
    return keep == UP_FOLD_BACKWARD ? s->born[root] == s->died[root]
                                    : s->first[root] == s->last[root];
}

/* Numbers of one image of a slot; views have none of their own. */
static size_t slot_numbers(const struct up_network *net, int slot, enum up_network_keep keep)
{
    bool stored = net->schedule.norm_of[slot] < 0 ||
                  (keep != UP_KEEP_GRADIENT && keep != UP_FOLD_BACKWARD);
    return net->program.slot[slot].of < 0 && stored ? net->layout.slot[slot].image : 0;
}

/* Layers' outputs and norms' inputs. */
static void mark_tangents(bool *kept, const struct up_program *p)
{
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        int dst = p->slot[op->dst].of < 0 ? op->dst : p->slot[op->dst].of;
        kept[dst] |= op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR;
        kept[op->src] |= op->kind == UP_OP_NORM;
    }
}

static void mark_kept(bool *kept, const struct up_program *p, enum up_network_keep keep)
{
    for (int i = 0; i < p->slots; ++i)
        kept[i] = keep == UP_KEEP_ALL || keep == UP_KEEP_FORWARD || keep == UP_KEEP_GRADIENT;
    if (keep == UP_KEEP_TANGENT)
        mark_tangents(kept, p);
}

/* Slots that are kept are in use always: they lie one behind the other, before the folded. */
size_t up_network_place(size_t *offset, bool *passing, const struct up_network *net,
                        size_t images, size_t tasks, enum up_network_keep keep)
{
    int slots = net->program.slots;
    const struct up_schedule *s = &net->schedule;
    const int *first = keep == UP_FOLD_BACKWARD ? s->born : s->first;
    const int *last = keep == UP_FOLD_BACKWARD ? s->died : s->last;
    size_t *size = up_alloc(2 * (size_t)slots * sizeof *size), *folded = size + slots, at = 0;
    bool *kept = up_alloc((size_t)slots * sizeof *kept);
    mark_kept(kept, &net->program, keep);
    for (int i = 0; i < slots; ++i) {
        passing[i] = tasks < images && is_passing(net, i, kept[i], keep);
        size_t numbers = slot_numbers(net, i, keep) * (passing[i] ? tasks : images);
        size[i] = kept[i] ? 0 : numbers;
        offset[i] = at;
        at += kept[i] ? numbers : 0;
    }
    size_t all = up_slab_overlay(folded, size, first, last, slots);
    for (int i = 0; i < slots; ++i)
        offset[i] = kept[i] ? offset[i] : at + folded[i];
    free(size);
    free(kept);
    return at + all;
}
