#include "training/export/training_export.h"

#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/log.h"
#include "core/settings_reader.h"
#include "core/strings.h"
#include "dataset/export/record_json.h"
#include "dataset/export/record_writers.h"
#include "dataset/teacher/point_sampler.h"
#include "training/export/assets.h"
#include "training/export/engine_settings.h"
#include "training/policy/country_places.h"
#include "training/policy/grpo_config.h"
#include "training/tuning/training_records.h"
#include "training/tuning/tuning_config.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;
using Places = std::map<std::string, std::vector<LatLng>>;

std::string Dump(const OrderedJson& json, int indent = -1) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string AbsolutePath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

// What the rewards need of a record, in Python's form.
OrderedJson TruthOf(const TrainingRecord& record) {
  OrderedJson truth = OrderedJson::object();
  if (record.label) truth["label"] = *record.label;
  if (record.point) {
    truth["latitude"] = record.point->latitude_deg;
    truth["longitude"] = record.point->longitude_deg;
  }
  if (!record.country_code.empty()) truth["country_code"] = record.country_code;
  return truth;
}

OrderedJson Message(std::string_view role, const std::string& text) {
  return {{"role", role}, {"content", text}};
}

OrderedJson ShareGptRecord(const TrainingRecord& record) {
  const auto turn = [](std::string_view from, const std::string& value) {
    return OrderedJson{{"from", from}, {"value", value}};
  };
  OrderedJson json = OrderedJson::object();
  json["conversations"] = OrderedJson::array(
      {turn("human", Concat({"<image>", record.instruction.user})), turn("gpt", record.reply)});
  json["images"] = OrderedJson::array({AbsolutePath(record.photo)});
  if (!record.instruction.system.empty()) json["system"] = record.instruction.system;
  return json;
}

OrderedJson TrlRecord(const TrainingRecord& record, bool supervised) {
  OrderedJson prompt = OrderedJson::array();
  if (!record.instruction.system.empty()) {
    prompt.push_back(Message("system", record.instruction.system));
  }
  prompt.push_back(Message("user", record.instruction.user));
  OrderedJson json = {{"prompt", std::move(prompt)},
                      {"images", OrderedJson::array({AbsolutePath(record.photo)})}};
  if (supervised) {
    json["completion"] = OrderedJson::array({Message("assistant", record.reply)});
  } else {
    json["truth"] = Dump(TruthOf(record));
  }
  return json;
}

OrderedJson VerlRecord(const TrainingRecord& record, int64_t max_pixels) {
  OrderedJson prompt = OrderedJson::array();
  if (!record.instruction.system.empty()) {
    prompt.push_back(Message("system", record.instruction.system));
  }
  prompt.push_back(Message("user", Concat({"<image>", record.instruction.user})));
  OrderedJson image = {{"image", "file://" + AbsolutePath(record.photo)}};
  if (max_pixels > 0) image["max_pixels"] = max_pixels;
  return {{"data_source", "gre"},
          {"prompt", std::move(prompt)},
          {"images", OrderedJson::array({std::move(image)})},
          {"reward_model", {{"style", "rule"}, {"ground_truth", Dump(TruthOf(record))}}},
          {"extra_info", {{"index", record.number}, {"record", record.place}}}};
}

// "# meaning" above "key: value".
std::string Yaml(const EngineSettings& all) {
  std::string text;
  for (const EngineSetting& setting : all.settings) {
    if (!setting.meaning.empty()) text += Concat({"# ", setting.meaning, "\n"});
    text += Concat({setting.key, ": ", setting.value, "\n"});
  }
  return text;
}

