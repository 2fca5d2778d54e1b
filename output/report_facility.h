/* Report sections about the facility as such: ratios by which sites are compared, what each branch has left,
 * permits. Each prints nothing when the summary has none of its keys. */
#ifndef DH_OUTPUT_REPORT_FACILITY_H
#define DH_OUTPUT_REPORT_FACILITY_H

#include "output/report_page.h"

void dh_report_branches(struct dh_page *page);
void dh_report_single_failures(struct dh_page *page);
void dh_report_backup(struct dh_page *page);
void dh_report_permits(struct dh_page *page);
void dh_report_years(struct dh_page *page);
void dh_report_sizing(struct dh_page *page);
void dh_report_ratios(struct dh_page *page);

/* Kernels of models: GPU hours, origin of their constants, extrapolation. */
void dh_report_kernels(struct dh_page *page);
/* Datasets, pipelines and what waited for them. */
void dh_report_data(struct dh_page *page);
/* GPU time by what became of it. */
void dh_report_fabrics(struct dh_page *page); /* what joins the nodes */
void dh_report_storage(struct dh_page *page); /* stores of data */
void dh_report_gpu_time(struct dh_page *page);
void dh_report_network(struct dh_page *page);

#endif
