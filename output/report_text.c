#include "output/report_text.h"

#include "output/blast.h"
#include "output/report_facility.h"
#include "output/report_glance.h"
#include "output/report_sections.h"

const struct dh_report_section dh_report_sections[] = {
    {"power",       dh_report_power          },
    {"limits",      dh_report_limits         },
    {"alerts",      dh_report_alerts         },
    {"sizing",      dh_report_sizing         },
    {"years",       dh_report_years          },
    {"blast",       dh_report_blast          },
    {"permits",     dh_report_permits        },
    {"branches",    dh_report_branches       },
    {"failures",    dh_report_single_failures},
    {"backup",      dh_report_backup         },
    {"money",       dh_report_money          },
    {"finance",     dh_report_finance        },
    {"unit_costs",  dh_report_unit_costs     },
    {"tenants",     dh_report_tenants        },
    {"credits",     dh_report_credits        },
    {"onsite",      dh_report_onsite         },
    {"jobs",        dh_report_jobs           },
    {"streams",     dh_report_streams        },
    {"services",    dh_report_services       },
    {"data",        dh_report_data           },
    {"kernels",     dh_report_kernels        },
    {"burst",       dh_report_burst          },
    {"energy",      dh_report_energy         },
    {"ratios",      dh_report_ratios         },
    {"planet",      dh_report_planet         },
    {"gpu_time",    dh_report_gpu_time       },
    {"network",     dh_report_network        },
    {"fabrics",     dh_report_fabrics        },
    {"storage",     dh_report_storage        },
    {"gpus",        dh_report_gpus           },
    {"causes",      dh_report_causes         },
    {"audit",       dh_report_audit          },
    {"evidence",    dh_report_evidence       },
    {"assumptions", dh_report_assumptions    },
    {"origin",      dh_report_origin         },
    {NULL,          NULL                     },
};

enum dh_err dh_report_text_write(const struct dh_summary *summary, const struct dh_report_style *style,
                                 struct dh_text *out) {
    struct dh_page page = {.form = &dh_page_form_text, .summary = summary, .out = out};
    if (style)
        page.style = *style;
    if (page.style.markdown)
        page.form = &dh_page_form_markdown;
    if (page.style.width == 0)
        page.style.width = 100;
    page.style.width = page.style.width < 60 ? 60 : page.style.width > 240 ? 240 : page.style.width;
    dh_report_glance(&page);
    for (const struct dh_report_section *section = dh_report_sections; section->id && !page.style.brief;
         section++)
        section->put(&page);
    page.form->end(&page);
    dh_arena_free(&page.mem);
    return out->failed ? DH_ERR_MEMORY : DH_OK;
}