// A word of a shell, whatever it holds.
std::string ShellWord(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string VerlScript(const EngineSettings& all, bool over_http) {
  std::string text =
      "#!/usr/bin/env bash\n# verl (pip install verl); further keys on the command line win.\n"
      "set -euo pipefail\ncd \"$(dirname \"$0\")\"\n"
      "test -e train.parquet || python3 -c \"import datasets; datasets.load_dataset('json', "
      "data_files='train.jsonl')['train'].to_parquet('train.parquet')\"\nsettings=(\n";
  for (const EngineSetting& setting : all.settings) {
    if (!setting.meaning.empty()) text += Concat({"  # ", setting.meaning, "\n"});
    text += Concat({"  ", ShellWord(Concat({setting.key, "=", setting.value})), "\n"});
  }
  text += Concat({"  # the reward\n  'custom_reward_function.path=",
                  over_http ? "gre_rewards_http.py" : "gre_rewards.py",
                  "'\n  'custom_reward_function.name=compute_score'\n)\n"
                  "exec python3 -m verl.trainer.main_ppo \"${settings[@]}\" \"$@\"\n"});
  return text;
}

std::string TrlScript(const std::string& base, bool supervised, bool full,
                      const std::string& reward_lines) {
  const std::string_view kind = supervised ? "SFT" : "GRPO";
  static constexpr std::string_view kImports =
      "#!/usr/bin/env python3\n\"\"\"TRL (pip install trl peft datasets); the settings are in "
      "config.yaml.\"\"\"\nimport yaml\nfrom datasets import Image, Sequence, load_dataset\n";
  static constexpr std::string_view kData =
      "\nsettings = yaml.safe_load(open(\"config.yaml\", encoding=\"utf-8\"))\n"
      "lora = {key[5:]: settings.pop(key) for key in list(settings) if "
      "key.startswith(\"peft_\")}\n"
      "data = load_dataset(\"json\", data_files=\"train.jsonl\")[\"train\"]\n"
      "data = data.cast_column(\"images\", Sequence(Image()))\n";
  return Concat({kImports,
                 full ? "" : "from peft import LoraConfig\n",
                 "from trl import ",
                 kind,
                 "Config, ",
                 kind,
                 "Trainer\n",
                 supervised ? "" : "\nimport gre_rewards\nimport gre_rewards_http\n",
                 kData,
                 reward_lines,
                 kind,
                 "Trainer(\n    model=",
                 nlohmann::json(base).dump(),
                 ",\n    args=",
                 kind,
                 "Config(**settings",
                 supervised ? "" : ", reward_weights=weights",
                 "),\n    train_dataset=data,\n",
                 supervised ? "" : "    reward_funcs=rewards,\n",
                 full ? "" : "    peft_config=LoraConfig(task_type=\"CAUSAL_LM\", **lora),\n",
                 ").train()\n"});
}

class Exporter {
 public:
  Exporter(std::string engine, std::string out)
      : engine_(std::move(engine)), out_(std::move(out)) {}

  Status Supervised(const TuningConfig& config, const std::vector<TrainingRecord>& records) {
    if (engine_ == "verl") {
      return Error{ErrorCode::kInvalidArgument,
                   "--to verl: expected a recipe of grpo; supervised fine-tuning goes to "
                   "llamafactory or trl"};
    }
    if (engine_ == "llamafactory") {
      GRE_RETURN_IF_ERROR(
          Data("gre_train.json", RecordFileWriter::Layout::kArray, records, ShareGptRecord));
      GRE_RETURN_IF_ERROR(Write("dataset_info.json", FormatDatasetInfo({"gre_train"})));
      const EngineSettings settings = LlamaFactorySettings(config);
      GRE_RETURN_IF_ERROR(Write("config.yaml", Yaml(settings)));
      return ReadMe("llamafactory-cli train config.yaml", settings);
    }
    GRE_RETURN_IF_ERROR(Data("train.jsonl", RecordFileWriter::Layout::kLines, records,
                             [](const auto& record) { return TrlRecord(record, true); }));
    const EngineSettings settings = TrlSftSettings(config);
    GRE_RETURN_IF_ERROR(Write("config.yaml", Yaml(settings)));
    GRE_RETURN_IF_ERROR(Write("train.py", TrlScript(config.model.base, true, config.full(), "")));
    return ReadMe("accelerate launch train.py", settings);
  }

  Status Reinforcement(const GrpoConfig& config, const std::vector<TrainingRecord>& records,
                       const Places& places) {
    if (engine_ == "llamafactory") {
      return Error{
          ErrorCode::kInvalidArgument,
          "--to llamafactory: expected a recipe of sft; LLaMA-Factory has no GRPO: use verl "
          "or trl"};
    }
    const bool over_http = config.weights[RewardPart::kChain] > 0;
    GRE_RETURN_IF_ERROR(Rewards(config, places));
    const bool verl = engine_ == "verl";
    const int64_t pixels = config.tuning.model.max_pixels;
    GRE_RETURN_IF_ERROR(
        Data("train.jsonl", RecordFileWriter::Layout::kLines, records, [&](const auto& record) {
          return verl ? VerlRecord(record, pixels) : TrlRecord(record, false);
        }));
    EngineSettings settings = verl ? VerlSettings(config) : TrlGrpoSettings(config);
    std::string weights;
    for (const RewardPart part : kRewardParts) {
      if (config.weights[part] == 0) continue;
      weights += Concat({weights.empty() ? "" : ",", RewardPartName(part), "=",
                         FormatShortest(config.weights[part])});
    }
    settings.without.push_back(Concat(
        {"the reward \"chain\" needs gre itself",
         over_http ? ", so this configuration asks the service; start it first: " : "; or all by: ",
         "gre rewards serve --weights ", weights, " --theta-km ", FormatShortest(config.theta_km),
         config.gallery.empty() ? "" : Concat({" --gallery ", config.gallery})}));
    if (verl) {
      GRE_RETURN_IF_ERROR(Write("train.sh", VerlScript(settings, over_http)));
      return ReadMe("bash train.sh", settings);
    }
    std::string functions = over_http ? "gre_rewards_http.gre_reward" : "";
    std::string values = over_http ? "1.0" : "";
    for (const RewardPart part : kRewardParts) {
      if (over_http || config.weights[part] == 0) continue;
      functions +=
          Concat({functions.empty() ? "" : ", ", "gre_rewards.", RewardPartName(part), "_reward"});
      values += Concat({values.empty() ? "" : ", ", FormatShortest(config.weights[part])});
    }
    GRE_RETURN_IF_ERROR(Write("config.yaml", Yaml(settings)));
    GRE_RETURN_IF_ERROR(
        Write("train.py",
              TrlScript(config.tuning.model.base, false, config.tuning.full(),
                        Concat({"rewards = [", functions, "]\nweights = [", values, "]\n"}))));
    return ReadMe("accelerate launch train.py", settings);
  }

  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  Status Write(const std::string& name, std::string_view text) {
    files_.push_back(name);
    return WriteFileAtomically(Concat({out_, "/", name}), text);
  }

  template <typename Format>
  Status Data(const std::string& name, RecordFileWriter::Layout layout,
              const std::vector<TrainingRecord>& records, Format&& format) {
    GRE_ASSIGN_OR_RETURN(RecordFileWriter writer,
                         RecordFileWriter::Create(Concat({out_, "/", name}), layout));
    for (const TrainingRecord& record : records) {
      GRE_RETURN_IF_ERROR(writer.Write(Dump(format(record))));
    }
    files_.push_back(name);
    return writer.Commit();
  }

  Status Rewards(const GrpoConfig& config, const Places& places) {
    OrderedJson weights = OrderedJson::object(), points = OrderedJson::object();
    for (const RewardPart part : kRewardParts) {
      if (part == RewardPart::kChain) continue;  // not in Python
      weights[std::string(RewardPartName(part))] = config.weights[part];
    }
    for (const auto& [country, list] : places) {
      OrderedJson& each = points[country] = OrderedJson::array();
      for (const LatLng& point : list) each.push_back({point.latitude_deg, point.longitude_deg});
    }
    GRE_RETURN_IF_ERROR(Write("gre_rewards.py", RewardsPython()));
    GRE_RETURN_IF_ERROR(Write("gre_rewards_http.py", RewardsHttpPython()));
    return Write("gre_settings.json", Dump({{"weights", std::move(weights)},
                                            {"theta_km", config.theta_km},
                                            {"places", std::move(points)}},
                                           1) +
                                          "\n");
  }

  Status ReadMe(std::string_view command, const EngineSettings& settings) {
    std::string text =
        Concat({"Made by gre train export --to ", engine_, ".\n\nRun here: ", command, "\n"});
    text += "Photos are named by their paths on this machine.\n\n";
    text += "What has no equivalent, or another one:\n";
    for (const std::string& what : settings.without) text += Concat({"- ", what, "\n"});
    return Write("README.txt", text);
  }

  std::string engine_;
  std::string out_;
  std::vector<std::string> files_;
};

Result<std::vector<TrainingRecord>> Records(const TuningConfig& config, RecordNeed need,
                                            const CancellationToken& cancellation) {
  RenderedPrompt instruction;
  if (!config.data.prompt.empty()) {
    GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(config.data.prompt));
    GRE_ASSIGN_OR_RETURN(instruction, prompt.Render({}));
  }
  LeftOutRecords left_out;
  GRE_ASSIGN_OR_RETURN(std::vector<TrainingRecord> records,
                       ReadTrainingRecords(config.data.train, config.data.root, instruction, need,
                                           left_out, cancellation));
  for (const auto& [reason, count] : left_out.counts) {
    LogWarning(
        Concat({config.data.train, ": ", std::to_string(count), " records left out: ", reason}));
  }
  if (records.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 config.data.train + ": no record is left that can be used"};
  }
  return records;
}

}  // namespace

