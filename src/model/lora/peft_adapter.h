#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/result.h"
#include "model/checkpoint_source.h"
#include "model/layers/linear.h"

namespace gre {

// A LoRA adapter as the PEFT library writes it: adapter_config.json and adapter_model.safetensors.
struct PeftAdapter {
  struct Module {
    LoraAdapter lora;    // float32, on the CPU
    std::string a_name;  // of the tensors in the file, for messages
    std::string b_name;
  };
  std::string path;
  std::map<std::string, Module> modules;  // by module path in the base's own (hub) layout
};

// Reads and checks an adapter directory. Refuses everything that would change the arithmetic in a
// way this program does not compute (DoRA, biases, saved modules, …), each with its name; ranks and
// alphas follow rank_pattern, alpha_pattern and use_rslora. `name_map` turns module paths of any
// spelling into the hub layout.
Result<PeftAdapter> ReadPeftAdapter(const std::string& directory, const NameMap& name_map);

// Calls its argument for every linear layer of a model (VisitLinears of one).
using LinearWalk = std::function<void(const LinearVisitor&)>;

// Why the adapter does not belong to this base: modules that the base lacks, shapes that disagree.
// `tied`: the base's head shares its embeddings, so that no adapter may change one of them.
std::vector<std::string> AdapterProblems(const PeftAdapter& adapter, const LinearWalk& walk,
                                         bool tied);

// Computes the adapter beside the weights from now on. AdapterProblems must be empty.
void AttachAdapter(const PeftAdapter& adapter, const LinearWalk& walk, at::Device device);

// Another source's tensors with the adapter added to them: W + scaling * B A, summed in float32.
class MergingSource : public WeightSource {
 public:
  // Both must outlive the source; AdapterProblems must be empty.
  MergingSource(WeightSource& base, const PeftAdapter& adapter) : base_(base), adapter_(adapter) {}

  at::Tensor Get(const std::string& name, at::IntArrayRef shape) override;
  void Release(const std::string& name) override { base_.Release(name); }
  [[nodiscard]] bool packs() const override { return base_.packs(); }

 private:
  WeightSource& base_;
  const PeftAdapter& adapter_;
};

}  // namespace gre
