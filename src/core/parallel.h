#pragma once

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

namespace gre {

// Calls work(begin, end) for consecutive parts of [0, count), one a processor, and waits for all.
// Fewer parts when they would hold less than `grain` items; a single part runs in the caller's
// thread. `work` must not throw.
template <typename Work>
void ParallelFor(size_t count, size_t grain, const Work& work) {
  const size_t threads = std::max<size_t>(1, std::thread::hardware_concurrency());
  const size_t parts = std::clamp<size_t>(count / std::max<size_t>(1, grain), 1, threads);
  std::vector<std::thread> others;
  others.reserve(parts - 1);
  for (size_t part = 1; part < parts; ++part) {
    others.emplace_back(
        [&, part] { work(count * part / parts, count * (part + 1) / parts); });
  }
  work(size_t{0}, count / parts);
  for (std::thread& thread : others) thread.join();
}

}  // namespace gre
