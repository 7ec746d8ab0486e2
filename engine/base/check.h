// CHECK: for what cannot happen unless the program itself is wrong. What can happen is an absl::Status.
#ifndef LAWINE_ENGINE_BASE_CHECK_H_
#define LAWINE_ENGINE_BASE_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define LAWINE_CHECK(condition)                                                              \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: invariant broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

#endif  // LAWINE_ENGINE_BASE_CHECK_H_
