#include "model/qwen2_5_vl/files.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "model/precision.h"
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

}  // namespace

std::string Qwen25HubName(const std::string& name) {
  constexpr std::string_view kVisual = "model.visual.";
  constexpr std::string_view kText = "model.language_model.";
  if (name.starts_with(kVisual)) return "visual." + name.substr(kVisual.size());
  if (name.starts_with(kText)) return "model." + name.substr(kText.size());
  return name;
}

std::string Qwen25TransformersName(const std::string& hub_name) {
  constexpr std::string_view kText = "model.";
  if (hub_name.starts_with("visual.")) return "model." + hub_name;
  if (hub_name.starts_with(kText)) return "model.language_model." + hub_name.substr(kText.size());
  return hub_name;
}

Qwen25VlFiles Qwen25VlFiles::Open(const std::string& directory, const ModelLoadOptions& options) {
  Qwen25VlFiles files;
  files.directory = directory;
  const bool configured = files.ReadConfigs();
  files.ReadTokenizer();
  files.ReadChatTemplate(options.builtin_chat_template);
  auto checkpoint = Checkpoint::OpenDirectory(directory);
  if (checkpoint.ok()) {
    files.checkpoint = std::move(checkpoint).value();
    const auto& notes = files.checkpoint->notes();
    files.notes.insert(files.notes.end(), notes.begin(), notes.end());
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
}

void Qwen25VlFiles::ReadChatTemplate(bool may_be_unknown) {
  std::string jinja = ReadOptional(directory + "/chat_template.jinja", problems);
  std::string file = "chat_template.jinja";
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    const std::string path = directory + "/" + name;
    if (!jinja.empty() || !FileExists(path)) continue;
    const auto json = ReadJsonFile(path);
    if (!json.ok()) {
      problems.push_back(json.error().message);
      continue;
    }
    const Json text = json->is_object() ? json->value("chat_template", Json()) : Json();
    if (text.is_string()) jinja = text.get<std::string>();
    file = name;
  }
  if (jinja.empty()) return;
  const Status known = QwenChatTemplate::CheckTemplate(jinja);
  if (known.ok()) return;
  if (may_be_unknown) {
    notes.push_back(file + ": the built-in Qwen2.5-VL chat template is used instead");
  } else {
    problems.push_back(file + ": " + known.error().message + " (--chat-template qwen)");
  }
}

void Qwen25VlFiles::ReadWeights() {
  const bool has_head = checkpoint && checkpoint->Find(kHead) != nullptr;
  tied = config.tie_word_embeddings.value_or(!has_head);
  if (tied && has_head) {
    notes.push_back("config.json: tie_word_embeddings is true, so the stored " +
                    std::string(kHead) + " is not used");
  }
  SpecRecorder recorder;
  const Qwen25VlNetwork network(recorder, config, tied, at::kCPU);
  specs = recorder.specs();
  if (!checkpoint) return;
  // A tied checkpoint may still carry the head; the reference ignores it too.
  const std::vector<std::string> ignorable = {kHead};
  const CheckpointTensors tensors(*checkpoint, Qwen25HubName);
  const auto found = tensors.Problems(specs, ignorable);
  problems.insert(problems.end(), found.begin(), found.end());
  stored_dtypes = tensors.StoredDtypes(specs);
}

ModelReport Qwen25VlFiles::Report() const {
  ModelReport report;
  report.architecture = "qwen2_5_vl";
  report.problems = problems;
  report.notes = notes;
  report.stored_dtype = DtypeNames(stored_dtypes);
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
  if (checkpoint) report.files = FilesOf(*checkpoint);
  return report;
}

}  // namespace gre
