#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/dataset.h"
#include "dataset/teacher/reply_table.h"
#include "dataset/teacher/teacher.h"

namespace gre {

// What tokens cost, in the user's currency.
struct TokenPrice {
  double prompt_per_million = 0;
  double completion_per_million = 0;
  [[nodiscard]] double Cost(int64_t prompt_tokens, int64_t completion_tokens) const {
    return (static_cast<double>(prompt_tokens) * prompt_per_million +
            static_cast<double>(completion_tokens) * completion_per_million) /
           1e6;
  }
};

struct AskOptions {
  ReplyPurpose purpose = ReplyPurpose::kChain;
  int64_t samples = 1;       // G answers a photo
  int64_t max_attempts = 3;  // an answer that cannot be read, or an error that may pass
  bool json_fields_only = false;
  bool retry_failed = false;       // requests that failed for good in an earlier run
  size_t photos_at_once = 1;       // a worker gives so many photos to its teacher
  int64_t lease_s = 1800;          // longer than any reply takes
  double requests_per_minute = 0;  // over all workers of this process; 0 = any number
  TokenPrice price = {};
  std::optional<int64_t> max_tokens = std::nullopt;  // prompt and completion, of the whole dataset
  std::optional<double> max_cost = std::nullopt;     // of the whole dataset
  // What a request counts for while it is in flight, before replies tell better.
  int64_t expected_prompt_tokens = 2000;
  int64_t expected_completion_tokens = 1024;
};

struct AskProgress {
  int64_t wanted = 0;   // answers, over all runs
  int64_t done = 0;     // that are there, or failed for good
  int64_t earlier = 0;  // of `done`, before this run
  int64_t failed = 0;
  int64_t unparsed = 0;      // of this run
  double cost = 0;           // of the whole dataset
  double expected_cost = 0;  // of the whole dataset at the end, from the mean so far
};

struct AskSummary {
  AskProgress progress;
  int64_t stored = 0;  // replies of this run
  int64_t reused = 0;  // of these, equal requests' replies that were there already
  int64_t lost = 0;    // requests that an earlier process had in flight when it died
  bool budget_reached = false;
  std::string last_error;  // why requests failed
};

// Lets the teacher, one object a worker thread, answer what is still open: reads each reply and
// stores it. May be interrupted or killed at any moment and run again, here or on another machine
// at the same time: no stored reply is asked for twice. What was in flight at a kill is logged and
// counts as spent. Ends early, without an error, when the next request could exceed the budget;
// kCancelled when cancelled; kUnavailable when nothing but errors came from the teacher.
Result<AskSummary> AskTeacher(Dataset& dataset, std::span<Teacher* const> workers,
                              const AskOptions& options,
                              const std::function<void(const AskProgress&)>& progress,
                              const CancellationToken& cancellation);

}  // namespace gre
