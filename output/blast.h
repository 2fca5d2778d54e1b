/* The sections of a report on trips: what was made to fail, and what followed. */
#ifndef DH_OUTPUT_BLAST_H
#define DH_OUTPUT_BLAST_H

#include "output/report_page.h"

void dh_report_blast(struct dh_page *page);

/* Trip i in one sentence, for the head of the report. */
void dh_report_blast_line(struct dh_page *page, int i, struct dh_text *says);

#endif
