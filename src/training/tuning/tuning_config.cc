#include "training/tuning/tuning_config.h"

#include <algorithm>
#include <string_view>

#include "core/setting_checks.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::pair<std::string_view, LearningRateShape> kShapes[] = {
    {"cosine", LearningRateShape::kCosine},
    {"linear", LearningRateShape::kLinear},
    {"constant", LearningRateShape::kConstant}};

// Each setting is named once, here or in one of the next two; these influence the weights.
template <typename Config, typename Visitor>
void VisitSettings(Config& config, Visitor&& visit) {
  visit("model.dtype", config.model.dtype);
  visit("model.max_pixels", config.model.max_pixels);
  visit("data.cutoff_tokens", config.data.cutoff_tokens);
  visit("tune.method", config.method);
  visit("tune.vision", config.parts.vision);
  visit("tune.merger", config.parts.merger);
  visit("tune.language", config.parts.language);
  visit("lora.rank", config.lora.rank);
  visit("lora.alpha", config.lora.alpha);
  visit("lora.rank_stabilised", config.lora.rank_stabilised);
  visit("lora.targets", config.lora_targets);
  auto& optim = config.optim;
  visit("optim.learning_rate", optim.learning_rate);
  visit("optim.shape", optim.shape);
  visit("optim.warmup_ratio", optim.warmup_ratio);
  visit("optim.batch_size", optim.batch_size);
  visit("optim.beta1", optim.adamw.beta1);
  visit("optim.beta2", optim.adamw.beta2);
  visit("optim.epsilon", optim.adamw.epsilon);
  visit("optim.weight_decay", optim.adamw.weight_decay);
  visit("optim.clip_norm", optim.adamw.clip_norm);
  visit("schedule.seed", config.schedule.seed);
}

template <typename Config, typename Visitor>
void VisitPlaces(Config& config, Visitor&& visit) {
  visit("model.base", config.model.base);
  visit("model.adapter", config.model.adapter);
  visit("model.device", config.model.device);
  visit("model.image_features", config.model.image_features);
  visit("data.train", config.data.train);
  visit("data.root", config.data.root);
  visit("data.prompt", config.data.prompt);
  visit("optim.micro_batch_size", config.optim.micro_batch_size);
  visit("optim.checkpoint_activations", config.optim.checkpoint_activations);
  visit("schedule.threads", config.schedule.threads);
  visit("schedule.max_steps", config.schedule.max_steps);
  visit("checkpoint.directory", config.checkpoint.directory);
  visit("checkpoint.every_steps", config.checkpoint.every_steps);
  visit("checkpoint.keep", config.checkpoint.keep);
  visit("log.tensorboard", config.log.tensorboard);
}

// Of supervised fine-tuning alone.
template <typename Config, typename Visitor>
void VisitSupervised(Config& config, Visitor&& visit) {
  visit("schedule.epochs", config.schedule.epochs);
  visit("lora.dropout", config.lora.dropout);
  visit("data.dev", config.data.dev);
  visit("data.bare_answers", config.data.bare_answers);
  visit("evaluation.every_steps", config.evaluation.every_steps);
  visit("evaluation.answers", config.evaluation.answers);
  visit("evaluation.max_new_tokens", config.evaluation.max_new_tokens);
}

}  // namespace

void TuningConfig::Read(SettingsReader& reader) {
  const auto read = [&](const char* key, auto& field) { reader.Read(key, field); };
  VisitSettings(*this, read);
  VisitPlaces(*this, read);
}

