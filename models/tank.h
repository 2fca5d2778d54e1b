/* Stratified water tank of two layers, cold below and warm above, with a boundary that moves (thermocline;
 * FACILITY C11). Water that enters a layer mixes with it; a share of the water that moves is also exchanged
 * between the layers, which is what real tanks lose at diffusers and at the boundary. Volumes and heat are
 * conserved exactly. */
#ifndef DH_MODELS_TANK_H
#define DH_MODELS_TANK_H

struct dh_tank {
    double volume_m3;
    double
        mixing; /* share of the water that moves which changes layers: 0 ideal, 0.02-0.1 usual (assumption) */
    double cold_m3; /* below the boundary, 0 to volume_m3 */
    double cold_degc, warm_degc;
};

/* Draws flow_m3_per_s from the cold layer and returns it at return_degc to the warm one (flow > 0:
 * discharge); flow < 0: charge, which draws warm water and returns cold. Gives the mean temperature of the
 * water drawn. When a layer is used up, what is drawn comes from the other. */
double dh_tank_step(struct dh_tank *tank, double flow_m3_per_s, double return_degc, double dt_s);

/* Heat that it holds above 0 degC per (rho cp), m3 K: rises by flow x (return - drawn) x dt. */
double dh_tank_content_m3_k(const struct dh_tank *tank);

/* Seconds until water of volume_m3 warms by rise_k under heat_w without cooling: V rho cp dT / Q. */
double dh_ride_through_s(double volume_m3, double rise_k, double heat_w);

#endif