Result<std::vector<std::string>> ExportTraining(const std::string& config_path,
                                                const std::vector<std::string>& overrides,
                                                const std::string& engine, const std::string& out,
                                                const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const SettingsReader reader, SettingsReader::Load(config_path, overrides));
  if (!reader.Has("model.base")) {
    return Error{ErrorCode::kInvalidArgument,
                 config_path +
                     ": model.base: expected a model's directory; the recipes of "
                     "gre-nano are not exported"};
  }
  std::error_code error;
  if (std::filesystem::exists(out, error)) {
    return Error{ErrorCode::kInvalidArgument, "--out " + out + ": exists; choose a new folder"};
  }
  const std::string partial = out + ".partial";
  std::filesystem::remove_all(partial, error);
  if (!std::filesystem::create_directories(partial, error)) {
    return Error{ErrorCode::kUnavailable, Concat({partial, ": ", error.message()})};
  }
  Exporter exporter(engine, partial);
  const Status written = [&]() -> Status {
    if (!reader.Has("grpo")) {
      GRE_ASSIGN_OR_RETURN(const TuningConfig config, TuningConfig::Load(config_path, overrides));
      GRE_ASSIGN_OR_RETURN(const auto records, Records(config, config.record_need(), cancellation));
      return exporter.Supervised(config, records);
    }
    GRE_ASSIGN_OR_RETURN(const GrpoConfig config, GrpoConfig::Load(config_path, overrides));
    const RecordNeed need = config.stage == "judge" ? RecordNeed::kVerdict : RecordNeed::kPlace;
    GRE_ASSIGN_OR_RETURN(const auto records, Records(config.tuning, need, cancellation));
    std::optional<PointSampler> sampler;
    if (!config.gallery.empty()) {
      GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(config.gallery));
      GRE_ASSIGN_OR_RETURN(sampler, PointSampler::FromGallery(text));
    }
    GRE_ASSIGN_OR_RETURN(const Places places, PlacesOf(config, records, sampler));
    return exporter.Reinforcement(config, records, places);
  }();
  if (written.ok()) std::filesystem::rename(partial, out, error);
  if (!written.ok() || error) {
    std::error_code ignored;
    std::filesystem::remove_all(partial, ignored);
    if (!written.ok()) return written.error();
    return Error{ErrorCode::kUnavailable, Concat({out, ": ", error.message()})};
  }
  return exporter.files();
}

}  // namespace gre
