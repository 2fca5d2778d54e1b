/* Moist air: ASHRAE Handbook of Fundamentals 2017, chapter 1 (equation numbers as there). SI: degC, Pa,
 * kg of water per kg of dry air, J per kg of dry air. Outside -100 ... 200 degC the temperature of a
 * saturation pressure is clamped. Nothing fails: what makes no sense gives a finite, clamped result; NaN
 * gives NaN. */
#ifndef DH_MODELS_PSYCHRO_H
#define DH_MODELS_PSYCHRO_H

#define DH_PSY_STANDARD_PA 101325.0

/* Specific heat of dry air and of water vapour, heat of evaporation at 0 degC: eq. 30. */
#define DH_PSY_CP_AIR_J_PER_KG_K    1006.0
#define DH_PSY_CP_VAPOUR_J_PER_KG_K 1860.0
#define DH_PSY_H_FG_J_PER_KG        2501e3
/* Ratio of the molar masses of water and dry air. */
#define DH_PSY_MASS_RATIO 0.621945

/* Pressure of the standard atmosphere at an altitude above sea level, eq. 3. */
double dh_psy_pressure_pa(double altitude_m);

/* Temperature of the standard atmosphere up to 11 km, eq. 4; pressure reduced to sea level from that at an
 * altitude where the air has this temperature (Hess, Introduction to Theoretical Meteorology, 1979, eq. 6.5).
 */
double dh_psy_standard_degc(double altitude_m);
double dh_psy_sea_level_pa(double pressure_pa, double altitude_m, double dry_bulb_degc);

/* Saturation pressure of water vapour, over ice below the triple point, over water above: eqs. 5 and 6. */
double dh_psy_saturation_pa(double temp_degc);

/* Temperature at which the saturation pressure is vapour_pa: the dew point. Newton's method, 1e-9 K;
 * -100 degC for a pressure below that of -100 degC. */
double dh_psy_dew_point_degc(double vapour_pa);

/* Humidity ratio from the partial pressure of vapour, eq. 20, and back; of saturated air; from the dew point;
 * from relative humidity (0-1). */
double dh_psy_humidity(double vapour_pa, double pressure_pa);
double dh_psy_vapour_pa(double humidity, double pressure_pa);
double dh_psy_humidity_saturated(double temp_degc, double pressure_pa);
double dh_psy_humidity_from_relative(double dry_bulb_degc, double relative, double pressure_pa);
double dh_psy_relative(double dry_bulb_degc, double humidity, double pressure_pa);

/* Humidity ratio of air with this dry bulb and wet bulb, eqs. 33 and 35 (ice below 0 degC); at least 1e-7. */
double dh_psy_humidity_from_wet_bulb(double dry_bulb_degc, double wet_bulb_degc, double pressure_pa);

/* Wet bulb by bisection and secant between dew point and dry bulb, 1e-7 K. The equations of ice and water
 * differ at 0 degC, so that a narrow band of states has two solutions up to 0.8 K apart; one of them is
 * returned. */
double dh_psy_wet_bulb_degc(double dry_bulb_degc, double humidity, double pressure_pa);

/* Enthalpy per kg of dry air, eq. 30; specific volume of dry air, eq. 26; density of the mixture. */
double dh_psy_enthalpy_j_per_kg(double dry_bulb_degc, double humidity);
double dh_psy_volume_m3_per_kg(double dry_bulb_degc, double humidity, double pressure_pa);
double dh_psy_density_kg_per_m3(double dry_bulb_degc, double humidity, double pressure_pa);

/* The same solved for the other: humidity ratio at this enthalpy and dry bulb (what a coil or a spray
 * leaves), dry bulb at this enthalpy and humidity ratio (what mixing leaves), dry bulb at this volume. */
double dh_psy_humidity_from_enthalpy(double enthalpy_j_per_kg, double dry_bulb_degc);
double dh_psy_dry_bulb_degc(double enthalpy_j_per_kg, double humidity);
double dh_psy_dry_bulb_from_volume_degc(double volume_m3_per_kg, double humidity, double pressure_pa);

/* Specific humidity, kg of water per kg of moist air, from the humidity ratio, eq. 9, and back. */
double dh_psy_specific(double humidity);
double dh_psy_humidity_from_specific(double specific);

/* Enthalpy of saturated air, and the temperature of saturated air with this enthalpy: Newton's method from
 * guess_degc, 1e-9 K. */
double dh_psy_enthalpy_saturated(double temp_degc, double pressure_pa);
double dh_psy_saturated_degc(double enthalpy_j_per_kg, double pressure_pa, double guess_degc);

#endif
