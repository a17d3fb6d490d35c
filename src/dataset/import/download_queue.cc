#include "dataset/import/download_queue.h"

#include <algorithm>
#include <utility>

namespace gre {

bool DownloadQueue::Add(Job job) {
  const std::lock_guard lock(mutex_);
  Host& host = hosts_[job.host];
  if (host.given_up) return false;
  host.jobs.push_back(std::move(job));
  ++waiting_;
  changed_.notify_one();
  return true;
}

std::optional<DownloadQueue::Job> DownloadQueue::Take() {
  std::unique_lock lock(mutex_);
  while (!closed_) {
    const Clock::time_point now = Clock::now();
    Clock::time_point earliest = Clock::time_point::max();
    auto host = hosts_.upper_bound(last_);
    for (size_t i = 0; i < hosts_.size(); ++i, ++host) {
      if (host == hosts_.end()) host = hosts_.begin();
      auto& [name, state] = *host;
      if (state.jobs.empty() || state.active >= options_.connections_per_host) continue;
      if (state.next_start > now) {
        earliest = std::min(earliest, state.next_start);
        continue;
      }
      Job job = std::move(state.jobs.front());
      state.jobs.pop_front();
      ++state.active;
      --waiting_;
      state.next_start = now + std::chrono::milliseconds(options_.min_interval_ms);
      last_ = name;
      // somebody else may wait for this host's next turn without a limit
      changed_.notify_one();
      return job;
    }
    if (earliest == Clock::time_point::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, earliest);
    }
  }
  return std::nullopt;
}

size_t DownloadQueue::Done(const std::string& name, bool answered) {
  const std::lock_guard lock(mutex_);
  Host& host = hosts_[name];
  --host.active;
  host.failures = answered ? 0 : host.failures + 1;
  size_t thrown = 0;
  if (host.failures >= options_.max_host_failures) {
    host.given_up = true;
    thrown = host.jobs.size();
    waiting_ -= thrown;
    host.jobs.clear();
  }
  changed_.notify_one();
  return thrown;
}

void DownloadQueue::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

size_t DownloadQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

}  // namespace gre
