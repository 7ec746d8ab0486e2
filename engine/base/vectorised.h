// LAWINE_VECTORISED before a function has it compiled several times, for x86-64-v2, AVX2 and AVX-512, and
// the best one chosen when the program starts. Meant for plain loops over arrays that the compiler turns
// into vector code. Elsewhere (arm64, sanitizers) the function is compiled once.
#ifndef LAWINE_ENGINE_BASE_VECTORISED_H_
#define LAWINE_ENGINE_BASE_VECTORISED_H_

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define LAWINE_VECTORISED __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define LAWINE_VECTORISED
#endif

#endif  // LAWINE_ENGINE_BASE_VECTORISED_H_
