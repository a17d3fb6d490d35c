#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "core/strings.h"
#include "report/charts/line_chart.h"
#include "report/training_page.h"

namespace gre {
namespace {

struct PlannedLine {
  std::string series;
  std::string name;
};

// A chart of series that belong together; it is left out where the log holds none of them.
struct PlannedChart {
  std::string_view name;
  std::string title, subtitle;
  std::vector<PlannedLine> lines;
  bool percent = false, steps = false, from_zero = true;
};

const std::vector<PlannedChart>& Planned() {
  static const std::vector<PlannedChart> charts = {
      {"reward",
       "Reward",
       "weighted sum of the parts, mean over the completions",
       {{"reward", ""}}},
      {.name = "loss",
       .title = "Loss",
       .subtitle = "",
       .lines = {{"loss", "training"}, {"dev.loss", "dev"}},
       .from_zero = false},
      {"auxiliary", "Loss of the country head", "", {{"auxiliary_loss", ""}}},
      {"kl", "KL to the reference", "nats a token", {{"kl", ""}}},
      {"entropy", "Entropy", "nats a token", {{"entropy", ""}}},
      {.name = "clipped",
       .title = "Clipped tokens",
       .subtitle = "share of the tokens whose ratio was clipped",
       .lines = {{"clipped_low", "below"}, {"clipped_high", "above"}},
       .percent = true},
      {.name = "lengths",
       .title = "Tokens of a completion",
       .subtitle = "",
       .lines = {{"completion_tokens.mean", "mean"}, {"completion_tokens.longest", "longest"}}},
      {.name = "shares",
       .title = "Groups without spread, cut completions",
       .subtitle = "share of each",
       .lines = {{"zero_advantage_share", "without spread"}, {"truncated", "cut by the length"}},
       .percent = true},
      {"mismatch",
       "Engine and trainer apart",
       "mean difference of their log-probabilities of a token",
       {{"engine_mismatch", ""}}},
      {"theta", "Theta of the distance reward", "kilometres", {{"theta_km", ""}}, false, true},
      {"norm", "Norm of the gradient", "before it is clipped", {{"gradient_norm", ""}}},
      {"rate", "Learning rate", "", {{"learning_rate", ""}}},
      {"speed", "Tokens a second", "of the whole update", {{"tokens_per_second", ""}}},
      {.name = "seconds",
       .title = "Seconds an update",
       .subtitle = "",
       .lines = {{"seconds", "all"}, {"rollout_seconds", "drawing completions"}}},
      {.name = "memory",
       .title = "Peak memory",
       .subtitle = "GiB",
       .lines = {{"resident_gib", "of the process"}, {"device_gib", "of the device"}}},
      {"tokens", "Tokens an update", "", {{"tokens", "all"}, {"reply_tokens", "of replies"}}},
      {.name = "dev_parsed",
       .title = "Answers on dev with coordinates",
       .subtitle = "share of the greedy answers",
       .lines = {{"dev.parsed", ""}},
       .percent = true},
  };
  return charts;
}

// Counts and positions, which are no figures of their own.
constexpr std::string_view kSilent[] = {
    "epoch",       "groups",         "zero_advantage_groups", "records",          "dev.examples",
    "dev.answers", "dev.with_truth", "peak_resident_bytes",   "peak_device_bytes"};

constexpr double kGib = 1024.0 * 1024 * 1024;

// With what is computed from the log's own series.
std::map<std::string, TrainingSeries> WithDerived(const TrainingLog& log) {
  std::map<std::string, TrainingSeries> series = log.series;
  const auto scale = [&](const std::string& from, const std::string& to) {
    for (const auto& [update, value] : log.Of(from)) series[to].emplace_back(update, value / kGib);
  };
  scale("peak_resident_bytes", "resident_gib");
  scale("peak_device_bytes", "device_gib");
  std::map<int64_t, double> groups;
  for (const auto& [update, value] : log.Of("groups")) groups[update] = value;
  for (const auto& [update, flat] : log.Of("zero_advantage_groups")) {
    const auto all = groups.find(update);
    if (all == groups.end() || !(all->second > 0)) continue;
    series["zero_advantage_share"].emplace_back(update, flat / all->second);
  }
  return series;
}

class ChartMaker {
 public:
  explicit ChartMaker(const TrainingLog& log) : series_(WithDerived(log)) {
    for (const TrainingAlarm& alarm : log.alarms) marks_.push_back({alarm.update, alarm.text});
    for (const std::string_view name : kSilent) used_.emplace(name);
  }

