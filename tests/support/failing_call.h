// A disk that fails, for a process of its own: call it in a death test.
#ifndef LAWINE_TESTS_SUPPORT_FAILING_CALL_H_
#define LAWINE_TESTS_SUPPORT_FAILING_CALL_H_

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>

namespace lawine {

// From here on system call `number` (SYS_fsync, ...) fails with `error`, in this process and for good. False
// where the kernel does not allow it.
inline bool MakeCallFail(unsigned number, unsigned short error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_FAILING_CALL_H_
