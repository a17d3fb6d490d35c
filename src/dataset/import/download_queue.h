#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "dataset/import/download.h"
#include "dataset/photo_table.h"

namespace gre {

// Jobs that wait for their host: one host is never asked by more than the options allow at once nor
// more often than they say, and the others do not wait for it. Thread-safe.
class DownloadQueue {
 public:
  using Clock = std::chrono::steady_clock;

  explicit DownloadQueue(const DownloadOptions& options) : options_(options) {}

  struct Job {
    Photo photo;
    std::string host;
  };
  // False when the host has been given up: the job is not taken.
  bool Add(Job job);
  // Waits for a job whose host may be asked now; nullopt once the queue is closed.
  std::optional<Job> Take();
  // After each job: whether its host gave an answer of any kind. Returns how many jobs were thrown
  // away because the host is given up now.
  size_t Done(const std::string& host, bool answered);
  // Wakes everybody up; what waits is not done.
  void Close();
  [[nodiscard]] size_t waiting() const;

 private:
  struct Host {
    std::deque<Job> jobs;
    int active = 0;
    int failures = 0;  // in a row
    bool given_up = false;
    Clock::time_point next_start = {};
  };

  const DownloadOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Host> hosts_;
  std::string last_;  // the host that was served last: all take turns
  size_t waiting_ = 0;
  bool closed_ = false;
};

}  // namespace gre
