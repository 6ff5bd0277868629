/* Prints the order of NAS-Bench-201 as two C arrays; run by the build.
 *
 * The benchmark lists its 15,625 cells in the order that Python's
 * random.seed(88); random.shuffle(cells) gives to the list in which the last
 * edge's operation varies fastest. A cell's code is that list's index: six
 * digits of base 5, edge 01 first. Python's generator is MT19937 (Matsumoto and
 * Nishimura 1998) with the reference init_by_array, and shuffle draws below(n)
 * as the top bits of a word, again until they are below n. */
#include <stdint.h>
#include <stdio.h>

enum { CELLS = 15625, N = 624, M = 397 };
static uint32_t state[N];
static int used;

static void seed_one(uint32_t s)
{
    state[0] = s;
    for (uint32_t i = 1; i < N; i++)
        state[i] = 1812433253u * (state[i - 1] ^ state[i - 1] >> 30) + i;
}

/* init_by_array with the one word {key}. */
static void seed(uint32_t key)
{
    seed_one(19650218u);
    uint32_t i = 1;
    for (int k = 0; k < N; k++) {
        state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) * 1664525u) + key;
        if (++i == N) {
            state[0] = state[N - 1];
            i = 1;
        }
    }
    for (int k = 0; k < N - 1; k++) {
        state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) * 1566083941u) - i;
        if (++i == N) {
            state[0] = state[N - 1];
            i = 1;
        }
    }
    state[0] = 0x80000000u;
    used = N;
}

static void refill(void)
{
    for (int i = 0; i < N; i++) {
        uint32_t y = (state[i] & 0x80000000u) | (state[(i + 1) % N] & 0x7fffffffu);
        state[i] = state[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    used = 0;
}

static uint32_t word(void)
{
    if (used == N)
        refill();
    uint32_t y = state[used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static uint32_t below(uint32_t n)
{
    int bits = 0;
    while (n >> bits)
        bits++;
    uint32_t r;
    do
        r = word() >> (32 - bits);
    while (r >= n);
    return r;
}

static void print(const char *name, const uint16_t *v)
{
    printf("static const uint16_t %s[%d] = {", name, CELLS);
    for (int i = 0; i < CELLS; i++)
        printf("%s%d,", i % 16 ? " " : "\n    ", v[i]);
    printf("\n};\n");
}

int main(void)
{
    static uint16_t code[CELLS], index[CELLS];
    for (uint16_t i = 0; i < CELLS; i++)
        code[i] = i;
    seed(88);
    for (uint32_t i = CELLS - 1; i > 0; i--) {
        uint32_t j = below(i + 1);
        uint16_t t = code[i];
        code[i] = code[j];
        code[j] = t;
    }
    for (uint16_t i = 0; i < CELLS; i++)
        index[code[i]] = i;
    print("nb201_code_of", code);
    print("nb201_index_of", index);
    return 0;
}
