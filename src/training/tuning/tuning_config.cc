#include "training/tuning/tuning_config.h"

#include <algorithm>
#include <string_view>

#include "core/strings.h"
#include "training/settings_reader.h"

namespace gre {
namespace {

// What a key holds as TOML has it, before it means something.
struct Words {
  std::string method = "lora";
  std::string targets = {};
  std::string shape = "cosine";
};

// Each setting is named once, here or in VisitPlaces; these are the ones that influence the
// weights.
template <typename Config, typename WordsOf, typename Visitor>
void VisitSettings(Config& config, WordsOf& words, Visitor&& visit) {
  visit("model.dtype", config.model.dtype);
  visit("model.max_pixels", config.model.max_pixels);
  visit("data.cutoff_tokens", config.data.cutoff_tokens);
  visit("tune.method", words.method);
  visit("tune.vision", config.parts.vision);
  visit("tune.merger", config.parts.merger);
  visit("tune.language", config.parts.language);
  visit("lora.rank", config.lora.rank);
  visit("lora.alpha", config.lora.alpha);
  visit("lora.rank_stabilised", config.lora.rank_stabilised);
  visit("lora.targets", words.targets);
  auto& optim = config.optim;
  visit("optim.learning_rate", optim.learning_rate);
  visit("optim.shape", words.shape);
  visit("optim.warmup_ratio", optim.warmup_ratio);
  visit("optim.batch_size", optim.batch_size);
  visit("optim.beta1", optim.adamw.beta1);
  visit("optim.beta2", optim.adamw.beta2);
  visit("optim.epsilon", optim.adamw.epsilon);
  visit("optim.weight_decay", optim.adamw.weight_decay);
  visit("optim.clip_norm", optim.adamw.clip_norm);
  visit("schedule.epochs", config.schedule.epochs);
  visit("schedule.seed", config.schedule.seed);
}

template <typename Config, typename Visitor>
void VisitPlaces(Config& config, Visitor&& visit) {
  visit("model.base", config.model.base);
  visit("model.adapter", config.model.adapter);
  visit("model.device", config.model.device);
  visit("data.train", config.data.train);
  visit("data.dev", config.data.dev);
  visit("data.root", config.data.root);
  visit("data.prompt", config.data.prompt);
  visit("optim.micro_batch_size", config.optim.micro_batch_size);
  visit("optim.checkpoint_activations", config.optim.checkpoint_activations);
  visit("schedule.threads", config.schedule.threads);
  visit("schedule.max_steps", config.schedule.max_steps);
  visit("evaluation.every_steps", config.evaluation.every_steps);
  visit("evaluation.answers", config.evaluation.answers);
  visit("evaluation.max_new_tokens", config.evaluation.max_new_tokens);
  visit("checkpoint.directory", config.checkpoint.directory);
  visit("checkpoint.every_steps", config.checkpoint.every_steps);
  visit("checkpoint.keep", config.checkpoint.keep);
}

std::string Shown(const std::string& value) { return "'" + value + "'"; }
std::string Shown(bool value) { return value ? "true" : "false"; }
template <typename Number>
std::string Shown(Number value) {
  return FormatShortest(static_cast<double>(value));
}

// Finds the first impossible value.
class Checker {
 public:
  explicit Checker(const std::string& path) : path_(path) {}

  template <typename Value>
  void Expect(bool holds, std::string_view key, const Value& value, std::string_view expected) {
    if (holds || !problem_.ok()) return;
    problem_ = Error{ErrorCode::kInvalidArgument,
                     Concat({path_, ": ", key, ": expected ", expected, ", found ", Shown(value)})};
  }
  template <typename Value>
  void Range(std::string_view key, Value value, double low, double high) {
    const auto number = static_cast<double>(value);
    Expect(number >= low && number <= high, key, value,
           Concat({FormatShortest(low), " to ", FormatShortest(high)}));
  }
  [[nodiscard]] const Status& problem() const { return problem_; }

