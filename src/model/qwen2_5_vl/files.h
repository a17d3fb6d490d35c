#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/checkpoint_source.h"
#include "model/model_options.h"
#include "model/model_report.h"
#include "model/qwen2_5_vl/config.h"
#include "model/tensor_spec.h"
#include "tokenizer/tokenizer.h"
#include "weights/checkpoint.h"

namespace gre {

// A model directory, opened and checked as far as possible; what could not be opened is absent and
// has a line in `problems`.
struct Qwen25VlFiles {
  std::string directory;
  std::vector<std::string> problems;
  std::vector<std::string> notes;
  Qwen25VlConfig config;
  Qwen25VlProcessorConfig processor;
  bool tied = false;
  std::vector<TensorSpec> specs;              // empty when config.json is unusable
  std::vector<at::ScalarType> stored_dtypes;  // of the weights, the commonest first
  std::optional<Checkpoint> checkpoint;
  std::unique_ptr<const Tokenizer> tokenizer;

  // Of the options only builtin_chat_template counts.
  static Qwen25VlFiles Open(const std::string& directory, const ModelLoadOptions& options);
  [[nodiscard]] ModelReport Report() const;

 private:
  bool ReadConfigs();
  void ReadTokenizer();
  void ReadChatTemplate(bool may_be_unknown);
  void ReadWeights();
};

// Hub ("visual.", "model.layers.") name of a tensor or module of either layout:
// "model.visual.x" -> "visual.x", "model.language_model.x" -> "model.x".
std::string Qwen25HubName(const std::string& name);
// The way back: "visual.x" -> "model.visual.x", "model.x" -> "model.language_model.x".
std::string Qwen25TransformersName(const std::string& hub_name);

}  // namespace gre
