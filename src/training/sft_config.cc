#include "training/sft_config.h"

#include "core/settings_reader.h"
#include "core/strings.h"

namespace gre {
namespace {

// Each setting is named once, here or in VisitPlaces; these are the ones that influence the
// weights.
template <typename Config, typename Visitor>
void VisitSettings(Config& config, Visitor&& visit) {
  visit("data.travel_repeats", config.data.travel_repeats);
  auto& model = config.model.dimensions;
  visit("model.image_size", model.image_size);
  visit("model.grid", model.grid);
  visit("model.hidden_size", model.hidden_size);
  visit("model.intermediate_size", model.intermediate_size);
  visit("model.layers", model.num_layers);
  visit("model.heads", model.num_heads);
  visit("model.kv_heads", model.num_kv_heads);
  visit("model.summary_size", model.summary_size);
  visit("model.reference_tower", model.reference_tower);
  visit("model.hint_temperature", model.hint_temperature);
  visit("model.continue_text", config.model.continue_text);
  auto& optim = config.optim;
  visit("optim.learning_rate", optim.learning_rate);
  visit("optim.tower_learning_rate", optim.tower_learning_rate);
  visit("optim.batch_size", optim.batch_size);
  visit("optim.beta1", optim.adamw.beta1);
  visit("optim.beta2", optim.adamw.beta2);
  visit("optim.epsilon", optim.adamw.epsilon);
  visit("optim.weight_decay", optim.adamw.weight_decay);
  visit("optim.clip_norm", optim.adamw.clip_norm);
  visit("optim.ema_decay", optim.adamw.ema_decay);
  visit("optim.dropout", optim.dropout);
  visit("optim.token_dropout", optim.token_dropout);
  visit("optim.follow_head", optim.follow_head);
  visit("optim.country_weight", optim.country_weight);
  visit("optim.coordinate_weight", optim.coordinate_weight);
  visit("optim.auxiliary_weight", optim.auxiliary_weight);
  visit("optim.label_smoothing", optim.label_smoothing);
  auto& head = config.country_head;
  visit("country_head.members", head.members);
  visit("country_head.epochs", head.epochs);
  visit("country_head.batch_size", head.batch_size);
  visit("country_head.learning_rate", head.learning_rate);
  visit("country_head.dropout", head.dropout);
  visit("country_head.views", head.views);
  visit("geography.steps", config.geography.steps);
  visit("geography.batch_size", config.geography.batch_size);
  visit("geography.learning_rate", config.geography.learning_rate);
  visit("schedule.epochs", config.schedule.epochs);
  visit("schedule.warmup_steps", config.schedule.warmup_steps);
  visit("schedule.floor_ratio", config.schedule.floor_ratio);
  visit("schedule.seed", config.schedule.seed);
  visit("schedule.patience", config.schedule.patience);
  auto& augment = config.augment;
  visit("augment.views", config.views);
  visit("augment.crop_min_area", augment.crop_min_area);
  visit("augment.edge_cut_probability", augment.edge_cut_probability);
  visit("augment.edge_cut_share", augment.edge_cut_share);
  visit("augment.colour_strength", augment.colour_strength);
  visit("augment.white_balance_strength", augment.white_balance_strength);
  visit("augment.grey_probability", augment.grey_probability);
  visit("augment.blur_probability", augment.blur_probability);
  visit("augment.blur_max_sigma", augment.blur_max_sigma);
  visit("augment.noise_probability", augment.noise_probability);
  visit("augment.noise_max_sigma", augment.noise_max_sigma);
  visit("augment.compression_probability", augment.compression_probability);
  visit("augment.compression_min_quality", augment.compression_min_quality);
}

template <typename Config, typename Visitor>
void VisitPlaces(Config& config, Visitor&& visit) {
  visit("data.photos", config.data.photos);
  visit("data.manifest", config.data.manifest);
  visit("data.gallery", config.data.gallery);
  visit("data.cache", config.data.cache);
  visit("model.backbone", config.model.backbone);
  visit("model.tower", config.model.tower);
  visit("schedule.threads", config.schedule.threads);
  visit("schedule.max_steps", config.schedule.max_steps);
  visit("checkpoint.directory", config.checkpoint.directory);
  visit("checkpoint.every_steps", config.checkpoint.every_steps);
  visit("checkpoint.keep", config.checkpoint.keep);
}

Status Check(const SftConfig& config, const std::string& path) {
  const auto check = [&](bool holds, const std::string& message) -> Status {
    return holds ? Status() : Status(Error{ErrorCode::kInvalidArgument, path + ": " + message});
  };
  for (const auto& [name, value] : {std::pair{"data.photos", &config.data.photos},
                                    {"data.gallery", &config.data.gallery},
                                    {"data.cache", &config.data.cache},
                                    {"model.backbone", &config.model.backbone},
                                    {"checkpoint.directory", &config.checkpoint.directory}}) {
    GRE_RETURN_IF_ERROR(check(!value->empty(), std::string(name) + ": a path is missing"));
  }
  GRE_RETURN_IF_ERROR(
      check(config.country_head.epochs >= 0 && config.country_head.batch_size >= 1 &&
                config.country_head.members >= 1 &&
                config.model.dimensions.summary_size % config.country_head.members == 0 &&
                config.country_head.views >= 1 && config.country_head.views <= config.views,
            "country_head: expected epochs >= 0, batch_size >= 1, members that divide "
            "model.summary_size and views from 1 to augment.views"));
  GRE_RETURN_IF_ERROR(check(config.geography.steps >= 0 && config.geography.batch_size >= 1,
                            "geography: expected steps >= 0 and batch_size >= 1"));
  GRE_RETURN_IF_ERROR(check(config.optim.batch_size >= 1 && config.optim.batch_size <= 4096,
                            "optim.batch_size: expected 1 to 4096"));
  GRE_RETURN_IF_ERROR(check(!config.model.continue_text || !config.model.tower.empty(),
                            "model.continue_text: expected model.tower, the model to continue"));
  GRE_RETURN_IF_ERROR(
      check(!config.optim.follow_head || config.model.dimensions.hint_temperature > 0,
            "optim.follow_head: expected model.hint_temperature above 0"));
  GRE_RETURN_IF_ERROR(check(config.schedule.epochs >= 1, "schedule.epochs: expected at least 1"));
  GRE_RETURN_IF_ERROR(check(config.schedule.warmup_steps >= 0 && config.schedule.patience >= 1,
                            "schedule.warmup_steps, schedule.patience: expected 0, 1 or more"));
  GRE_RETURN_IF_ERROR(check(config.schedule.threads >= 1 && config.schedule.threads <= 256,
                            "schedule.threads: expected 1 to 256"));
  GRE_RETURN_IF_ERROR(
      check(config.views >= 1 && config.views <= 1000, "augment.views: expected 1 to 1000"));
  GRE_RETURN_IF_ERROR(check(config.data.travel_repeats >= 1 && config.data.travel_repeats <= 100,
                            "data.travel_repeats: expected 1 to 100"));
  GRE_RETURN_IF_ERROR(check(config.checkpoint.keep >= 1, "checkpoint.keep: expected at least 1"));
  const auto share = [](double value) { return value >= 0 && value < 1; };
  GRE_RETURN_IF_ERROR(check(share(config.optim.dropout) && share(config.optim.token_dropout) &&
                                share(config.optim.label_smoothing) &&
                                share(config.optim.adamw.ema_decay) &&
                                share(config.augment.edge_cut_share),
                            "dropout, smoothing, decay and shares: expected 0 to below 1"));
  GRE_RETURN_IF_ERROR(check(config.augment.crop_min_area > 0 && config.augment.crop_min_area <= 1,
                            "augment.crop_min_area: expected above 0 to 1"));
  return check(
      config.augment.compression_min_quality >= 1 && config.augment.compression_min_quality <= 85,
      "augment.compression_min_quality: expected 1 to 85");
}

}  // namespace

Result<SftConfig> SftConfig::Load(const std::string& path,
                                  const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(path, overrides));
  SftConfig config;
  const auto read = [&](const char* key, auto& field) { reader.Read(key, field); };
  VisitSettings(config, read);
  VisitPlaces(config, read);
  GRE_RETURN_IF_ERROR(reader.Finish());
  GRE_RETURN_IF_ERROR(Check(config, path));
  return config;
}

std::string SftConfig::Describe() const {
  std::string text;
  VisitSettings(*this, [&](const char* key, const auto& field) {
    text += std::string(key) + " = " + FormatShortest(static_cast<double>(field)) + "\n";
  });
  return text;
}

}  // namespace gre
