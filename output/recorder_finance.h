/* What a result file keeps of a site's life. */
#ifndef DH_OUTPUT_RECORDER_FINANCE_H
#define DH_OUTPUT_RECORDER_FINANCE_H

#include "output/recorder.h"

/* /cash_flow: the summary's finance.flows as a table, a row a year from 0, with the discount rate as the
 * attribute `rate`. Nothing where the summary has none. */
enum dh_err dh_recorder_cash_flow(struct dh_recorder *recorder, const struct dh_summary *summary);

#endif
