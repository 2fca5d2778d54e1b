/* A summary as JSON: dotted keys become nested objects, parts that count from 0 become arrays. */
#ifndef DH_OUTPUT_SUMMARY_JSON_H
#define DH_OUTPUT_SUMMARY_JSON_H

#include "output/summary.h"
#include "sim/text.h"

/* Appends the object, indented by two blanks a level, without a final newline. Members keep the order in
 * which they were added; numbers are written with the fewest digits that read back as the same double, an
 * infinity as null. DH_ERR_MEMORY; DH_ERR_INTERNAL for keys that contradict each other ("a" and "a.b"). */
enum dh_err dh_summary_json_write(const struct dh_summary *summary, struct dh_text *out);

/* string in quotes with JSON's escapes; for other writers of JSON. */
void dh_json_put_string(struct dh_text *out, const char *string);

#endif
