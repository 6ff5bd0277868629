/* The conversions of layout.h for one real type; see both_reals.h. */
#define up_layout_pack UP_R(up_layout_pack)
#define up_layout_turn UP_R(up_layout_turn)
#define up_layout_unpack UP_R(up_layout_unpack)

/* Matrices from weights as PyTorch has them ([numbers] of the program), and back. `turned`:
 * those of the backward pass. Lanes without a channel are 0. */
void up_layout_pack(real *matrices, const real *weights, const struct up_layout *l,
                    const struct up_program *p, bool turned);
void up_layout_turn(real *turned, const real *matrices, const struct up_layout *l,
                    const struct up_program *p);
void up_layout_unpack(real *weights, const real *matrices, const struct up_layout *l,
                      const struct up_program *p);
