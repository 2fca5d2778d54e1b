/* The sections of a report on one run. Each reads the page's summary, and puts nothing where that lacks its
 * keys. */
#ifndef DH_OUTPUT_REPORT_SECTIONS_H
#define DH_OUTPUT_REPORT_SECTIONS_H

#include "output/report_page.h"

struct dh_report_section {
    const char *id;
    void (*put)(struct dh_page *page);
};
/* In the order of a report; the last one's id is NULL. */
extern const struct dh_report_section dh_report_sections[];

void dh_report_power(struct dh_page *page);
void dh_report_limits(struct dh_page *page);
void dh_report_money(struct dh_page *page);
void dh_report_finance(struct dh_page *page);
void dh_report_unit_costs(struct dh_page *page);
void dh_report_tenants(struct dh_page *page);
void dh_report_credits(struct dh_page *page);
void dh_report_alerts(struct dh_page *page);
void dh_report_evidence(struct dh_page *page);
void dh_report_onsite(struct dh_page *page);
void dh_report_jobs(struct dh_page *page);
void dh_report_streams(struct dh_page *page);
void dh_report_services(struct dh_page *page);
void dh_report_burst(struct dh_page *page);
void dh_report_energy(struct dh_page *page);
void dh_report_planet(struct dh_page *page);
void dh_report_gpus(struct dh_page *page);
void dh_report_causes(struct dh_page *page);
void dh_report_audit(struct dh_page *page);
void dh_report_assumptions(struct dh_page *page);
void dh_report_origin(struct dh_page *page);

#endif
