#include "training/plan/training_planner.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "core/file.h"
#include "core/log.h"
#include "core/strings.h"
#include "engine/memory.h"
#include "image/decode.h"
#include "image/resize.h"
#include "tokenizer/tokenizer.h"
#include "training/plan/model_shape.h"
#include "training/policy/grpo_config.h"
#include "training/tuning/training_records.h"

namespace gre {
namespace {

constexpr int64_t kSampledRecords = 64;
constexpr int64_t kTemplateTokens = 24;                // around a turn of Qwen's template, about
constexpr int64_t kHeadRows = 512;                     // TokenScoreOptions
constexpr int64_t kRunningSamples = 64;                // LocalEngineOptions
constexpr int64_t kRuntimeBytes = int64_t{640} << 20;  // libraries, context, workspaces, about

// A recipe of either kind; `grpo` is absent in supervised fine-tuning.
struct Recipe {
  TuningConfig tuning;
  std::optional<GrpoConfig> grpo;

  [[nodiscard]] const TuningConfig& settings() const { return grpo ? grpo->tuning : tuning; }
  [[nodiscard]] TuningConfig& settings() { return grpo ? grpo->tuning : tuning; }
};

Result<Recipe> LoadRecipe(const std::string& path, const std::vector<std::string>& overrides) {
  GRE_ASSIGN_OR_RETURN(const SettingsReader reader, SettingsReader::Load(path, overrides));
  if (!reader.Has("model.base")) {
    return Error{ErrorCode::kInvalidArgument,
                 path +
                     ": model.base: expected a model's directory; the recipes of gre-nano are "
                     "not planned"};
  }
  Recipe recipe;
  if (reader.Has("grpo")) {
    GRE_ASSIGN_OR_RETURN(recipe.grpo, GrpoConfig::Load(path, overrides));
  } else {
    GRE_ASSIGN_OR_RETURN(recipe.tuning, TuningConfig::Load(path, overrides));
  }
  return recipe;
}

int64_t TrainedParameters(const TuningConfig& config, const ModelShape& shape) {
  if (!config.full()) return shape.AdapterParameters(config.lora.targets, config.lora.rank);
  int64_t trained = 0;
  if (config.parts.language) trained += shape.text_parameters;
  if (config.parts.merger) trained += shape.merger_parameters;
  if (config.parts.vision) trained += shape.vision_parameters - shape.merger_parameters;
  return trained;
}

int64_t BytesPerValue(const TuningConfig& config, const ModelShape& shape) {
  if (config.model.dtype == "float32") return 4;
  if (config.model.dtype == "bfloat16") return 2;
  return shape.bytes_per_value;
}

// The longest that a prompt may be, and a reply.
std::pair<int64_t, int64_t> LongestTokens(const Recipe& recipe,
                                          const std::optional<TrainingPlan::Records>& records) {
  const TuningConfig& config = recipe.settings();
  const int64_t cutoff = config.data.cutoff_tokens;
  const int64_t reply = recipe.grpo ? recipe.grpo->max_new_tokens : 0;
  int64_t all = cutoff;
  if (records && records->longest > 0) all = std::min(cutoff, records->longest);
  return {std::max<int64_t>(all - reply, 1), reply};
}

// Rows of the longest pass of training.
int64_t PassTokens(const Recipe& recipe, const std::optional<TrainingPlan::Records>& records) {
  const auto [prompt, reply] = LongestTokens(recipe, records);
  const int64_t group = recipe.grpo ? recipe.grpo->group_size : 1;
  return recipe.settings().optim.micro_batch_size * (prompt + group * reply);
}

struct Memory {
  std::vector<TrainingPlan::Part> parts;
  int64_t peak = 0;
};

Memory MemoryOf(const Recipe& recipe, const ModelShape& shape,
                const std::optional<TrainingPlan::Records>& records) {
  const TuningConfig& config = recipe.settings();
  const DecoderConfig& text = shape.config.text;
  const int64_t bytes = BytesPerValue(config, shape);
  const int64_t trained = TrainedParameters(config, shape);
  Memory memory;
  const auto add = [&](std::string name, int64_t size, std::string remark) {
    memory.parts.push_back({std::move(name), size, std::move(remark)});
    return size;
  };
  int64_t always = add("weights", bytes * (shape.text_parameters + shape.vision_parameters),
                       bytes == 2 ? "bfloat16" : "float32");
  if (config.full()) {
    // the optimiser's copy is the weight itself where that is float32
    always += add("gradients", bytes * trained, "of what learns");
    always += add("masters and moments", (bytes == 4 ? 8 : 12) * trained, "float32");
  } else {
    always += add("adapter", 4 * trained, "float32");
    always += add("gradients and moments", 12 * trained, "float32");
  }
  if (config.full() && recipe.grpo && recipe.grpo->beta > 0) {
    always += add("reference", bytes * (shape.text_parameters + shape.vision_parameters),
                  "a second copy for the KL: grpo.beta above 0");
  }
  always += add("runtime", kRuntimeBytes, "libraries, workspaces");

  const int64_t tokens = PassTokens(recipe, records);
  const int64_t queries = text.num_heads * text.head_dim;
  const int64_t layer_values = 6 * text.hidden_size + 2 * queries +
                               2 * text.num_kv_heads * text.head_dim + 4 * text.intermediate_size;
  int64_t pass = 0;
  if (config.optim.checkpoint_activations) {
    pass += add("layer inputs", bytes * tokens * text.hidden_size * (text.num_layers + 1),
                "kept for the backward");
    // forward and backward of the layer at hand
    pass += add("one layer's activations", 2 * bytes * tokens * layer_values, "computed again");
  } else {
    pass += add("activations", bytes * tokens * layer_values * text.num_layers,
                "of all layers: optim.checkpoint_activations = false");
  }
  pass += add("head", int64_t{3} * 4 * kHeadRows * shape.config.vocab_size,
              Concat({"logits of ", std::to_string(kHeadRows), " rows"}));
  int64_t rollout = 0;
  if (recipe.grpo) {
    const auto [prompt, reply] = LongestTokens(recipe, records);
    const int64_t group = recipe.grpo->group_size;
    rollout = add("cache of rollouts", bytes * shape.CacheValues() * (prompt + group * reply),
                  "of a group; further ones where there is room; not while it learns");
  }
  memory.peak = always + std::max(pass, rollout);
  return memory;
}

// Changes of one setting that need less memory, in the order in which people would try them.
struct Relief {
  std::string text;
  std::function<bool(Recipe&)> apply;  // false: nothing to lower
};

std::vector<Relief> Reliefs() {
  const auto halve = [](auto& value, auto least) {
    if (value <= least) return false;
    value = std::max(value / 2, least);
    return true;
  };
  return {
      {"optim.checkpoint_activations = true",
       [](Recipe& r) { return !std::exchange(r.settings().optim.checkpoint_activations, true); }},
      {"optim.micro_batch_size = 1",
       [](Recipe& r) { return std::exchange(r.settings().optim.micro_batch_size, 1) > 1; }},
      {"model.dtype = \"bfloat16\"",
       [](Recipe& r) { return std::exchange(r.settings().model.dtype, "bfloat16") == "float32"; }},
      {"tune.method = \"lora\"",
       [](Recipe& r) {
         const bool full = r.settings().full();
         r.settings().method = "lora";
         return full;
       }},
      {"grpo.group_size halved",
       [halve](Recipe& r) { return r.grpo && halve(r.grpo->group_size, 2); }},
      {"grpo.max_new_tokens halved",
       [halve](Recipe& r) { return r.grpo && halve(r.grpo->max_new_tokens, 64); }},
      {"data.cutoff_tokens halved",
       [halve](Recipe& r) { return halve(r.settings().data.cutoff_tokens, int64_t{256}); }},
      {"lora.rank = 8",
       [](Recipe& r) {
         return !r.settings().full() && std::exchange(r.settings().lora.rank, 8) > 8;
       }},
  };
}

// One change that suffices, or those that together do; what to say where none does.
std::string Suggest(const Recipe& recipe, const ModelShape& shape,
                    const std::optional<TrainingPlan::Records>& records, int64_t device) {
  for (const Relief& relief : Reliefs()) {
    Recipe changed = recipe;
    if (relief.apply(changed) && MemoryOf(changed, shape, records).peak <= device) {
      return relief.text;
    }
  }
  Recipe changed = recipe;
  std::string all;
  for (const Relief& relief : Reliefs()) {
    if (!relief.apply(changed)) continue;
    all += Concat({all.empty() ? "" : ", ", relief.text});
    if (MemoryOf(changed, shape, records).peak <= device) return all;
  }
  return "a smaller model.base, or a device with more memory";
}

Result<TrainingPlan::Records> LookAtRecords(const Recipe& recipe, const ModelShape& shape,
                                            const CancellationToken& cancellation,
                                            std::vector<std::string>& notes) {
  const TuningConfig& config = recipe.settings();
  RenderedPrompt instruction;
  if (!config.data.prompt.empty()) {
    GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(config.data.prompt));
    GRE_ASSIGN_OR_RETURN(instruction, prompt.Render({}));
  }
  RecordNeed need = config.record_need();
  if (recipe.grpo) {
    need = recipe.grpo->stage == "judge" ? RecordNeed::kVerdict : RecordNeed::kPlace;
  }
  LeftOutRecords left_out;
  GRE_ASSIGN_OR_RETURN(const std::vector<TrainingRecord> records,
                       ReadTrainingRecords(config.data.train, config.data.root, instruction, need,
                                           left_out, cancellation));
  TrainingPlan::Records found;
  found.usable = static_cast<int64_t>(records.size());
  found.left_out = left_out.counts;
  const std::string tokenizer_path = config.model.base + "/tokenizer.json";
  if (records.empty() || !FileExists(tokenizer_path)) {
    if (!records.empty()) notes.push_back(tokenizer_path + ": not found; lengths are upper bounds");
    return found;
  }
  GRE_ASSIGN_OR_RETURN(const Tokenizer tokenizer, Tokenizer::FromFile(tokenizer_path));
  SmartResizeOptions resize = shape.processor.resize;
  if (config.model.max_pixels > 0) {
    resize.max_pixels =
        std::max<int64_t>(config.model.max_pixels, int64_t{resize.factor} * resize.factor);
    resize.min_pixels = std::min(resize.min_pixels, resize.max_pixels);
  }
  const auto tokens_of = [&](const std::string& text) {
    return static_cast<int64_t>(tokenizer.Encode(text, /*recognise_added=*/false).size());
  };
  const int64_t step = std::max<int64_t>(1, found.usable / kSampledRecords);
  double prompts = 0, replies = 0;
  for (int64_t i = 0; i < found.usable && found.sampled < kSampledRecords; i += step) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    const TrainingRecord& record = records[static_cast<size_t>(i)];
    const auto size = [&]() -> Result<ImageSize> {
      GRE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(record.photo));
      GRE_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, record.photo));
      return SmartResize({header.width, header.height}, resize);
    }();
    if (!size.ok()) {
      ++found.left_out["cannot be read"];
      continue;
    }
    const int64_t pictures =
        int64_t{size->width / resize.factor} * int64_t{size->height / resize.factor};
    const int64_t prompt = pictures + tokens_of(record.instruction.system) +
                           tokens_of(record.instruction.user) + kTemplateTokens;
    const int64_t reply = recipe.grpo ? recipe.grpo->max_new_tokens : tokens_of(record.reply) + 1;
    ++found.sampled;
    if (prompt + reply > config.data.cutoff_tokens) {
      ++found.beyond_cutoff;
      continue;
    }
    prompts += static_cast<double>(prompt);
    replies += static_cast<double>(reply);
    found.longest = std::max(found.longest, prompt + reply);
  }
  const auto kept = static_cast<double>(std::max<int64_t>(1, found.sampled - found.beyond_cutoff));
  if (found.sampled > 0 && found.beyond_cutoff == found.sampled) {
    notes.push_back(Concat({config.data.train,
                            ": every record of the sample is longer than "
                            "data.cutoff_tokens and would be left out: raise it, or lower "
                            "model.max_pixels"}));
  }
  found.mean_prompt_tokens = prompts / kept;
  found.mean_reply_tokens = replies / kept;
  return found;
}

