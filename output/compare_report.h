/* The comparison of up to eight results with a base: text for a terminal, HTML and PDF with charts. */
#ifndef DH_OUTPUT_COMPARE_REPORT_H
#define DH_OUTPUT_COMPARE_REPORT_H

#include "output/compare.h"
#include "output/report_page.h"

enum { DH_COMPARE_OTHERS = 8 };

/* What the scenarios say differently; NULL: that one says nothing. */
struct dh_compare_change {
    const char *path, *base, *other;
};

struct dh_comparison {
    struct dh_compared base, others[DH_COMPARE_OTHERS];
    int32_t n_other;
    struct dh_compare_change *changes[DH_COMPARE_OTHERS];
    int32_t n_change[DH_COMPARE_OTHERS];
    const struct dh_compare_front *fronts; /* output/compare_front.h; n_front of them */
    int32_t n_front;
};

enum dh_err dh_compare_text_write(const struct dh_comparison *c, const struct dh_report_style *style,
                                  struct dh_text *out);
enum dh_err dh_compare_html_write(const struct dh_comparison *c, struct dh_text *out);
enum dh_err dh_compare_pdf_write(const struct dh_comparison *c, struct dh_text *out);

#endif
