#include "viz/parts.h"

#include <math.h>
#include <stdio.h>

void dh_draw_power(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    struct dh_box in = dh_panel(v, scene, box, "Power");
    for (int32_t k = 0; k < v->facility->n_stage && in.h > 20; k++)
        dh_row(v, scene, &in, v->facility->stage_name[k], dh_view_value(v, DH_COLUMN_stage_power_w, k), "W");
}
void dh_draw_cooling(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    dh_panel(v, scene, box, "Cooling");
}
void dh_draw_network(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    dh_panel(v, scene, box, "Network");
}
void dh_draw_work(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    dh_panel(v, scene, box, "Work");
}
