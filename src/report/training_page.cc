#include "report/training_page.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "geo/geodesic.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"
#include "report/bench_groups.h"
#include "report/charts/axis_scale.h"
#include "report/html_document.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr int kPictureSide = 560;  // pixels

std::string Number(int64_t value) { return NumberLabel(static_cast<double>(value)); }

double MeanOf(const TrainingSeries& series, size_t begin, size_t end) {
  double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += series[i].second;
  return sum / static_cast<double>(end - begin);
}

// First and last tenth.
std::pair<double, double> Ends(const TrainingSeries& series) {
  const size_t tenth = std::max<size_t>(1, series.size() / 10);
  return {MeanOf(series, 0, tenth), MeanOf(series, series.size() - tenth, series.size())};
}

std::string FigureText(double value) {
  const double size = std::abs(value);
  if (size == 0 || size >= 0.01) return FormatFixed(value, size >= 1000 ? 0 : 3);
  const double power = std::pow(10, 2 - std::floor(std::log10(size)));  // three digits
  return FormatShortest(std::round(value * power) / power);
}

std::string DurationText(double seconds) {
  if (seconds < 90) return FormatFixed(seconds, 0) + " s";
  if (seconds < 5400) return FormatFixed(seconds / 60, 0) + " min";
  return FormatFixed(seconds / 3600, 1) + " h";
}

std::string StageTitle(const std::string& stage) {
  if (stage == "sft") return "Supervised fine-tuning";
  if (stage == "grpo") return "Reinforcement learning";
  return "Training";
}

class TrainingPage {
 public:
  TrainingPage(const TrainingLog& log, const TrainingPageOptions& options)
      : log_(log), options_(options) {}

  std::string Render() && {
    const std::string title = Concat({StageTitle(log_.stage), ": ", options_.name});
    out_ = HtmlHead(PlainLine(title), /*with_script=*/false);
    out_ += Concat({"<header>\n<h1>", EscapeMarkup(PlainLine(title)), "</h1>\n<p>",
                    EscapeMarkup(PlainLine(log_.recipe)), "</p>\n</header>\n",
                    "<main class=\"bench\">\n"});
    Tiles();
    Alarms();
    Section("Curves");
    out_ += "<div class=\"curves\">\n";
    for (const NamedChart& chart : TrainingCharts(log_)) out_ += chart.svg;
    out_ += "</div>\n";
    EndSection();
    Rollouts();
    Settings();
    Remarks();
    out_ += Concat({"</main>\n<footer>\n<p>Made with gre ", EscapeMarkup(options_.version),
                    log_.rollouts.empty() ? "." : "; map: Natural Earth.",
                    "</p>\n</footer>\n</body>\n</html>\n"});
    return std::move(out_);
  }

 private:
  void Section(std::string_view title) {
    out_ += Concat({"<section class=\"panel\">\n<h2>", title, "</h2>\n"});
  }
  void EndSection() { out_ += "</section>\n"; }

  void Tile(std::string_view title, const std::string& value, const std::string& remark) {
    out_ += Concat({"<div><dt>", title, "</dt><dd>", EscapeMarkup(value), "</dd><dd>",
                    EscapeMarkup(remark), "</dd></div>\n"});
  }

  void FromTo(std::string_view title, const std::string& series) {
    const TrainingSeries& values = log_.Of(series);
    if (values.empty()) return;
    const auto [first, last] = Ends(values);
    Tile(title, FigureText(last), Concat({"from ", FigureText(first)}));
  }

  void Tiles() {
    out_ += "<dl class=\"tiles\">\n";
    Tile("updates", Number(log_.last_update),
         log_.updates > 0 ? Concat({"of ", Number(log_.updates)}) : "");
    FromTo("reward", "reward");
    if (log_.Of("reward").empty()) FromTo("loss", "loss");
    if (const TrainingSeries& dev = log_.Of("dev.loss"); !dev.empty()) {
      const auto best = std::ranges::min_element(dev, {}, &TrainingSeries::value_type::second);
      Tile("best dev loss", FigureText(best->second), Concat({"at update ", Number(best->first)}));
    }
    FromTo("KL", "kl");
    FromTo("entropy", "entropy");
    if (const TrainingSeries& speed = log_.Of("tokens_per_second"); !speed.empty()) {
      Tile("tokens a second", NumberLabel(std::round(MeanOf(speed, 0, speed.size()))), "mean");
    }
    double seconds = 0;
    for (const auto& [update, value] : log_.Of("seconds")) seconds += value;
    if (seconds > 0) {
      Tile("time", DurationText(seconds),
           log_.starts > 1 ? Concat({"in ", std::to_string(log_.starts), " starts"}) : "");
    }
    Memory("memory", "peak_resident_bytes", "peak of the process");
    Memory("device memory", "peak_device_bytes", "peak");
    out_ += "</dl>\n";
  }

