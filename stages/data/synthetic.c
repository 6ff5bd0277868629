/* Images made up from a seed, so that a first run needs no download; see synthetic.h. */
#include "stages/data/synthetic.h"
#include <stdio.h>

enum { SHAPES = 7, TEXTURES = 3 };

struct look { /* of one image; lengths in units of the image's side */
    int shape, texture;
    double cx, cy, size, ux, uy; /* centre, radius, turn as a unit-ish vector */
    double front[3], back[3], slope[3];
    double waves, phase, noise;
};

static double frac(double v) { return v - (double)(int64_t)v + (v < 0); }

static double magnitude(double v) { return v < 0 ? -v : v; }

static double clamp(double v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

/* Triangle wave of period 1, 0..1. */
static double wave(double v) { return magnitude(2 * frac(v) - 1); }

static void hue(double out[3], double h, double light)
{
    for (int c = 0; c < 3; c++)
        out[c] = light * clamp(0.15 + 1.7 * wave(h + c / 3.0) - 0.35);
}

static struct look imagine(const struct up_synthetic *s, int32_t class, struct up_rng *r)
{
    struct look k = {.shape = class % SHAPES, .texture = class / SHAPES % TEXTURES};
    k.cx = up_rng_range(r, 0.35, 0.65);
    k.cy = up_rng_range(r, 0.35, 0.65);
    k.size = up_rng_range(r, 0.2, 0.38);
    do { /* a direction: a point of the disk, not too near its centre */
        k.ux = up_rng_range(r, -1, 1);
        k.uy = up_rng_range(r, -1, 1);
    } while (k.ux * k.ux + k.uy * k.uy > 1 || k.ux * k.ux + k.uy * k.uy < 0.5);
    hue(k.front, 0.618034 * class + up_rng_range(r, -0.04, 0.04), up_rng_range(r, 0.7, 1.0));
    hue(k.back, up_rng_uniform(r), up_rng_range(r, 0.2, 0.7));
    for (int c = 0; c < 3; c++)
        k.slope[c] = up_rng_range(r, -0.3, 0.3);
    k.waves = 2 + class % 4 + up_rng_range(r, 0, 0.7) + 0.01 * s->classes;
    k.phase = up_rng_uniform(r);
    k.noise = up_rng_range(r, 0.02, 0.12);
    return k;
}

/* Whether a point of the turned, scaled frame lies in the shape. */
static bool inside(int shape, double u, double v)
{
    double d = u * u + v * v, a = magnitude(u), b = magnitude(v);
    switch (shape) {
    case 0:
        return d < 1;
    case 1:
        return a < 0.85 && b < 0.85;
    case 2:
        return d < 1 && d > 0.35;
    case 3:
        return (a < 0.3 && b < 1) || (b < 0.3 && a < 1);
    case 4:
        return v > -0.7 && v < 1 - 1.9 * a;
    case 5:
        return a < 1 && b < 1 && frac(2 * (u + 1)) < 0.5;
    default:
        return a + 0.5 * b < 0.7;
    }
}

static double texture(const struct look *k, double u, double v)
{
    switch (k->texture) {
    case 0:
        return 1;
    case 1:
        return 0.5 + 0.5 * wave(k->waves * u * 0.5 + k->phase);
    default:
        return wave(k->waves * u * 0.4 + k->phase) + wave(k->waves * v * 0.4) > 1 ? 1 : 0.45;
    }
}

int32_t up_synthetic_image(const struct up_synthetic *s, size_t i, uint8_t *out)
{
    char name[40];
    snprintf(name, sizeof name, "image %zu", i);
    struct up_rng r = up_rng_init(s->seed, name);
    int32_t class = (int32_t)up_rng_below(&r, (uint64_t)s->classes);
    struct look k = imagine(s, class, &r);
    int n = s->side;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++) {
            double px = (x + 0.5) / n, py = (y + 0.5) / n;
            double u = ((px - k.cx) * k.ux + (py - k.cy) * k.uy) / k.size;
            double v = ((py - k.cy) * k.ux - (px - k.cx) * k.uy) / k.size;
            bool in = inside(k.shape, u, v);
            double t =
                in ? texture(&k, u, v) : 1 - 0.25 * wave(k.waves * (px + py) * 0.5 + k.phase);
            for (int c = 0; c < 3; c++) {
                double base = in ? k.front[c] : k.back[c] + k.slope[c] * (px - py);
                double value = t * base + k.noise * (up_rng_uniform(&r) - 0.5);
                out[(c * n + y) * n + x] = (uint8_t)(255 * clamp(value) + 0.5);
            }
        }
    return class;
}
