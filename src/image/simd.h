#pragma once

// GRE_SIMD_CLONES before a function makes the compiler build it for AVX2 as well and pick at load
// time. Off where the picking (an ifunc) cannot work: other compilers and processors, and
// sanitizers, whose run-time is not ready when ifuncs are resolved.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define GRE_SIMD_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define GRE_SIMD_CLONES
#endif
