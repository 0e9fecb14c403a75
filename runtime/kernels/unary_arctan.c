/* The arc tangent. Of |x| up to tan(pi / 8) it is an odd polynomial; what is larger is turned by pi / 4 or
 * pi / 2 first, whose float and the rest of it are added one after the other. */
#pragma once

#include "simd/simd.h"

LMRT_INLINE LMRT_VF LMRT(map_arctan)(LMRT_VF x, const float *p) {
    const LMRT_VF a = LMRT(absolute)(x), one = LMRT(splat)(1.0f), zero = LMRT(splat)(0.0f);
    const LMRT_VI far = LMRT(less)(LMRT(splat)(2.41421356f), a),
                  middle = LMRT(less)(LMRT(splat)(0.41421356f), a);
    const LMRT_VF turned = LMRT(select)(middle, (a - one) / (a + one), a);
    const LMRT_VF t = LMRT(select)(far, -(one / a), turned), z = t * t;
    const LMRT_VF high =
        LMRT(select)(far, LMRT(splat)(1.57079637f), LMRT(select)(middle, LMRT(splat)(0.785398185f), zero));
    const LMRT_VF low = LMRT(select)(far, LMRT(splat)(-4.37113883e-8f),
                                     LMRT(select)(middle, LMRT(splat)(-2.18556941e-8f), zero));
    LMRT_VF c = LMRT(fma)(LMRT(splat)(8.05374449538e-2f), z, LMRT(splat)(-1.38776856032e-1f));
    c = LMRT(fma)(c, z, LMRT(splat)(1.99777106478e-1f));
    c = LMRT(fma)(c, z, LMRT(splat)(-3.33329491539e-1f));
    const LMRT_VF bent = LMRT(rounded)(c * z), y = high + (LMRT(fma)(bent, t, t) + low);
    (void)p;
    return LMRT(with_sign)(y, x);
}

LMRT_MAP(arctan)
