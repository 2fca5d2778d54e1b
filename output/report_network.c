/* What jobs sent over fabrics, and whom others slowed most. */
#include "output/report_facility.h"

#include <math.h>

void dh_report_network(struct dh_page *page) {
    double sent = dh_page_value(page, "network.sent_tb"), mean = dh_page_value(page, "network.slowdown_mean");
    if (isnan(sent))
        return;
    dh_page_heading(page, "JOBS ON FABRICS", NULL, NULL, NULL);
    dh_page_line(page, "jobs on several nodes", dh_page_value(page, "network.jobs"), 0, "");
    dh_page_line(page, "sent to other nodes", sent, 1, "TB");
    dh_page_line(page, "over links of leaves and within groups", dh_page_value(page, "network.local_tb"), 1,
                 "TB");
    dh_page_line(page, "over links of pods and between groups", dh_page_value(page, "network.global_tb"), 1,
                 "TB");
    if (isnan(mean))
        return;
    dh_page_line(page, "time over that without waiting, mean", mean, 4, "");
    dh_page_line(page, "most", dh_page_value(page, "network.slowdown_max"), 4, "");
    if (!dh_page_list_text(page, "network.slowest", 0, "job"))
        return;
    dh_page_heading(page, "SLOWED MOST BY THE NETWORK", "times as long", "GPU hours", NULL);
    for (int i = 0; dh_page_list_text(page, "network.slowest", i, "job"); i++) {
        dh_page_label(page, 1, dh_page_list_text(page, "network.slowest", i, "job"));
        dh_page_cell(page, dh_page_list_value(page, "network.slowest", i, "slowdown"), 3, "");
        dh_page_cell(page, dh_page_list_value(page, "network.slowest", i, "gpu_h"), 1, "h");
        dh_page_end_line(page);
    }
}
