#include "report/training_log.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr size_t kMostSettings = 1000;
constexpr int64_t kLargestCount = 1'000'000'000'000;

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A whole number that counts; `missing` for anything else.
int64_t CountOf(const Json& object, const char* key, int64_t missing) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return missing;
  const auto value = found->get<int64_t>();
  return value >= 0 && value <= kLargestCount ? value : missing;
}

double NumberOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

bool IsTold(const std::string& name) { return name == "update" || name == "steps"; }

// Every number below `value`, by its path.
void VisitNumbers(const std::string& name, const Json& value,
                  const std::function<void(const std::string&, double)>& visit) {
  if (value.is_number()) {
    visit(name, value.get<double>());
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      VisitNumbers(name.empty() ? key : Concat({name, ".", key}), member, visit);
    }
  }
}

// Takes what lies behind `update` away.
template <typename Item>
void CutBehind(std::vector<Item>& items, int64_t update) {
  std::erase_if(items, [&](const Item& item) { return item.update > update; });
}

class LogParser {
 public:
  TrainingLog Parse(std::string_view log, std::string_view rollouts) && {
    EachLine(log, [&](const Json& line) { return TakeLine(line); });
    EachLine(rollouts, [&](const Json& line) { return TakeRollout(line); });
    CutBehind(log_.rollouts, log_.last_update);
    return std::move(log_);
  }

 private:
  template <typename Take>
  void EachLine(std::string_view text, Take&& take) {
    while (!text.empty()) {
      const size_t end = text.find('\n');
      const std::string_view line = Trim(text.substr(0, end));
      const bool last = end == std::string_view::npos;
      text.remove_prefix(last ? text.size() : end + 1);
      if (line.empty()) continue;
      const Result<Json> json = ParseJson(line);
      if (json.ok() && json->is_object() && take(*json)) continue;
      if (last) {
        log_.torn = true;
      } else {
        ++log_.unreadable_lines;
      }
    }
  }

  bool TakeLine(const Json& line) {
    if (const auto start = line.find("start"); start != line.end()) return TakeStart(*start);
    const int64_t update = CountOf(line, "update", CountOf(line, "steps", -1));
    if (update < 0) return false;
    const bool evaluation = line.contains("dev") && !line.contains("loss");
    if (!evaluation && update <= log_.last_update) {
      log_.replaced_updates += log_.last_update - update + 1;
      GoBackTo(update - 1);
    }
    log_.last_update = std::max(log_.last_update, update);
    VisitNumbers("", line, [&](const std::string& name, double value) {
      if (IsTold(name) || !std::isfinite(value)) return;
      TrainingSeries& series = log_.series[name];
      while (!series.empty() && series.back().first >= update) series.pop_back();
      series.emplace_back(update, value);
    });
    const auto alarms = line.find("alarms");
    if (alarms == line.end() || !alarms->is_array()) return true;
    for (const Json& alarm : *alarms) {
      if (alarm.is_string()) log_.alarms.push_back({update, alarm.get<std::string>()});
    }
    return true;
  }

  bool TakeStart(const Json& start) {
    if (!start.is_object()) return false;
    const int64_t from = CountOf(start, "update", 0);
    if (from < log_.last_update) {
      log_.replaced_updates += log_.last_update - from;
      GoBackTo(from);
    }
    ++log_.starts;
    log_.stage = TextOf(start, "stage");
    log_.recipe = TextOf(start, "recipe");
    log_.updates = CountOf(start, "updates", 0);
    log_.settings.clear();
    const auto settings = start.find("settings");
    if (settings == start.end() || !settings->is_object()) return true;
    for (const auto& [key, value] : settings->items()) {
      if (log_.settings.size() == kMostSettings) break;
      log_.settings.emplace_back(key,
                                 value.is_string() ? value.get<std::string>() : DumpJson(value));
    }
    return true;
  }

  void GoBackTo(int64_t update) {
    for (auto& [name, series] : log_.series) {
      while (!series.empty() && series.back().first > update) series.pop_back();
    }
    CutBehind(log_.alarms, update);
    log_.last_update = update;
  }

  bool TakeRollout(const Json& line) {
    SampledRollout rollout;
    rollout.update = CountOf(line, "update", -1);
    const auto completions = line.find("completions");
    if (rollout.update < 0 || completions == line.end() || !completions->is_array()) return false;
    rollout.record = TextOf(line, "record");
    rollout.photo = TextOf(line, "photo");
    rollout.country_code = TextOf(line, "country_code");
    if (const auto truth = line.find("truth"); truth != line.end() && truth->is_object()) {
      const auto point =
          LatLng::FromDegrees(NumberOf(*truth, "latitude"), NumberOf(*truth, "longitude"));
      if (point) rollout.truth.push_back(*point);
    }
    for (const Json& each : *completions) {
      if (!each.is_object()) return false;
      SampledCompletion completion;
      completion.text = TextOf(each, "text");
      completion.reward = NumberOf(each, "reward");
      completion.advantage = NumberOf(each, "advantage");
      completion.truncated = each.contains("truncated") && each["truncated"] == true;
      if (const auto parts = each.find("parts"); parts != each.end() && parts->is_object()) {
        for (const auto& [name, value] : parts->items()) {
          if (value.is_number()) completion.parts.emplace_back(name, value.get<double>());
        }
      }
      rollout.completions.push_back(std::move(completion));
    }
    CutBehind(log_.rollouts, rollout.update - 1);
    log_.rollouts.push_back(std::move(rollout));
    return true;
  }

  TrainingLog log_;
};

}  // namespace

const TrainingSeries& TrainingLog::Of(const std::string& name) const {
  static const TrainingSeries none;
  const auto found = series.find(name);
  return found == series.end() ? none : found->second;
}

TrainingLog ParseTrainingLog(std::string_view log, std::string_view rollouts) {
  return LogParser().Parse(log, rollouts);
}

Result<TrainingLog> ReadTrainingLog(const std::string& folder) {
  const std::string path = folder + "/log.jsonl";
  if (!FileExists(path)) {
    return Error{ErrorCode::kNotFound, Concat({path,
                                               ": not found; expected the folder of a training run "
                                               "(checkpoint.directory of its recipe)"})};
  }
  GRE_ASSIGN_OR_RETURN(const std::string log, ReadFile(path));
  std::string rollouts;
  if (FileExists(folder + "/rollouts.jsonl")) {
    GRE_ASSIGN_OR_RETURN(rollouts, ReadFile(folder + "/rollouts.jsonl"));
  }
  TrainingLog parsed = ParseTrainingLog(log, rollouts);
  if (parsed.series.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({path, ": holds no update yet (",
                         std::to_string(parsed.unreadable_lines + (parsed.torn ? 1 : 0)),
                         " lines that cannot be read); the run is younger than its first update"})};
  }
  return parsed;
}

}  // namespace gre
