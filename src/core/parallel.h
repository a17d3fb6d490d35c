#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace gre {

// Cuts [0, count) into `threads` runs of nearly equal length and calls body(begin, end) for each,
// on a thread of its own; the last on the caller's. Returns when all have ended. `body` must not
// throw and must be safe to run on disjoint ranges at once. `threads` below 2, or few items: no
// thread.
template <typename Body>
void ParallelFor(size_t count, int threads, const Body& body) {
  const size_t runs =
      std::clamp<size_t>(static_cast<size_t>(std::max(threads, 1)), 1, std::max<size_t>(count, 1));
  std::vector<std::thread> workers;
  workers.reserve(runs - 1);
  for (size_t i = 0; i + 1 < runs; ++i) {
    workers.emplace_back([&, i] { body(count * i / runs, count * (i + 1) / runs); });
  }
  body(count * (runs - 1) / runs, count);
  for (std::thread& worker : workers) worker.join();
}

}  // namespace gre
