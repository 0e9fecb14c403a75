/* Hashes of an integer's decimal text, as tf.strings.to_hash_bucket_fast and _strong take them of
 * tf.as_string(x): FarmHash's Fingerprint64 (texts of up to 20 bytes only) and SipHash-2-4 with a key. */
#pragma once

#include "include/lmrt.h"

LMRT_INLINE uint64_t lmrt_hash_load(const unsigned char *s, size_t bytes) {
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++) v |= (uint64_t)s[i] << 8 * i;
    return v;
}
LMRT_INLINE uint64_t lmrt_hash_right(uint64_t v, unsigned by) {
    return v >> by | v << (64 - by);
}

/* The decimal text without a final 0; gives its length, at most 20. */
LMRT_INLINE size_t lmrt_hash_text(int64_t x, unsigned char text[20]) {
    unsigned char digits[20];
    size_t n = 0, length = 0;
    uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    do digits[n++] = (unsigned char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (x < 0) text[length++] = '-';
    while (n > 0) text[length++] = digits[--n];
    return length;
}

LMRT_INLINE uint64_t lmrt_hash_mix(uint64_t u, uint64_t v, uint64_t factor) {
    uint64_t a = (u ^ v) * factor, b;
    a ^= a >> 47;
    b = (v ^ a) * factor;
    b ^= b >> 47;
    return b * factor;
}

LMRT_INLINE uint64_t lmrt_hash_farm(const unsigned char *s, size_t n) {
    const uint64_t k0 = UINT64_C(0xc3a5c85c97cb3127), k1 = UINT64_C(0xb492b66fbe98f273);
    const uint64_t k2 = UINT64_C(0x9ae16a3b2f90404f), factor = k2 + n * 2;
    if (n > 16) {
        const uint64_t a = lmrt_hash_load(s, 8) * k1, b = lmrt_hash_load(s + 8, 8);
        const uint64_t c = lmrt_hash_load(s + n - 8, 8) * factor, d = lmrt_hash_load(s + n - 16, 8) * k2;
        return lmrt_hash_mix(lmrt_hash_right(a + b, 43) + lmrt_hash_right(c, 30) + d,
                             a + lmrt_hash_right(b + k2, 18) + c, factor);
    }
    if (n >= 8) {
        const uint64_t a = lmrt_hash_load(s, 8) + k2, b = lmrt_hash_load(s + n - 8, 8);
        return lmrt_hash_mix(lmrt_hash_right(b, 37) * factor + a, (lmrt_hash_right(a, 25) + b) * factor,
                             factor);
    }
    if (n >= 4) return lmrt_hash_mix(n + (lmrt_hash_load(s, 4) << 3), lmrt_hash_load(s + n - 4, 4), factor);
    const uint64_t y = s[0] + ((uint64_t)s[n >> 1] << 8), z = n + ((uint64_t)s[n - 1] << 2);
    const uint64_t mixed = (y * k2) ^ (z * k0);
    return (mixed ^ mixed >> 47) * k2;
}

LMRT_INLINE void lmrt_hash_sip_round(uint64_t *v) {
    v[0] += v[1];
    v[1] = lmrt_hash_right(v[1], 64 - 13) ^ v[0];
    v[0] = lmrt_hash_right(v[0], 32);
    v[2] += v[3];
    v[3] = lmrt_hash_right(v[3], 64 - 16) ^ v[2];
    v[0] += v[3];
    v[3] = lmrt_hash_right(v[3], 64 - 21) ^ v[0];
    v[2] += v[1];
    v[1] = lmrt_hash_right(v[1], 64 - 17) ^ v[2];
    v[2] = lmrt_hash_right(v[2], 32);
}

LMRT_INLINE uint64_t lmrt_hash_sip(const unsigned char *s, size_t n, uint64_t key0, uint64_t key1) {
    uint64_t v[4] = {key0 ^ UINT64_C(0x736f6d6570736575), key1 ^ UINT64_C(0x646f72616e646f6d),
                     key0 ^ UINT64_C(0x6c7967656e657261), key1 ^ UINT64_C(0x7465646279746573)};
    for (size_t at = 0; at <= n; at += 8) {
        const size_t left = n - at;
        const uint64_t word =
            left >= 8 ? lmrt_hash_load(s + at, 8) : lmrt_hash_load(s + at, left) | (uint64_t)n << 56;
        v[3] ^= word;
        lmrt_hash_sip_round(v);
        lmrt_hash_sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) lmrt_hash_sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* p: the number of buckets; 1 for SipHash; its key. */
LMRT_INLINE int64_t lmrt_hash_bucket(const int64_t *p, int64_t x) {
    unsigned char text[20];
    const size_t n = lmrt_hash_text(x, text);
    const uint64_t hash =
        p[1] ? lmrt_hash_sip(text, n, (uint64_t)p[2], (uint64_t)p[3]) : lmrt_hash_farm(text, n);
    return (int64_t)(hash % (uint64_t)p[0]);
}