// Floating-point operations: 2 a weight and token forward, as many again for the gradients of the
// activations and, where the weights learn, for theirs; the forward once more with checkpoints.
void CountWork(const Recipe& recipe, const ModelShape& shape, const TrainingPlanOptions& options,
               TrainingPlan& plan) {
  const TuningConfig& config = recipe.settings();
  const auto [longest_prompt, longest_reply] = LongestTokens(recipe, plan.records);
  const bool known = plan.records && plan.records->sampled > plan.records->beyond_cutoff;
  const double prompt =
      known ? plan.records->mean_prompt_tokens : static_cast<double>(longest_prompt);
  const double reply = known ? plan.records->mean_reply_tokens : static_cast<double>(longest_reply);
  const double group = recipe.grpo ? recipe.grpo->group_size : 1;
  const double iterations = recipe.grpo ? recipe.grpo->iterations : 1;
  const double batch = config.optim.batch_size;
  const double rows = batch * (prompt + group * reply);
  // embeddings are looked up, the head sees replies alone: both left out, as are norms
  const double tables = static_cast<double>(shape.config.vocab_size) *
                        static_cast<double>(shape.config.text.hidden_size) *
                        (shape.config.tie_word_embeddings.value_or(false) ? 1 : 2);
  const double weights = static_cast<double>(shape.text_parameters) - tables;
  const double forward = 2 * weights * rows;
  double passes = 2;                                        // forward, gradients of activations
  if (config.full() && config.parts.language) passes += 1;  // gradients of weights
  if (config.optim.checkpoint_activations) passes += 1;     // forward again
  passes *= iterations;
  double generated = 0;
  if (recipe.grpo) {
    if (recipe.grpo->beta > 0) passes += 1;
    if (recipe.grpo->iterations > 1) passes += 1;
    passes += 1;  // the rollouts' own forward
    generated = batch * group * reply;
  }
  plan.tokens_per_update = rows;
  plan.generated_per_update = generated;
  plan.operations_per_update = forward * passes;
  if (recipe.grpo) {
    plan.updates = recipe.grpo->updates;
  } else if (plan.records) {
    const auto size = static_cast<int64_t>(config.optim.batch_size);
    plan.updates = (plan.records->usable + size - 1) / size * config.schedule.epochs;
  }
  if (!plan.updates || options.teraflops <= 0) return;
  double seconds = plan.operations_per_update / (options.teraflops * 1e12);
  if (generated > 0 && options.gigabytes_per_second > 0) {
    // decoding reads all weights for each token of the completions that run together
    const double together = std::min(batch * group, static_cast<double>(kRunningSamples));
    const double bytes = static_cast<double>(BytesPerValue(config, shape)) *
                         static_cast<double>(shape.text_parameters);
    seconds += generated / together * bytes / (options.gigabytes_per_second * 1e9);
  }
  plan.seconds = seconds * static_cast<double>(*plan.updates);
}

}  // namespace