Status TuningConfig::Check(const std::string& path) {
  recipe = path;
  SettingChecks check(path);
  check.Expect(!model.base.empty(), "model.base", model.base, "a path");
  check.Expect(!data.train.empty(), "data.train", data.train, "a path");
  check.Expect(!checkpoint.directory.empty(), "checkpoint.directory", checkpoint.directory,
               "a path");
  check.Expect(method == "lora" || method == "full", "tune.method", method, "lora or full");
  check.Expect(!full() || model.adapter.empty(), "model.adapter", model.adapter,
               "none with tune.method = full");
  check.Expect(model.image_features.empty() || !(parts.vision || parts.merger),
               "model.image_features", model.image_features,
               "none with tune.vision or tune.merger = true");
  check.Expect(full() || !(parts.vision || parts.merger), "tune.vision", parts.vision,
               "false, and tune.merger too, with tune.method = lora");
  check.Expect(!full() || parts.vision || parts.merger || parts.language, "tune.language",
               parts.language, "one of vision, merger, language to learn");
  check.Expect(model.dtype.empty() || model.dtype == "float32" || model.dtype == "bfloat16",
               "model.dtype", model.dtype, "float32, bfloat16 or nothing");
  check.Expect(model.device == "cpu" || model.device == "cuda", "model.device", model.device,
               "cpu or cuda");
  check.Expect(std::ranges::any_of(kShapes, [&](const auto& s) { return s.first == optim.shape; }),
               "optim.shape", optim.shape, "cosine, linear or constant");
  check.Expect(optim.learning_rate > 0 && optim.learning_rate <= 1, "optim.learning_rate",
               optim.learning_rate, "above 0 to 1 (required, there is no default)");
  check.Range("model.max_pixels", model.max_pixels, 0, 1e9);
  check.Range("data.cutoff_tokens", data.cutoff_tokens, 16, 1e6);
  check.Range("lora.rank", lora.rank, 1, 4096);
  check.Range("lora.alpha", lora.alpha, 1e-6, 1e6);
  check.Range("lora.dropout", lora.dropout, 0, 0.99);
  check.Range("optim.warmup_ratio", optim.warmup_ratio, 0, 1);
  check.Range("optim.batch_size", optim.batch_size, 1, 65536);
  check.Range("optim.micro_batch_size", optim.micro_batch_size, 1, 4096);
  check.Range("optim.beta1", optim.adamw.beta1, 0, 0.9999);
  check.Range("optim.beta2", optim.adamw.beta2, 0, 0.99999);
  check.Range("optim.epsilon", optim.adamw.epsilon, 1e-12, 1e-2);
  check.Range("optim.weight_decay", optim.adamw.weight_decay, 0, 1);
  check.Range("optim.clip_norm", optim.adamw.clip_norm, 0, 1e9);
  check.Range("schedule.epochs", schedule.epochs, 1, 10000);
  check.Range("schedule.threads", schedule.threads, 1, 256);
  check.Range("schedule.max_steps", schedule.max_steps, 0, 1e12);
  check.Range("evaluation.every_steps", evaluation.every_steps, 0, 1e12);
  check.Range("evaluation.answers", evaluation.answers, 0, 1e9);
  check.Range("evaluation.max_new_tokens", evaluation.max_new_tokens, 1, 65536);
  check.Range("checkpoint.every_steps", checkpoint.every_steps, 0, 1e12);
  check.Range("checkpoint.keep", checkpoint.keep, 1, 1000);
  lora.targets.clear();
  for (const std::string_view target : Split(lora_targets, ',')) {
    lora.targets.emplace_back(Trim(target));
  }
  return check.problem();
}

Result<TuningConfig> TuningConfig::Load(const std::string& path,
                                        const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(path, overrides));
  TuningConfig config;
  config.Read(reader);
  VisitSupervised(config, [&](const char* key, auto& field) { reader.Read(key, field); });
  GRE_RETURN_IF_ERROR(reader.Finish());
  GRE_RETURN_IF_ERROR(config.Check(path));
  return config;
}

LearningRateShape TuningConfig::rate_shape() const {
  return std::ranges::find_if(kShapes, [&](const auto& s) { return s.first == optim.shape; })
      ->second;
}

std::string TuningConfig::Describe(bool supervised) const {
  std::string text;
  const auto add = [&](const char* key, const auto& field) {
    text += Concat({key, " = ", ShowSetting(field), "\n"});
  };
  VisitPlaces(*this, add);
  VisitSettings(*this, add);
  if (supervised) VisitSupervised(*this, add);
  return text;
}

std::string TuningConfig::Fingerprint() const {
  std::string text = Concat({"schedule.epochs = ", ShowSetting(schedule.epochs),
                             "\nlora.dropout = ", ShowSetting(lora.dropout), "\n"});
  VisitSettings(*this, [&](const char* key, const auto& field) {
    text += Concat({key, " = ", ShowSetting(field), "\n"});
  });
  if (lora.dropout > 0) {  // drawn for a pass, where it is computed
    text += Concat({"optim.micro_batch_size = ", ShowSetting(optim.micro_batch_size),
                    "\nmodel.device = ", ShowSetting(model.device), "\n"});
  }
  return text;
}

}  // namespace gre
