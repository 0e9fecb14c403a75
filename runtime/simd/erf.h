/* The error function and the tail of the normal distribution, which keeps its precision where 1 + erf(x) has
 * none left. */
#pragma once

#include "simd/exp.h"

/* a times the probability that a normal variable exceeds a, for 0 <= a <= 14.5 or NaN: b S(b) exp(-a^2 / 2),
 * where b = a / (4 + a) and S is a polynomial in b - 0.41748046875; b has a factor of 2^32, so that nothing
 * becomes subnormal too early. What the denominator, the quotient, S, their product and a^2 lose comes last;
 * what the quotient loses has a weight of nearly (1 - b)^5 / 2, the derivative of b S(b) over the
 * denominator. */
LMRT_INLINE LMRT_VF LMRT(normal_tail)(LMRT_VF a) {
    const LMRT_VF four = LMRT(splat)(4.0f), large = a * LMRT(splat)(4294967296.0f), d = four + a,
                  b = large / d;
    const LMRT_VF v = LMRT(fma)(b, LMRT(splat)(2.32830644e-10f), LMRT(splat)(-0.41748046875f));
    const LMRT_VF over = LMRT(fma)(b, a - (d - four), LMRT(lost)(b, d, large));
    const LMRT_VF q = LMRT(splat)(0.582519531f) - v, q2 = q * q;
    const LMRT_VF weight = q2 * q2 * (q * LMRT(splat)(-0.5f));
    LMRT_VF r = LMRT(fma)(LMRT(splat)(-0.0675707832f), v, LMRT(splat)(0.0960967541f));
    r = LMRT(fma)(r, v, LMRT(splat)(0.154075682f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.328935951f));
    r = LMRT(fma)(r, v, LMRT(splat)(-0.102608591f));
    r = LMRT(fma)(r, v, LMRT(splat)(1.03908598f));
    r = LMRT(fma)(r, v, LMRT(splat)(-1.82475221f));
    r = LMRT(fma)(r, v, LMRT(splat)(1.95861912f));
    const LMRT_VF slope = LMRT(splat)(-1.50406957f), t = LMRT(fma)(r, v, slope);
    const LMRT_VF t_small = LMRT(fma)(r, v, slope - t);
    const LMRT_VF last = LMRT(splat)(0.867040753f), rest = LMRT(rounded)(t * v), s = last + rest;
    const LMRT_VF s_small = LMRT(fma)(t_small, v, rest - (s - last)) + LMRT(lost)(t, v, rest);
    const LMRT_VF bs = LMRT(rounded)(b * s), square = LMRT(rounded)(a * a);
    const LMRT_VF small = LMRT(fma)(b, s_small, LMRT(fma)(over, weight, LMRT(lost)(b, s, bs)));
    const LMRT_VF half = LMRT(rounded)(square * 0.5f),
                  more_half = LMRT(rounded)(LMRT(lost)(a, a, square) * 0.5f);
    LMRT_VF power;
    const LMRT_VF w = LMRT(exp_minus)(half, more_half, 159, &power);
    const LMRT_VF more = LMRT(fma)(bs, w, LMRT(fma)(small, w, small));
    return LMRT(rounded)((bs + more) * power * LMRT(splat)(5.42101086e-20f));
}

/* Near 0 a series; else 1 - exp(-P(|x|)), which is 1 from 4 on. */
LMRT_INLINE LMRT_VF LMRT(erf)(LMRT_VF x) {
    const LMRT_VF a = LMRT(min)(LMRT(splat)(4.0f), LMRT(absolute)(x)), one = LMRT(splat)(1.0f), z = x * x;
    LMRT_VF t = LMRT(fma)(LMRT(splat)(-0.000197182622f), a, LMRT(splat)(0.0030556157f));
    t = LMRT(fma)(t, a, LMRT(splat)(-0.022277117f));
    t = LMRT(fma)(t, a, LMRT(splat)(0.104037417f));
    t = LMRT(fma)(t, a, LMRT(splat)(0.637059693f));
    t = LMRT(fma)(t, a, LMRT(splat)(1.1277496f));
    t = LMRT(fma)(t, a, LMRT(splat)(0.000177487244f));
    LMRT_VF power;
    const LMRT_VF w = LMRT(exp_minus)(t, LMRT(splat)(0.0f), 127, &power);
    const LMRT_VF far = LMRT(with_sign)(LMRT(fma)(-power, w, one - power), x);
    LMRT_VF p = LMRT(fma)(LMRT(splat)(8.18523113e-5f), z, LMRT(splat)(-8.09774443e-4f));
    p = LMRT(fma)(p, z, LMRT(splat)(5.19695692e-3f));
    p = LMRT(fma)(p, z, LMRT(splat)(-2.68577076e-2f));
    p = LMRT(fma)(p, z, LMRT(splat)(1.12836637e-1f));
    p = LMRT(fma)(p, z, LMRT(splat)(-3.76126319e-1f));
    p = LMRT(fma)(p, z, LMRT(splat)(1.28379166e-1f));
    const LMRT_VF near = LMRT(fma)(p, x, x);
    return LMRT(select)(LMRT(less)(LMRT(splat)(0.95f), a), far, near); /* NaN: near */
}
