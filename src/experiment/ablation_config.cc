#include "experiment/ablation_config.h"

#include <string_view>

#include "core/file.h"
#include "core/setting_checks.h"
#include "core/settings_reader.h"
#include "core/strings.h"

namespace gre {
namespace {

template <typename Config, typename Visitor>
void VisitSettings(Config& config, Visitor&& visit) {
  visit("data.photos", config.data.photos);
  visit("data.gallery", config.data.gallery);
  visit("data.backbone", config.data.backbone);
  visit("data.locate_prompt", config.data.locate_prompt);
  visit("data.judge_prompt", config.data.judge_prompt);
  visit("run.directory", config.run.directory);
  visit("run.seeds", config.run.seeds);
  visit("run.threads", config.run.threads);
  visit("division.seed", config.division_seed);
  visit("division.cold_start", config.shares.cold_start);
  visit("division.judge", config.shares.judge);
  visit("tower.recipe", config.tower.path);
  visit("tower.set", config.tower.set);
  visit("text.recipe", config.text.path);
  visit("text.set", config.text.set);
  visit("text.positions", config.positions);
  visit("cold_start.recipe", config.cold_start.recipe.path);
  visit("cold_start.set", config.cold_start.recipe.set);
  visit("cold_start.batch_size", config.cold_start.batch_size);
  visit("cold_start.passes", config.cold_start.passes);
  visit("cold_start.judge_share", config.cold_start.judge_share);
  visit("judge.recipe", config.judge.recipe.path);
  visit("judge.set", config.judge.recipe.set);
  visit("judge.updates", config.judge.updates);
  visit("judge.batch_size", config.judge.batch_size);
  visit("judge.candidates", config.candidates);
  visit("place.recipe", config.place.recipe.path);
  visit("place.set", config.place.recipe.set);
  visit("place.updates", config.place.updates);
  visit("place.batch_size", config.place.batch_size);
  visit("control.recipe", config.control.path);
  visit("control.set", config.control.set);
  visit("answers.samples", config.samples);
}

std::string Show(const std::vector<std::string>& texts) {
  std::string shown = "[";
  for (const std::string& text : texts) {
    shown += Concat({shown.size() > 1 ? ", " : "", ShowSetting(text)});
  }
  return shown + "]";
}
template <typename Value>
std::string Show(const Value& value) {
  return ShowSetting(value);
}

Status Check(const AblationConfig& config, const std::string& path) {
  SettingChecks check(path);
  for (const auto& [key, file] : {std::pair{"data.photos", &config.data.photos},
                                  {"data.gallery", &config.data.gallery},
                                  {"data.backbone", &config.data.backbone},
                                  {"data.locate_prompt", &config.data.locate_prompt},
                                  {"data.judge_prompt", &config.data.judge_prompt},
                                  {"tower.recipe", &config.tower.path},
                                  {"text.recipe", &config.text.path},
                                  {"cold_start.recipe", &config.cold_start.recipe.path},
                                  {"judge.recipe", &config.judge.recipe.path},
                                  {"place.recipe", &config.place.recipe.path},
                                  {"control.recipe", &config.control.path}}) {
    check.Expect(FileExists(*file) || DirectoryExists(*file), key, *file, "a path that is there");
  }
  check.Expect(!config.run.directory.empty(), "run.directory", config.run.directory, "a path");
  check.Range("run.seeds", config.run.seeds, 1, 100);
  check.Range("run.threads", config.run.threads, 1, 256);
  check.Range("division.cold_start", config.shares.cold_start, 0.01, 0.98);
  check.Range("division.judge", config.shares.judge, 0.01, 0.99 - config.shares.cold_start);
  check.Range("text.positions", config.positions, 64, 65536);
  check.Range("cold_start.batch_size", config.cold_start.batch_size, 1, 65536);
  check.Range("cold_start.passes", config.cold_start.passes, 1, 1000);
  check.Range("cold_start.judge_share", config.cold_start.judge_share, 0, 0.9);
  check.Range("judge.updates", config.judge.updates, 1, 1e6);
  check.Range("judge.batch_size", config.judge.batch_size, 1, 65536);
  check.Range("judge.candidates", config.candidates, 1, 64);
  check.Range("place.updates", config.place.updates, 1, 1e6);
  check.Range("place.batch_size", config.place.batch_size, 1, 65536);
  check.Range("answers.samples", config.samples, 2, 64);
  return check.problem();
}

}  // namespace

Result<AblationConfig> AblationConfig::Load(const std::string& path,
                                            const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(SettingsReader reader, SettingsReader::Load(path, overrides));
  AblationConfig config;
  VisitSettings(config, [&](const char* key, auto& field) { reader.Read(key, field); });
  GRE_RETURN_IF_ERROR(reader.Finish());
  GRE_RETURN_IF_ERROR(Check(config, path));
  return config;
}

std::string AblationConfig::Describe() const {
  std::string lines;
  VisitSettings(*this, [&](const char* key, const auto& field) {
    lines += Concat({key, " = ", Show(field), "\n"});
  });
  return lines;
}

}  // namespace gre
