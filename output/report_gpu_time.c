/* Where the time of all installed GPUs went, largest first: what a planner could gain, and where. */
#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>

static const struct part {
    const char *key, *text;
} parts[] = {
    {"gpu_time.work_h",          "Work at full speed"               },
    {"gpu_time.communication_h", "Communication within steps"       },
    {"gpu_time.bubble_h",        "Pipelines that fill and drain"    },
    {"gpu_time.serving_h",       "Held by services"                 },
    {"gpu_time.checkpoint_h",    "Writing checkpoints"              },
    {"gpu_time.restart_h",       "Noticing failures, starting again"},
    {"gpu_time.lost_h",          "Work lost by failures"            },
    {"gpu_time.network_h",       "Waiting for the network"          },
    {"gpu_time.data_h",          "Waiting for data"                 },
    {"gpu_time.power_h",         "Clocks lowered by power limits"   },
    {"gpu_time.heat_h",          "Clocks lowered by heat"           },
    {"gpu_time.idle_queue_h",    "Free while jobs wait"             },
    {"gpu_time.idle_power_h",    "Free, held back by power limits"  },
    {"gpu_time.idle_h",          "Free, nobody waits"               },
    {"gpu_time.down_h",          "Down"                             },
    {"gpu_time.waiting_h",       "Not yet energized"                },
};
enum { N_PART = sizeof parts / sizeof *parts };

void dh_report_gpu_time(struct dh_page *page) {
    double installed = dh_page_value(page, "gpu_time.installed_h"), hours[N_PART];
    int order[N_PART], n = 0;
    for (int i = 0; i < N_PART; i++) {
        hours[i] = dh_page_value(page, parts[i].key);
        if (isnan(hours[i]))
            continue;
        int k = n++;
        for (; k > 0 && hours[order[k - 1]] < hours[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    if (!(installed > 0) || n == 0)
        return;
    dh_page_heading(page, "WHERE GPU TIME WENT", "GPU hours", "share", NULL);
    for (int k = 0; k < n; k++) {
        dh_page_label(page, 1, parts[order[k]].text);
        dh_page_cell(page, hours[order[k]], installed < 1e5 ? 1 : 0, "h");
        dh_page_percent(page, hours[order[k]] / installed);
        dh_page_end_line(page);
    }
    dh_page_label(page, 1, "Installed");
    dh_page_cell(page, installed, installed < 1e5 ? 1 : 0, "h");
    dh_page_percent(page, 1);
    dh_page_end_line(page);
}
