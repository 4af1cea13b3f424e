#pragma once
// Independent pieces of work on a few threads. What a piece computes must depend on its index only (its
// seed, its slice), never on which thread ran it or when: that is how results stay the same bytes at any
// thread count.

#include <cstddef>
#include <functional>

namespace tidemill {

// Calls work(0) .. work(count-1), each once, on up to `thread_count` threads (the caller's included).
// Returns when all have ended; the exception of the lowest index that threw is rethrown.
void parallel_for(size_t count, int thread_count, const std::function<void(size_t)>& work);

// Cores this process may use; the default wherever a thread count is not given.
int available_cores();

}  // namespace tidemill
