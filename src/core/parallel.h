#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace gre {

struct ParallelOptions {
  size_t min_items = 1;  // for each thread: fewer are not worth starting one
  int max_threads = 0;   // 0: one a processor
};

// Cuts [0, count) into runs of nearly equal length and calls body(begin, end) for each, on a thread
// of its own; the last on the caller's. Returns when all have ended. `body` must not throw and must
// be safe to run on disjoint ranges at once.
template <typename Body>
void ParallelFor(size_t count, const ParallelOptions& options, const Body& body) {
  const size_t threads = options.max_threads > 0 ? static_cast<size_t>(options.max_threads)
                                                 : std::thread::hardware_concurrency();
  const size_t runs = std::clamp<size_t>(count / std::max<size_t>(options.min_items, 1), 1,
                                         std::max<size_t>(threads, 1));
  std::vector<std::thread> workers;
  workers.reserve(runs - 1);
  for (size_t i = 0; i + 1 < runs; ++i) {
    workers.emplace_back([&, i] { body(count * i / runs, count * (i + 1) / runs); });
  }
  body(count * (runs - 1) / runs, count);
  for (std::thread& worker : workers) worker.join();
}

}  // namespace gre
