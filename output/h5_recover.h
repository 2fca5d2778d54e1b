/* The child's half of recover.h. */
#ifndef DH_OUTPUT_H5_RECOVER_H
#define DH_OUTPUT_H5_RECOVER_H

/* Makes a copy of a result that was left open usable, in place. 0, or the exit status 1 when it cannot be. */
int dh_h5_recover(const char *path);

#endif
