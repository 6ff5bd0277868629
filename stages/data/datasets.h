/* Data sets by name: classes, and the mean and deviation that normalise pixels. */
#ifndef UP_DATA_DATASETS_H
#define UP_DATA_DATASETS_H

struct up_dataset {
    const char *name;
    int classes, side;      /* side: of the square images */
    double mean[3], std[3]; /* of pixels in 0..1 */
};
extern const struct up_dataset up_datasets[]; /* ends with a NULL name */
const struct up_dataset *
up_dataset_find(const char *name); /* capitals do not matter; NULL: unknown */

#endif