 private:
  const std::string& path_;
  Status problem_;
};

Status Check(TuningConfig& config, const Words& words, const std::string& path) {
  Checker check(path);
  for (const auto& [key, value] :
       {std::pair<std::string_view, const std::string&>{"model.base", config.model.base},
        {"data.train", config.data.train},
        {"checkpoint.directory", config.checkpoint.directory}}) {
    check.Expect(!value.empty(), key, value, "a path");
  }
  check.Expect(words.method == "lora" || words.method == "full", "tune.method", words.method,
               "lora or full");
  config.full = words.method == "full";
  check.Expect(!config.full || config.model.adapter.empty(), "model.adapter", config.model.adapter,
               "none with tune.method = full");
  check.Expect(!config.full || config.parts.vision || config.parts.merger || config.parts.language,
               "tune.language", config.parts.language, "one of vision, merger, language to learn");
  check.Expect(config.model.dtype.empty() || config.model.dtype == "float32" ||
                   config.model.dtype == "bfloat16",
               "model.dtype", config.model.dtype, "float32, bfloat16 or nothing");
  const std::pair<std::string_view, LearningRateShape> shapes[] = {
      {"cosine", LearningRateShape::kCosine},
      {"linear", LearningRateShape::kLinear},
      {"constant", LearningRateShape::kConstant}};
  const auto* const shape = std::ranges::find_if(
      shapes, [&](const auto& candidate) { return candidate.first == words.shape; });
  check.Expect(shape != std::end(shapes), "optim.shape", words.shape, "cosine, linear or constant");
  if (shape != std::end(shapes)) config.optim.shape = shape->second;
  if (!words.targets.empty()) {
    config.lora.targets.clear();
    for (const std::string_view target : Split(words.targets, ',')) {
      config.lora.targets.emplace_back(Trim(target));
    }
  }
  check.Expect(config.optim.learning_rate > 0 && config.optim.learning_rate <= 1,
               "optim.learning_rate", config.optim.learning_rate,
               "above 0 to 1 (required, there is no default)");
  check.Range("model.max_pixels", config.model.max_pixels, 0, 1e9);
  check.Range("data.cutoff_tokens", config.data.cutoff_tokens, 16, 1e6);
  check.Range("lora.rank", config.lora.rank, 1, 4096);
  check.Range("lora.alpha", config.lora.alpha, 1e-6, 1e6);
  check.Range("optim.warmup_ratio", config.optim.warmup_ratio, 0, 1);
  check.Range("optim.batch_size", config.optim.batch_size, 1, 65536);
  check.Range("optim.micro_batch_size", config.optim.micro_batch_size, 1, 4096);
  check.Range("optim.beta1", config.optim.adamw.beta1, 0, 0.9999);
  check.Range("optim.beta2", config.optim.adamw.beta2, 0, 0.99999);
  check.Range("optim.epsilon", config.optim.adamw.epsilon, 1e-12, 1e-2);
  check.Range("optim.weight_decay", config.optim.adamw.weight_decay, 0, 1);
  check.Range("optim.clip_norm", config.optim.adamw.clip_norm, 0, 1e9);
  check.Range("schedule.epochs", config.schedule.epochs, 1, 10000);
  check.Range("schedule.threads", config.schedule.threads, 1, 256);
  check.Range("schedule.max_steps", config.schedule.max_steps, 0, 1e12);
  check.Range("evaluation.every_steps", config.evaluation.every_steps, 0, 1e12);
  check.Range("evaluation.answers", config.evaluation.answers, 0, 1e9);
  check.Range("evaluation.max_new_tokens", config.evaluation.max_new_tokens, 1, 65536);
  check.Range("checkpoint.every_steps", config.checkpoint.every_steps, 0, 1e12);
  check.Range("checkpoint.keep", config.checkpoint.keep, 1, 1000);
  return check.problem();
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

Words WordsOf(const TuningConfig& config) {
  const bool linear = config.optim.shape == LearningRateShape::kLinear;
  return {config.full ? "full" : "lora", Join(config.lora.targets),
          config.optim.shape == LearningRateShape::kCosine ? "cosine"
          : linear                                         ? "linear"
                                                           : "constant"};
}

}  // namespace

Result<TuningConfig> TuningConfig::Load(const std::string& path,
                                        const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(path, overrides));
  TuningConfig config;
  config.optim.adamw = {.beta2 = 0.999, .weight_decay = 0, .ema_decay = 0};
  Words words;
  const auto read = [&](const char* key, auto& field) { reader.Read(key, field); };
  VisitSettings(config, words, read);
  VisitPlaces(config, read);
  GRE_RETURN_IF_ERROR(reader.Finish());
  GRE_RETURN_IF_ERROR(Check(config, words, path));
  return config;
}

std::string TuningConfig::Describe() const {
  std::string text;
  const Words words = WordsOf(*this);
  const auto add = [&](const char* key, const auto& field) {
    text += Concat({key, " = ", Shown(field), "\n"});
  };
  VisitPlaces(*this, add);
  VisitSettings(*this, words, add);
  return text;
}

std::string TuningConfig::Fingerprint() const {
  std::string text;
  const Words words = WordsOf(*this);
  VisitSettings(*this, words, [&](const char* key, const auto& field) {
    text += Concat({key, " = ", Shown(field), "\n"});
  });
  return text;
}

}  // namespace gre
