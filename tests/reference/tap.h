/* Which outputs a kernel tap reaches along one axis. */
#ifndef UP_NN_TAP_H
#define UP_NN_TAP_H

struct up_tap { /* outputs lo <= o < hi read input o * stride + shift */
    int lo, hi, shift;
};

static inline struct up_tap up_tap(int tap, int pad, int stride, int inputs, int outputs)
{
    struct up_tap t = {0, 0, tap - pad};
    if (t.shift < 0)
        t.lo = (-t.shift + stride - 1) / stride;
    if (t.shift < inputs)
        t.hi = (inputs - 1 - t.shift) / stride + 1;
    if (t.hi > outputs)
        t.hi = outputs;
    if (t.lo > t.hi)
        t.lo = t.hi;
    return t;
}

#endif
