#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// What a training run wrote about itself: log.jsonl and rollouts.jsonl of its folder (`gre train`,
// docs/training.md).

// A figure over the updates, both rising.
using TrainingSeries = std::vector<std::pair<int64_t, double>>;

struct TrainingAlarm {
  int64_t update = 0;
  std::string text;
};

struct SampledCompletion {
  std::string text;
  double reward = 0, advantage = 0;
  std::vector<std::pair<std::string, double>> parts;  // of the reward, by name
  bool truncated = false;
};

// The completions of one prompt of an update.
struct SampledRollout {
  int64_t update = 0;
  std::string record;              // FILE:LINE
  std::string photo;               // its path; may be empty
  std::vector<LatLng> truth = {};  // a point, or none
  std::string country_code = {};
  std::vector<SampledCompletion> completions;
};

struct TrainingLog {
  std::string stage;        // "sft", "grpo"; empty where the log does not say
  std::string recipe;       // its path
  int64_t updates = 0;      // of the whole run; 0: unknown
  int64_t last_update = 0;  // that the log holds
  int64_t starts = 0;       // how often the run was started or gone on with
  std::vector<std::pair<std::string, std::string>> settings;  // in effect, of the last start
  // By name, members of objects joined by dots: "loss", "rewards.distance.mean", "dev.loss". What
  // an update could not know is left out.
  std::map<std::string, TrainingSeries> series;
  std::vector<TrainingAlarm> alarms;     // in order
  std::vector<SampledRollout> rollouts;  // by update
  int64_t unreadable_lines = 0;          // of both files
  bool torn = false;                     // a last line was cut off: the run was killed, or goes on
  int64_t replaced_updates = 0;          // told twice, by a run that was killed and went on

  // The figure's values; empty where there is none.
  [[nodiscard]] const TrainingSeries& Of(const std::string& name) const;
};

// Reads JSON Lines of untrusted origin; total. An update that comes again, with all that stood
// behind it, replaces what was told before: a killed run goes on from its last checkpoint.
TrainingLog ParseTrainingLog(std::string_view log, std::string_view rollouts);

// ParseTrainingLog of a run's folder. kInvalidInput where log.jsonl holds no update; kNotFound
// where it is missing. A folder without rollouts.jsonl has no rollouts.
Result<TrainingLog> ReadTrainingLog(const std::string& folder);

}  // namespace gre
