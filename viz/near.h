/* From which share of a limit on a load is near it: alerts, key figures, and colours of all tabs alike. Near
 * is amber and bears a △, beyond is red and bears a ▲. */
#ifndef DH_VIZ_NEAR_H
#define DH_VIZ_NEAR_H

#define DH_NEAR 0.9
/* Of busways, panels and what a breaker is rated for: loads that last three hours or more may take so much of
 * it, NFPA 70 (NEC) 210.20(A) and 215.3. */
#define DH_NEAR_CIRCUIT 0.8
/* As ratings are written: a rounding error is no overload. */
#define DH_BEYOND 1.0005

#endif
