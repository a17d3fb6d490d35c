#include "training/geography.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>

#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "training/nano_trainer.h"

namespace gre {
namespace {

constexpr int kLogEvery = 200;  // steps

// Draws imaginary photos of the countries that the records show.
class PlaceSampler {
 public:
  explicit PlaceSampler(std::span<const PhotoRecord> records) {
    std::map<std::string, int> counts;
    for (const PhotoRecord& record : records) ++counts[record.country_code];
    double total = 0;
    for (const auto& [code, count] : counts) {
      total += std::sqrt(count);
      codes_.push_back(code);
      cumulative_.push_back(total);
    }
  }

  [[nodiscard]] PhotoRecord Draw(Random& random) const {
    const double at = random.Uniform() * cumulative_.back();
    const auto found = std::ranges::upper_bound(cumulative_, at);
    const auto index =
        std::min(static_cast<size_t>(found - cumulative_.begin()), codes_.size() - 1);
    PhotoRecord record;
    record.kind = random.Below(2) == 0 ? PhotoKind::kStreet : PhotoKind::kTravel;
    record.country_code = codes_[index];
    return record;
  }

 private:
  std::vector<std::string> codes_;
  std::vector<double> cumulative_;  // of the codes' weights
};

}  // namespace

Status TeachGeography(NanoNetwork& network, const NanoExamples& examples,
                      std::span<const PhotoRecord> records, const SftConfig& config,
                      const CancellationToken& cancellation) {
  const SftConfig::Geography& options = config.geography;
  const uint64_t seed = HashSeed(config.schedule.seed, "geography");
  const PlaceSampler places(records);
  AdamW optimiser(config.optim.adamw,
                  CollectParameters(network, NanoNetwork::Part::kText, /*tower_scale=*/1));
  const at::Tensor no_image =
      at::empty({options.batch_size, 0, config.model.dimensions.hidden_size}, at::kFloat);
  double total = 0;
  for (int step = 0; step < options.steps; ++step) {
    if (cancellation.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "stopped while teaching geography"};
    }
    Random random(HashSeed(seed, static_cast<uint64_t>(step)));
    std::vector<PhotoRecord> imagined;
    std::vector<NanoExamples::Item> items;
    for (int i = 0; i < options.batch_size; ++i) imagined.push_back(places.Draw(random));
    for (const PhotoRecord& record : imagined) items.push_back({&record, false, random.Next()});
    GRE_ASSIGN_OR_RETURN(const TextBatch batch, examples.MakeBatch(items));
    const at::Tensor logits = TextLogits(network, no_image, batch.inputs);
    const at::Tensor loss = at::cross_entropy_loss(logits.flatten(0, 1), batch.targets.flatten(),
                                                   {}, at::Reduction::Mean, kIgnoredTarget);
    loss.backward();
    total += loss.item<double>();
    optimiser.Step(CosineLearningRate(step, options.steps, config.schedule.warmup_steps,
                                      options.learning_rate, config.schedule.floor_ratio));
    if ((step + 1) % kLogEvery == 0) {
      LogInfo("geography: step " + std::to_string(step + 1) + "/" + std::to_string(options.steps) +
              " loss " + FormatFixed(total / kLogEvery, 4));
      total = 0;
    }
  }
  optimiser.SwapAverages();
  return {};
}

}  // namespace gre