Result<TrainingPlan> PlanTraining(const std::string& config_path,
                                  const std::vector<std::string>& overrides,
                                  const TrainingPlanOptions& options,
                                  const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const Recipe recipe, LoadRecipe(config_path, overrides));
  const TuningConfig& config = recipe.settings();
  GRE_ASSIGN_OR_RETURN(const ModelShape shape, ReadModelShape(config.model.base));
  TrainingPlan plan;
  plan.stage = recipe.grpo ? "grpo" : "sft";
  plan.method = config.method;
  plan.base = config.model.base;
  plan.text_parameters = shape.text_parameters;
  plan.vision_parameters = shape.vision_parameters;
  plan.trained_parameters = TrainedParameters(config, shape);
  std::error_code error;
  if (std::filesystem::exists(config.data.train, error)) {
    GRE_ASSIGN_OR_RETURN(plan.records, LookAtRecords(recipe, shape, cancellation, plan.notes));
  } else {
    plan.notes.push_back(config.data.train + ": not found; lengths are upper bounds");
  }
  plan.device_bytes = options.device_bytes;
  if (!plan.device_bytes && config.model.device == "cpu") {
    plan.device_bytes = FreeMemoryBytes(c10::Device(c10::kCPU));
  }
  Memory memory = MemoryOf(recipe, shape, plan.records);
  plan.memory = std::move(memory.parts);
  plan.peak_bytes = memory.peak;
  if (!plan.fits()) {
    plan.suggestion = Suggest(recipe, shape, plan.records, *plan.device_bytes);
  }
  CountWork(recipe, shape, options, plan);
  if (options.teraflops <= 0) {
    plan.notes.emplace_back("time: unknown without --teraflops, what the device sustains");
  } else if (recipe.grpo && options.gigabytes_per_second <= 0) {
    plan.notes.emplace_back(
        "time: without --gigabytes-per-second, reading weights while decoding is not counted");
  }
  return plan;
}

}  // namespace gre