  std::vector<NamedChart> Make() && {
    Planned("reward");
    Parts();
    for (const PlannedChart& chart : gre::Planned()) {
      if (chart.name != "reward") Planned(chart.name);
    }
    Accuracy();
    Others();
    return std::move(charts_);
  }

 private:
  [[nodiscard]] const TrainingSeries* Find(const std::string& name) const {
    const auto found = series_.find(name);
    return found == series_.end() || found->second.empty() ? nullptr : &found->second;
  }

  void Add(std::string_view name, LineChart chart) {
    if (chart.lines.empty()) return;
    chart.marks = marks_;
    const bool few = std::ranges::all_of(
        chart.lines, [](const ChartLine& line) { return line.points.size() <= 12; });
    chart.points = few && !chart.steps;
    charts_.push_back({std::string(name), LineChartSvg(chart)});
  }

  void Planned(std::string_view name) {
    const auto plan = std::ranges::find(gre::Planned(), name, &PlannedChart::name);
    LineChart chart = {.title = plan->title, .subtitle = plan->subtitle};
    chart.percent = plan->percent;
    chart.steps = plan->steps;
    if (plan->from_zero) chart.floor = 0;
    for (const PlannedLine& line : plan->lines) {
      used_.insert(line.series);
      if (const TrainingSeries* points = Find(line.series)) {
        chart.lines.push_back({line.name, *points});
      }
    }
    Add(plan->name, std::move(chart));
  }

  void Parts() {
    LineChart chart = {.title = "Reward by part",
                       .subtitle = "mean and deviation over the completions"};
    for (const auto& [name, points] : series_) {
      if (!name.starts_with("rewards.") || !name.ends_with(".mean") || points.empty()) continue;
      const std::string part = name.substr(8, name.size() - 8 - 5);
      const std::string spread = Concat({"rewards.", part, ".deviation"});
      used_.insert(name);
      used_.insert(spread);
      ChartLine line = {part, points};
      std::map<int64_t, double> spreads;
      if (const TrainingSeries* known = Find(spread)) spreads = {known->begin(), known->end()};
      for (const auto& [update, mean] : points) line.spreads.push_back(spreads[update]);
      chart.lines.push_back(std::move(line));
    }
    if (chart.lines.size() == 1) chart.title = Concat({"Reward: ", chart.lines[0].name});
    Add("rewards", std::move(chart));
  }

  void Accuracy() {
    LineChart chart = {.title = "Accuracy on dev", .subtitle = "share of the greedy answers"};
    std::map<double, const TrainingSeries*> thresholds;
    for (const auto& [name, points] : series_) {
      constexpr std::string_view kPrefix = "dev.accuracy_km.";
      if (!name.starts_with(kPrefix)) continue;
      const auto km = ParseDouble(std::string_view(name).substr(kPrefix.size()));
      if (!km) continue;
      used_.insert(name);
      thresholds[*km] = &points;
    }
    for (const auto& [km, points] : thresholds) {
      chart.lines.push_back({Concat({FormatShortest(km), " km"}), *points});
    }
    chart.percent = true;
    chart.floor = 0;
    Add("dev_accuracy", std::move(chart));
  }

  // What newer programs write, under its own name.
  void Others() {
    for (const auto& [name, points] : series_) {
      if (used_.contains(name) || points.empty()) continue;
      Add(name, {.title = name, .lines = {{"", points}}});
    }
  }

  std::map<std::string, TrainingSeries> series_;
  std::vector<ChartMark> marks_;
  std::set<std::string, std::less<>> used_;
  std::vector<NamedChart> charts_;
};

}  // namespace

std::vector<NamedChart> TrainingCharts(const TrainingLog& log) { return ChartMaker(log).Make(); }

}  // namespace gre
