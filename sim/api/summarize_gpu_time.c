/* Where the time of all installed GPUs went: work, waiting by cause, idle, down. Whole nanoseconds; the audit
 * holds their sum against what is installed. */
#include "sim/api/summarize.h"

#include <stdio.h>

enum { N_PART = 16 };

struct part {
    const char *name;
    dh_gpu_ns gpu_ns;
};

/* What lies in the progress of jobs besides work at full speed, and what nobody held. */
static void parts_of(const struct dh_world *w, struct part parts[static N_PART]) {
    const struct dh_gpu_ledger *g = &w->gpu_time;
    dh_gpu_ns waiting = dh_world_waiting_gpu_ns(w), restart = w->restart_gpu_ns;
    const struct part all[N_PART] = {
        {"work",          g->progress - w->overhead_gpu_ns - w->lost_gpu_ns - g->bubble - g->communication},
        {"communication", g->communication                                                                },
        {"bubble",        g->bubble                                                                       },
        {"serving",       g->serving                                                                      },
        {"checkpoint",    w->overhead_gpu_ns - restart + g->slow[DH_IDLE_CHECKPOINT]                      },
        {"restart",       restart + g->slow[DH_IDLE_RESTART]                                              },
        {"lost",          w->lost_gpu_ns                                                                  },
        {"network",       g->slow[DH_IDLE_NETWORK]                                                        },
        {"data",          g->slow[DH_IDLE_DATA]                                                           },
        {"power",         g->slow[DH_IDLE_POWER]                                                          },
        {"heat",          g->slow[DH_IDLE_HEAT]                                                           },
        {"idle_queue",    g->idle_queue                                                                   },
        {"idle_power",    g->idle_power                                                                   },
        {"idle",          w->idle_gpu_ns - g->idle_queue - g->idle_power                                  },
        {"down",          w->down_gpu_ns - waiting                                                        },
        {"waiting",       waiting                                                                         },
    };
    for (int i = 0; i < N_PART; i++)
        parts[i] = all[i];
}

dh_gpu_ns dh_gpu_time_sum(const struct dh_world *w) {
    struct part parts[N_PART];
    dh_gpu_ns sum = 0;
    parts_of(w, parts);
    for (int i = 0; i < N_PART; i++)
        sum += parts[i].gpu_ns;
    return sum;
}

void dh_summarize_gpu_time(struct dh_summary *out, const struct dh_world *w) {
    struct part parts[N_PART];
    parts_of(w, parts);
    dh_put_number(out, "gpu_time.installed_h",
                  (double)((dh_gpu_ns)w->f->n_gpu * w->des.now) / (1e9 * S_PER_H));
    for (int i = 0; i < N_PART; i++)
        if (parts[i].gpu_ns != 0)
            dh_put_at(out, (double)parts[i].gpu_ns / (1e9 * S_PER_H), "gpu_time.%s_h", parts[i].name);
}
