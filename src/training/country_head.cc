#include "training/country_head.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "training/nano_trainer.h"

namespace gre {

namespace {

// Weights drawn as InitialWeights draws them.
at::Tensor DrawMatrix(int64_t rows, int64_t columns, uint64_t seed) {
  constexpr double kDeviation = 0.02;
  at::Tensor values = at::empty({rows, columns}, at::kFloat);
  Random random(seed);
  auto* data = values.mutable_data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    data[i] = static_cast<float>(kDeviation * random.Normal());
  }
  return values;
}

CountryMember DrawMember(const NanoConfig& dimensions, int64_t inputs, int members, uint64_t seed) {
  const int64_t hidden = dimensions.summary_size / members;
  return {DrawMatrix(hidden, inputs, HashSeed(seed, "hidden")), at::zeros({hidden}),
          DrawMatrix(dimensions.num_countries, hidden, HashSeed(seed, "countries")),
          at::zeros({dimensions.num_countries})};
}

// Trains one member; `mask` [inputs] zeroes what it shall not see.
Result<CountryMember> TrainMember(const NanoNetwork& network, const TowerCache& tower,
                                  const NanoExamples& examples,
                                  std::span<const PhotoRecord> records, const SftConfig& config,
                                  const at::Tensor& mask, uint64_t seed,
                                  const CancellationToken& cancellation) {
  const SftConfig::CountryHead& options = config.country_head;
  CountryMember member = DrawMember(network.config(), mask.size(0), options.members, seed);
  AdamW optimiser(config.optim.adamw, {{"hidden.weight", member.hidden_weight, 1, {}, {}, {}},
                                       {"hidden.bias", member.hidden_bias, 1, {}, {}, {}},
                                       {"country.weight", member.country_weight, 1, {}, {}, {}},
                                       {"country.bias", member.country_bias, 1, {}, {}, {}}});
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const auto batch = static_cast<size_t>(options.batch_size);
  const size_t photos = EpochViews(records, config.data.travel_repeats, options.views, 0).size();
  const auto steps = static_cast<int64_t>((photos + batch - 1) / batch) * options.epochs;
  double total = 0;  // of the last epoch
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    auto order = EpochViews(records, config.data.travel_repeats, options.views, epoch);
    Random(HashSeed(seed, static_cast<uint64_t>(epoch))).Shuffle(order);
    total = 0;
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
      const at::Tensor inputs = network.SummaryInputs(tower.LoadSummary(views)) * mask;
      const at::Tensor loss = at::cross_entropy_loss(
          member.Logits(inputs, options.dropout), at::tensor(classes, at::kLong), {},
          at::Reduction::Mean, kIgnoredTarget, config.optim.label_smoothing);
      loss.backward();
      total += loss.item<double>() * static_cast<double>(views.size());
      optimiser.Step(CosineLearningRate(optimiser.steps(), steps, config.schedule.warmup_steps,
                                        options.learning_rate, config.schedule.floor_ratio));
    }
  }
  optimiser.SwapAverages();
  for (const TrainedParameter& parameter : optimiser.parameters()) {
    parameter.value.set_requires_grad(false);
  }
  member.hidden_weight = member.hidden_weight * mask;
  LogInfo("country head: a member's last loss " +
          FormatFixed(total / static_cast<double>(std::max<size_t>(photos, 1)), 3));
  return member;
}

}  // namespace

Status TrainCountryHead(NanoNetwork& network, const TowerCache& tower, const NanoExamples& examples,
                        std::span<const PhotoRecord> records, const SftConfig& config,
                        const CancellationToken& cancellation) {
  const uint64_t seed = HashSeed(config.schedule.seed, "country head");
  const at::Tensor statistics = network.StatisticsMask();
  const at::Tensor everything = at::ones_like(statistics);
  std::vector<CountryMember> members;
  for (int i = 0; i < config.country_head.members; ++i) {
    GRE_ASSIGN_OR_RETURN(
        CountryMember member,
        TrainMember(network, tower, examples, records, config, i % 2 == 0 ? statistics : everything,
                    HashSeed(seed, static_cast<uint64_t>(i)), cancellation));
    members.push_back(std::move(member));
  }
  network.SetCountryHead(members);
  return {};
}

}  // namespace gre
