#pragma once
// What a forked process has to put right before it goes its own way.

#include <csignal>
#include <initializer_list>

#include <sys/prctl.h>
#include <unistd.h>

namespace tidemill::workflow {

// Handlers of the program are for the program: back to what the system does, nothing blocked.
inline void reset_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);  // fails for KILL and STOP
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

inline void ignore_signals(std::initializer_list<int> numbers) {
  for (const int number : numbers) signal(number, SIG_IGN);
}

// The kernel sends `number` to this process when its parent dies. False: it is dead already, for between fork
// and this call there was nobody to tell.
inline bool follow_parent(pid_t parent, int number) {
  prctl(PR_SET_PDEATHSIG, number);
  return getppid() == parent;
}

}  // namespace tidemill::workflow
