#include "training/tuning/tuning_run.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "engine/memory.h"
#include "engine/runtime.h"
#include "model/loader.h"
#include "model/precision.h"
#include "model/stored_images.h"
#include "reasoning/answer_parser.h"
#include "reasoning/prompt_template.h"
#include "training/training_state.h"
#include "training/tuning/model_export.h"

namespace gre {

Status PrepareRunDirectory(const std::string& directory, bool resume) {
  if (!resume && HasTrainingState(directory)) {
    return Error{ErrorCode::kInvalidArgument,
                 directory +
                     ": holds checkpoints of a run; continue it with --resume or choose "
                     "another checkpoint.directory"};
  }
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Error{ErrorCode::kUnavailable, directory + ": " + error.message()};
  return {};
}

LinearWalk WalkOf(VisionLanguageModel& model) {
  return [&model](const LinearVisitor& visitor) { model.VisitLinears(visitor); };
}

Result<std::shared_ptr<VisionLanguageModel>> LoadTunedModel(const TuningConfig& config,
                                                            int device_index) {
  ModelLoadOptions load;
  GRE_ASSIGN_OR_RETURN(
      load.device,
      ResolveDevice(config.model.device == "cuda" ? DeviceChoice::kCuda : DeviceChoice::kCpu,
                    device_index));
  if (config.model.dtype == "float32") load.dtype = at::kFloat;
  if (config.model.dtype == "bfloat16") load.dtype = at::kBFloat16;
  load.adapter_dir = config.model.adapter;
  load.max_pixels = config.model.max_pixels;
  load.trainable = true;
  load.memory_bytes = FreeMemoryBytes(load.device);
  GRE_ASSIGN_OR_RETURN(auto model, LoadModel(config.model.base, load));
  if (model->decoder() == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({config.model.base, ": model.base: '", model->spec().architecture,
                         "' cannot be trained here"})};
  }
  std::shared_ptr<VisionLanguageModel> shared = std::move(model);
  if (config.model.image_features.empty()) return shared;
  return StoreImageFeatures(std::move(shared), config.model.base, config.model.image_features);
}

// Takes rank, scaling and targets of the live adapters.
Status AdoptAdapter(const std::string& path, VisionLanguageModel& model, LoraSettings& lora) {
  std::optional<std::pair<int64_t, double>> shape;  // rank, scaling
  std::set<std::string> targets;
  std::string problem;
  model.VisitLinears([&](Linear& linear) {
    for (size_t i = 0; i < linear.projections().size(); ++i) {
      const auto& adapter = linear.adapter(i);
      if (!adapter) continue;
      const std::string& module = linear.projections()[i].path;
      const std::pair<int64_t, double> own = {adapter->a.size(0), adapter->scaling};
      if (model.PartOf(module) != ModelPart::kLanguage)
        problem = Concat({"'", module, "' is a part of the tower"});
      if (shape && own != *shape)
        problem = Concat({"'", module, "' has a rank or scaling of its own"});
      shape = own;
      targets.insert(module.substr(module.rfind('.') + 1));
    }
  });
  if (!problem.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({path,
                         ": model.adapter: expected one rank and scaling in the language "
                         "model, found that ",
                         problem})};
  }
  if (!shape) return {};
  lora.rank = shape->first;
  lora.alpha = shape->second * static_cast<double>(shape->first);
  lora.rank_stabilised = false;  // what it computes, said plainly
  lora.targets.assign(targets.begin(), targets.end());
  LogInfo(Concat({"lora.rank = ", std::to_string(lora.rank),
                  ", lora.alpha = ", FormatShortest(lora.alpha), " as ", path, " has them"}));
  return {};
}

// What learns, and of a LoRA only the adapter.
Result<std::vector<TrainedParameter>> ChooseParameters(TuningConfig& config,
                                                       VisionLanguageModel& model) {
  if (config.full()) return WeightParameters(model, config.parts);
  if (config.model.adapter.empty()) {
    GRE_RETURN_IF_ERROR(AddLora(WalkOf(model), config.lora, HashSeed(config.schedule.seed, "lora"),
                                model.spec().device));
  } else {
    GRE_RETURN_IF_ERROR(AdoptAdapter(config.model.adapter, model, config.lora));
    config.lora_targets.clear();
    for (const std::string& target : config.lora.targets) {
      config.lora_targets += Concat({config.lora_targets.empty() ? "" : ",", target});
    }
  }
  model.VisitParameters(
      [](const ParameterSlice& slice) { slice.parameter->set_requires_grad(false); });
  std::vector<TrainedParameter> parameters = AdapterParameters(model);
  if (parameters.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({config.model.base,
                         ": no layer of it takes an adapter; train it with "
                         "tune.method = \"full\""})};
  }
  return parameters;
}

