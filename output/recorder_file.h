/* For parts of the recorder: the file that it writes. Private to output/. */
#ifndef DH_OUTPUT_RECORDER_FILE_H
#define DH_OUTPUT_RECORDER_FILE_H

struct dh_h5_file;
struct dh_recorder;

/* NULL: nothing is recorded, or what was to be has failed. */
struct dh_h5_file *dh_recorder_file(struct dh_recorder *recorder);

#endif
