#include "model/qwen2_5_vl/files.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "model/qwen2_5_vl/network.h"
#include "tokenizer/chat_template.h"

namespace gre {
namespace {

constexpr size_t kMaxConfigBytes = 16u << 20;
constexpr char kHead[] = "lm_head.weight";
constexpr char kImagePad[] = "<|image_pad|>";
constexpr char kEndOfTurn[] = "<|im_end|>";

// The text of an optional file; a file that cannot be read is a problem.
std::string ReadOptional(const std::string& path, std::vector<std::string>& problems) {
  if (!FileExists(path)) return {};
  auto text = ReadFile(path, kMaxConfigBytes);
  if (text.ok()) return std::move(text).value();
  problems.push_back(text.error().message);
  return {};
}

// The Jinja text of the directory's chat template, empty without one.
std::string ReadChatTemplate(const std::string& directory) {
  std::vector<std::string> ignored;
  std::string jinja = ReadOptional(directory + "/chat_template.jinja", ignored);
  for (const char* file : {"/chat_template.json", "/tokenizer_config.json"}) {
    if (!jinja.empty()) break;
    const auto json = ReadJsonFile(directory + file);
    if (!json.ok() || !json->is_object()) continue;
    const auto place = json->find("chat_template");
    if (place != json->end() && place->is_string()) jinja = place->get<std::string>();
  }
  return jinja;
}

}  // namespace

std::string Qwen25HubName(const std::string& name) {
  constexpr std::string_view kVisual = "model.visual.";
  constexpr std::string_view kText = "model.language_model.";
  if (name.starts_with(kVisual)) return "visual." + name.substr(kVisual.size());
  if (name.starts_with(kText)) return "model." + name.substr(kText.size());
  return name;
}

Qwen25VlFiles Qwen25VlFiles::Open(const std::string& directory) {
  Qwen25VlFiles files;
  files.directory = directory;
  const bool configured = files.ReadConfigs();
  files.ReadTokenizer();
  auto checkpoint = Checkpoint::OpenDirectory(directory);
  if (checkpoint.ok()) {
    files.checkpoint = std::move(checkpoint).value();
  } else {
    files.problems.push_back(checkpoint.error().message);
  }
  if (configured) files.ReadWeights();
  return files;
}

bool Qwen25VlFiles::ReadConfigs() {
  auto text = ReadFile(directory + "/config.json", kMaxConfigBytes);
  if (!text.ok()) {
    problems.push_back(text.error().message);
    return false;
  }
  const std::string generation = ReadOptional(directory + "/generation_config.json", problems);
  auto reading = ParseQwen25VlConfig(*text, generation);
  if (!reading.ok()) {
    problems.push_back(reading.error().message);
    return false;
  }
  config = std::move(reading->config);
  problems.insert(problems.end(), reading->problems.begin(), reading->problems.end());
  const bool usable = reading->problems.empty();
  auto prepared = ParseQwen25VlProcessorConfig(
      ReadOptional(directory + "/preprocessor_config.json", problems), config.vision);
  if (prepared.ok()) {
    processor = prepared->config;
    problems.insert(problems.end(), prepared->problems.begin(), prepared->problems.end());
  } else {
    problems.push_back(prepared.error().message);
  }
  return usable;
}

void Qwen25VlFiles::ReadTokenizer() {
  auto loaded = Tokenizer::FromFile(directory + "/tokenizer.json");
  if (!loaded.ok()) {
    problems.push_back(loaded.error().message);
    return;
  }
  tokenizer = std::make_unique<const Tokenizer>(std::move(loaded).value());
  if (const auto chat = QwenChatTemplate::Create(*tokenizer); !chat.ok()) {
    problems.push_back("tokenizer.json: " + chat.error().message);
  }
  if (config.vocab_size > 0) {
    if (tokenizer->size() > config.vocab_size) {
      problems.push_back("tokenizer.json: expected at most vocab_size (" +
                         std::to_string(config.vocab_size) + ") tokens, found " +
                         std::to_string(tokenizer->size()));
    }
    const auto pad = tokenizer->TokenId(kImagePad);
    if (pad && *pad != config.image_token_id) {
      problems.push_back("config.json: image_token_id: expected the tokenizer's " +
                         std::to_string(*pad) + ", found " + std::to_string(config.image_token_id));
    }
  }
  if (config.eos_ids.empty()) {
    if (const auto end = tokenizer->TokenId(kEndOfTurn)) config.eos_ids.push_back(*end);
  }
  const std::string jinja = ReadChatTemplate(directory);
  if (jinja.empty()) return;
  if (const Status known = QwenChatTemplate::CheckTemplate(jinja); !known.ok()) {
    notes.push_back("chat template: " + known.error().message +
                    "; the built-in Qwen2.5-VL template is used");
  }
}

void Qwen25VlFiles::ReadWeights() {
  const bool has_head = checkpoint && checkpoint->Find(kHead) != nullptr;
  tied = config.tie_word_embeddings.value_or(!has_head);
  SpecRecorder recorder;
  const Qwen25VlNetwork network(recorder, config, tied, at::kCPU);
  specs = recorder.specs();
  if (!checkpoint) return;
  // A tied checkpoint may still carry the head; the reference ignores it too.
  const std::vector<std::string> ignorable = {kHead};
  const auto found = CheckpointTensors(*checkpoint, Qwen25HubName).Problems(specs, ignorable);
  problems.insert(problems.end(), found.begin(), found.end());
}

ModelReport Qwen25VlFiles::Report() const {
  ModelReport report;
  report.architecture = "qwen2_5_vl";
  report.problems = problems;
  report.notes = notes;
  report.stored_dtype = config.dtype == at::kFloat  ? "float32"
                        : config.dtype == at::kHalf ? "float16"
                                                    : "bfloat16";
  for (const TensorSpec& spec : specs) {
    const bool vision = spec.name.starts_with("visual.");
    (vision ? report.vision_parameters : report.text_parameters) += spec.elements();
  }
  report.layers = config.text.num_layers;
  report.hidden_size = config.text.hidden_size;
  report.vocab_size = config.vocab_size;
  report.context_tokens = config.max_positions;
  report.kv_values_per_token =
      2 * config.text.num_layers * config.text.num_kv_heads * config.text.head_dim;
  if (checkpoint) {
    for (const Checkpoint::File& file : checkpoint->files()) {
      report.files.push_back({file.name, static_cast<int64_t>(file.map->bytes().size())});
    }
  }
  return report;
}

}  // namespace gre
