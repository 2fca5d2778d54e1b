/* The blast radius of each trip, as a section of a report. */
#ifndef DH_OUTPUT_BLAST_H
#define DH_OUTPUT_BLAST_H

#include "output/report_page.h"

/* Nothing where nothing was tripped. What did not happen is said. */
void dh_report_blast(struct dh_page *page);

#endif