  void Memory(std::string_view title, const std::string& series, const std::string& remark) {
    double most = 0;
    for (const auto& [update, bytes] : log_.Of(series)) most = std::max(most, bytes);
    if (most > 0) Tile(title, FormatFixed(most / 1073741824.0, 1) + " GiB", remark);
  }

  void Alarms() {
    Section("Alarms");
    if (log_.alarms.empty()) out_ += "<p>None was raised.</p>\n";
    if (!log_.alarms.empty()) out_ += "<ul class=\"alarms\">\n";
    for (const TrainingAlarm& alarm : log_.alarms) {
      out_ += Concat({"<li><b>update ", Number(alarm.update), "</b> ",
                      EscapeMarkup(PlainLine(alarm.text)), "</li>\n"});
    }
    if (!log_.alarms.empty()) out_ += "</ul>\n";
    EndSection();
  }

  // Evenly over the run, the first and the last among them.
  [[nodiscard]] std::vector<const SampledRollout*> Chosen() const {
    std::vector<const SampledRollout*> chosen;
    const size_t all = log_.rollouts.size();
    const size_t shown = std::min(all, options_.most_rollouts);
    for (size_t i = 0; i < shown; ++i) {
      chosen.push_back(&log_.rollouts[shown == 1 ? all - 1 : i * (all - 1) / (shown - 1)]);
    }
    return chosen;
  }

  void Rollouts() {
    if (log_.rollouts.empty()) return;
    Section("Sampled completions");
    out_ += Concat({"<p>The first prompt of ", Number(static_cast<int64_t>(Chosen().size())),
                    " of ", Number(static_cast<int64_t>(log_.rollouts.size())),
                    " updates, the best completion first.</p>\n<div class=\"gallery\">\n"});
    for (const SampledRollout* rollout : Chosen()) Rollout(*rollout);
    out_ += "</div>\n";
    EndSection();
  }

  void Rollout(const SampledRollout& rollout) {
    std::vector<const SampledCompletion*> completions;
    for (const SampledCompletion& completion : rollout.completions) {
      completions.push_back(&completion);
    }
    std::ranges::stable_sort(completions, std::ranges::greater(), &SampledCompletion::reward);
    out_ += "<article>\n";
    if (options_.photo && !rollout.photo.empty()) {
      LocateResult asked;
      asked.file = rollout.photo;
      out_ += Concat({"<figure>", PictureHtml(options_.photo(asked, kPictureSide)), "</figure>\n"});
    }
    if (!rollout.truth.empty() && !completions.empty()) Map(rollout, *completions.front());
    out_ += Concat({"<div class=\"body\">\n<h4>Update ", Number(rollout.update),
                    "</h4>\n<p class=\"coordinates\">", EscapeMarkup(PlainLine(rollout.record)),
                    "</p>\n"});
    if (rollout.truth.empty() && !rollout.country_code.empty()) {
      out_ += Concat({"<p class=\"coordinates\">in ",
                      EscapeMarkup(CountryName(rollout.country_code)), "</p>\n"});
    }
    for (const SampledCompletion* completion : completions) Put(*completion);
    out_ += "</div>\n</article>\n";
  }

  void Map(const SampledRollout& rollout, const SampledCompletion& best) {
    const ParsedAnswer answer = ParseReply(best.text, {.require_block = true});
    if (!answer.point) return;
    ErrorLine line;
    line.truth = rollout.truth.front();
    line.answer = *answer.point;
    line.distance_km = GeodesicDistanceKm(line.truth, line.answer);
    line.label = Concat({"the best answer, ", DistanceText(line.distance_km), " away"});
    out_ += CaseMapSvg(line, options_.world);
  }

  void Put(const SampledCompletion& completion) {
    std::string parts;
    for (const auto& [name, value] : completion.parts) {
      parts += Concat({parts.empty() ? "" : " · ", name, " ", FormatFixed(value, 2)});
    }
    if (completion.truncated) parts += parts.empty() ? "cut" : " · cut";
    const double advantage = completion.advantage;
    out_ += Concat({"<details class=\"completion\"><summary><b>", FormatFixed(completion.reward, 3),
                    "</b> <span class=\"", advantage < 0 ? "worse" : "better", "\">",
                    advantage < 0 ? "" : "+", FormatFixed(advantage, 2), "</span> <small>",
                    EscapeMarkup(PlainLine(parts)), "</small></summary>\n"});
    const Chain chain = ParseChain(completion.text);
    if (!chain.empty()) out_ += ChainHtml(chain);
    out_ += Concat({"<pre>", EscapeMarkup(completion.text), "</pre>\n</details>\n"});
  }

