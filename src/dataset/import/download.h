#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "net/retry.h"

namespace gre {

struct DownloadOptions {
  int connections = 16;                 // at once, to all hosts together
  int connections_per_host = 2;         // at once
  int64_t min_interval_ms = 100;        // between the starts of two requests to one host
  size_t max_bytes = size_t{32} << 20;  // of a photo
  int64_t timeout_ms = 60'000;          // of one attempt
  RetryPolicy retry = {.max_attempts = 4};
  // A host that could not be reached for so many photos in a row is left alone: what it has stays
  // wanted.
  int max_host_failures = 8;
  // Photos whose host could not be reached, or was busy, in an earlier run are wanted again.
  bool retry_failed = false;
};

struct DownloadReport {
  int64_t wanted = 0;  // at the start
  int64_t fetched = 0;
  int64_t left = 0;  // still wanted: interrupted, or of a host that cannot be reached
  // By reason: "dead_link" (404, 410 and other refusals, a placeholder for a photo that is gone),
  // "unreachable" (no answer, or 429 and 5xx after all attempts), "not_an_image", "too_large".
  std::map<std::string, int64_t> failed = {};
};

// Downloads the photos that the dataset wants. Each is stored as soon as it is complete and decodes
// as an image; one that fails gets a finding of the stage "import" that drops it, with the reason
// above and the HTTP status in its detail. Killed at any moment, the next call goes on. Errors
// concern the store or the disk. A cancelled download is no error.
Result<DownloadReport> DownloadWanted(
    Dataset& dataset, const DownloadOptions& options, const CancellationToken& cancellation,
    const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace gre
