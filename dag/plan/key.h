/* The identity rule: which bytes decide whether a node was computed before.
 *
 * The key document is the canonical MessagePack map
 *   {"float":   "portable" | ["native", BLAS core, instruction set],
 *    "format":  1,
 *    "inputs":  [content digest as bin 16, nil when absent] in declared order,
 *    "params":  {key without section: value} of the parameters that matter, with
 *               defaults filled in; seeds as numbers; FILE as the digest of its bytes,
 *               DIR as a list of [name, digest]; nil when unset,
 *    "stage":   name,
 *    "version": number}
 * and the key is its XXH3-128. Nothing else enters: no path, user, host, time, thread
 * count or locale, and not the order or spelling of the configuration. */
#ifndef UP_DAG_PLAN_KEY_H
#define UP_DAG_PLAN_KEY_H
#include "dag/plan/graph.h"
#include "dag/plan/plan.h"
#include "dag/plan/source.h"

enum { UP_KEY_FORMAT = 1 };

/* inputs[i]: the digest of declared input i, zero when absent. */
void up_key_doc(struct up_buf *out, const struct up_config *c, const struct up_stage *stage,
                const struct up_sources *sources, const struct up_digest *inputs,
                const struct up_float *mode);
/* The "float" field alone; memo keys hold it too. */
void up_key_float(struct up_buf *out, const struct up_config *c, const struct up_float *mode);

/* Differing fields of two key documents of one stage, the ones that say most first.
 * inputs[i] names declared input i. Returns how many; *out (may be NULL: count only)
 * and its strings are the arena's. Documents that cannot be read differ in "key". */
size_t up_key_diff(struct up_view before, struct up_view after, const char *stage,
                   const char *const *inputs, size_t ninputs, struct up_arena *arena,
                   const struct up_reason **out);
/* "lambda.preset: tpe -> selected", "input scores changed", with " (and 2 more)". */
const char *up_reasons_line(const struct up_reason *r, size_t n, struct up_arena *arena);

#endif