  // By section of the recipe.
  void Settings() {
    if (log_.settings.empty()) return;
    Section("Configuration in effect");
    out_ += "<div class=\"settings\">\n";
    std::vector<std::pair<std::string, std::string>> sections;  // name, entries
    for (const auto& [key, value] : log_.settings) {
      const size_t dot = key.find('.');
      const std::string section = dot == std::string::npos ? "" : key.substr(0, dot);
      auto found =
          std::ranges::find(sections, section, &std::pair<std::string, std::string>::first);
      if (found == sections.end()) found = sections.insert(sections.end(), {section, ""});
      const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
      found->second += Concat({"<dt>", EscapeMarkup(PlainLine(name)), "</dt><dd>",
                               EscapeMarkup(PlainLine(value)), "</dd>\n"});
    }
    for (const auto& [name, entries] : sections) {
      out_ += Concat(
          {"<div><h3>", EscapeMarkup(PlainLine(name)), "</h3>\n<dl>\n", entries, "</dl></div>\n"});
    }
    out_ += "</div>\n";
    EndSection();
  }

  void Remarks() {
    std::string remarks;
    const auto add = [&](std::initializer_list<std::string_view> text) {
      remarks += Concat({"<li>", EscapeMarkup(Concat(text)), "</li>\n"});
    };
    if (log_.replaced_updates > 0) {
      add({Number(log_.replaced_updates),
           " updates were told twice: the run was stopped and went on from a checkpoint; the later "
           "ones are shown."});
    }
    if (log_.torn) add({"The last line of a log is cut off: the run goes on, or was killed."});
    if (log_.unreadable_lines > 0) {
      add({Number(log_.unreadable_lines), " lines of the logs cannot be read and are left out."});
    }
    if (remarks.empty()) return;
    Section("Remarks");
    out_ += Concat({"<ul class=\"remarks\">\n", remarks, "</ul>\n"});
    EndSection();
  }

  const TrainingLog& log_;
  const TrainingPageOptions& options_;
  std::string out_;
};

}  // namespace

std::vector<TrainingFigure> TrainingFigures(const TrainingLog& log) {
  std::vector<TrainingFigure> figures;
  for (const auto& [name, series] : log.series) {
    if (series.empty()) continue;
    TrainingFigure figure;
    figure.name = name;
    std::tie(figure.first, figure.last) = Ends(series);
    const auto [least, most] =
        std::ranges::minmax_element(series, {}, &TrainingSeries::value_type::second);
    figure.least = least->second;
    figure.most = most->second;
    figures.push_back(std::move(figure));
  }
  return figures;
}

Table TrainingFiguresTable(const TrainingLog& log) {
  Table table;
  table.title = Concat({StageTitle(log.stage), ": ", Number(log.last_update),
                        log.updates > 0 ? Concat({" of ", Number(log.updates)}) : "", " updates"});
  table.columns = {{"figure", TableAlign::kLeft}, {"first"}, {"last"}, {"least"}, {"most"}};
  for (const TrainingFigure& figure : TrainingFigures(log)) {
    table.rows.push_back({figure.name, FigureText(figure.first), FigureText(figure.last),
                          FigureText(figure.least), FigureText(figure.most)});
  }
  table.notes = {"first and last: means of a tenth of the updates"};
  return table;
}

Table TrainingAlarmsTable(const TrainingLog& log) {
  Table table;
  table.title = "Alarms";
  table.columns = {{"update"}, {"alarm", TableAlign::kLeft}};
  for (const TrainingAlarm& alarm : log.alarms) {
    table.rows.push_back({Number(alarm.update), alarm.text});
  }
  return table;
}

std::string FormatTrainingHtml(const TrainingLog& log, const TrainingPageOptions& options) {
  return TrainingPage(log, options).Render();
}

std::string FormatTrainingJson(const TrainingLog& log, int indent) {
  OrderedJson figures = OrderedJson::object();
  for (const TrainingFigure& figure : TrainingFigures(log)) {
    figures[figure.name] = {{"first", figure.first},
                            {"last", figure.last},
                            {"least", figure.least},
                            {"most", figure.most}};
  }
  OrderedJson alarms = OrderedJson::array();
  for (const TrainingAlarm& alarm : log.alarms) {
    alarms.push_back({{"update", alarm.update}, {"text", alarm.text}});
  }
  OrderedJson settings = OrderedJson::object();
  for (const auto& [key, value] : log.settings) settings[key] = value;
  const OrderedJson json = {
      {"schema", "gre.training-report/1"},
      {"stage", log.stage},
      {"recipe", log.recipe},
      {"updates", log.updates > 0 ? OrderedJson(log.updates) : OrderedJson()},
      {"last_update", log.last_update},
      {"starts", log.starts},
      {"figures", std::move(figures)},
      {"alarms", std::move(alarms)},
      {"rollouts", log.rollouts.size()},
      {"replaced_updates", log.replaced_updates},
      {"unreadable_lines", log.unreadable_lines},
      {"torn", log.torn},
      {"settings", std::move(settings)},
  };
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace gre
