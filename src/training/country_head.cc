#include "training/country_head.h"

#include <algorithm>
#include <string>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>

#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "training/nano_trainer.h"

namespace gre {

Status TrainCountryHead(NanoNetwork& network, const TowerCache& tower, const NanoExamples& examples,
                        std::span<const PhotoRecord> records, const SftConfig& config,
                        const CancellationToken& cancellation) {
  const SftConfig::CountryHead& options = config.country_head;
  const uint64_t seed = HashSeed(config.schedule.seed, "country head");
  AdamW optimiser(config.optim.adamw,
                  CollectParameters(network, NanoNetwork::Part::kCountryHead, /*tower_scale=*/1));
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const auto batch = static_cast<size_t>(options.batch_size);
  const size_t photos = EpochViews(records, config.data.travel_repeats, options.views, 0).size();
  const auto steps = static_cast<int64_t>((photos + batch - 1) / batch) * options.epochs;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    auto order = EpochViews(records, config.data.travel_repeats, options.views, epoch);
    Random(HashSeed(seed, static_cast<uint64_t>(epoch))).Shuffle(order);
    double total = 0;
    for (size_t begin = 0; begin < order.size(); begin += batch) {
      if (cancellation.IsCancelled()) {
        return Error{ErrorCode::kCancelled, "stopped while training the country head"};
      }
      const std::span<const FeatureCache::View> views(order.data() + begin,
                                                      std::min(batch, order.size() - begin));
      std::vector<int64_t> classes;
      for (const FeatureCache::View& view : views) {
        classes.push_back(
            examples.CountryClass(records[static_cast<size_t>(view.record)].country_code));
      }
      generator.set_current_seed(HashSeed(seed, static_cast<uint64_t>(optimiser.steps())));
      const at::Tensor loss =
          at::cross_entropy_loss(network.CountryLogits(tower.LoadSummary(views), options.dropout),
                                 at::tensor(classes, at::kLong), {}, at::Reduction::Mean,
                                 kIgnoredTarget, config.optim.label_smoothing);
      loss.backward();
      total += loss.item<double>() * static_cast<double>(views.size());
      optimiser.Step(CosineLearningRate(optimiser.steps(), steps, config.schedule.warmup_steps,
                                        options.learning_rate, config.schedule.floor_ratio));
    }
    LogInfo("country head: epoch " + std::to_string(epoch) + " loss " +
            FormatFixed(total / static_cast<double>(order.size()), 3));
  }
  optimiser.SwapAverages();
  for (const TrainedParameter& parameter : optimiser.parameters()) {
    parameter.value.set_requires_grad(false);
  }
  return {};
}

}  // namespace gre