Result<std::vector<TrainingRecord>> LoadRecords(const TuningConfig& config,
                                                const std::string& source, RecordNeed need,
                                                int64_t completion_tokens,
                                                const VisionLanguageModel& model,
                                                const CancellationToken& cancellation) {
  RenderedPrompt instruction;
  if (!config.data.prompt.empty()) {
    GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(config.data.prompt));
    GRE_ASSIGN_OR_RETURN(instruction, prompt.Render({}));
  }
  LeftOutRecords left_out;
  GRE_ASSIGN_OR_RETURN(
      std::vector<TrainingRecord> records,
      ReadTrainingRecords(source, config.data.root, instruction, need, left_out, cancellation));
  GRE_ASSIGN_OR_RETURN(const RecordLengths lengths,
                       CheckRecords(model, config.data.cutoff_tokens, completion_tokens, records,
                                    left_out, cancellation));
  for (const auto& [reason, count] : left_out.counts) {
    LogWarning(Concat({source, ": ", std::to_string(count), " records left out: ", reason}));
  }
  for (const std::string& example : left_out.examples) LogWarning("  " + example);
  if (records.empty()) {
    return Error{ErrorCode::kInvalidInput, source + ": no record is left that can be used"};
  }
  LogInfo(Concat({source, ": ", std::to_string(records.size()), " records, ",
                  std::to_string(lengths.prompt_tokens), " tokens of prompts, ",
                  std::to_string(lengths.reply_tokens), " of replies, the longest record ",
                  std::to_string(lengths.longest)}));
  return records;
}

namespace {

// A SHA-256 of the file's beginning and of pieces all over it: another training of the same shape
// differs in each.
std::string SampleOfFile(const std::filesystem::path& path, uintmax_t size) {
  constexpr uintmax_t kPieces = 16, kPieceBytes = 64 << 10;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  std::string piece(kPieceBytes, '\0');
  for (uintmax_t i = 0; i < kPieces && file; ++i) {
    file.seekg(static_cast<std::streamoff>(size / kPieces * i));
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    bytes.append(piece, 0, static_cast<size_t>(file.gcount()));
  }
  return Sha256Hex(bytes);
}

}  // namespace

Result<std::string> HashOfBase(const TuningConfig& config, const VisionLanguageModel& model) {
  GRE_ASSIGN_OR_RETURN(std::string text, ReadFile(config.model.base + "/config.json"));
  std::error_code error;
  std::vector<std::string> weights;
  for (const auto& entry : std::filesystem::directory_iterator(config.model.base, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    weights.push_back(
        Concat({"\n", entry.path().filename().string(), " ", std::to_string(entry.file_size(error)),
                " ", SampleOfFile(entry.path(), entry.file_size(error))}));
  }
  std::ranges::sort(weights);
  for (const std::string& line : weights) text += line;
  if (!config.model.adapter.empty()) {
    GRE_ASSIGN_OR_RETURN(const std::string adapter,
                         Sha256HexOfFile(config.model.adapter + "/adapter_model.safetensors"));
    text += adapter;
  }
  return Sha256Hex(Concat({text, "\n", DtypeName(model.spec().dtype)}));
}

std::string HashOf(const std::vector<TrainingRecord>& records) {
  std::string text;
  for (const TrainingRecord& record : records) {
    const Result<std::string> photo = Sha256HexOfFile(record.photo);
    text += Sha256Hex(
        Concat({photo.ok() ? *photo : record.photo, "\n", record.instruction.system, "\n",
                record.instruction.user, "\n", record.reply, "\n",
                record.label ? (*record.label ? "True" : "False") : "", "\n",
                record.point ? RenderAnswer(*record.point, 9) : "", record.country_code}));
  }
  return Sha256Hex(text);
}

std::vector<size_t> EpochOrder(size_t records, uint64_t seed, int64_t epoch) {
  std::vector<size_t> order(records);
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(HashSeed(seed, static_cast<uint64_t>(epoch)));
  random.Shuffle(order);
  return order;
}

Status WriteAdapter(const TuningConfig& config, VisionLanguageModel& model,
                    const std::string& directory) {
  return WriteLora(directory, WalkOf(model), config.lora, config.model.base,
                   [&](const std::string& path) { return model.TransformersName(path); });
}

Status KeepBest(const TuningConfig& config, VisionLanguageModel& model, Collective& collective) {
  return collective.Lead([&] {
    const std::string best = config.checkpoint.directory + "/best";
    if (config.full()) return WriteModel(best, config.model.base, model);
    return WriteAdapter(config, model, best);
  });
}

}  // namespace gre
