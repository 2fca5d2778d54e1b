#include "viz/parts.h"

#include <math.h>
#include <stdio.h>

void dh_draw_network(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    dh_panel(v, scene, box, "Network");
}
