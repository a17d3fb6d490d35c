#include "training/dev_scores.h"

#include <algorithm>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>

#include "training/nano_trainer.h"

namespace gre {
namespace {

constexpr size_t kBatch = 64;

}  // namespace

Result<DevScores> ScoreNetwork(
    const NanoNetwork& network, const NanoExamples& examples, std::span<const PhotoRecord> records,
    uint64_t seed, const std::function<TowerFeatures(size_t begin, size_t end)>& tower) {
  const at::NoGradGuard no_grad;
  DevScores scores;
  double counts[2] = {0, 0};
  const auto& countries = examples.country_tokens();
  for (size_t begin = 0; begin < records.size(); begin += kBatch) {
    const size_t end = std::min(records.size(), begin + kBatch);
    std::vector<NanoExamples::Item> items;
    for (size_t i = begin; i < end; ++i) {
      items.push_back({&records[i], false, seed});
    }
    GRE_ASSIGN_OR_RETURN(const TextBatch batch, examples.MakeBatch(items));
    const ImageFeatures image = network.Project(tower(begin, end));
    const GreedyCountries greedy = DecodeCountries(network, image, countries);
    const at::Tensor log_probabilities =
        at::log_softmax(TextLogits(network, image.tokens, batch.inputs), -1)
            .gather(2, batch.targets.clamp_min(0).unsqueeze(2))
            .squeeze(2)
            .contiguous();
    const auto* values = log_probabilities.const_data_ptr<float>();
    const auto* targets = batch.targets.const_data_ptr<int64_t>();
    const auto length = static_cast<size_t>(batch.targets.size(1));
    for (size_t i = begin; i < end; ++i) {
      const PhotoRecord& record = records[i];
      const bool street = record.kind == PhotoKind::kStreet;
      ++counts[street ? 0 : 1];
      const auto answer = countries.find(greedy.tokens[i - begin]);
      if (answer != countries.end() && answer->second == record.country_code) {
        ++(street ? scores.street_top1 : scores.travel_top1);
      }
      if (greedy.auxiliary[i - begin] == examples.CountryClass(record.country_code)) {
        ++(street ? scores.street_auxiliary : scores.travel_auxiliary);
      }
      for (size_t t = 0; t < length; ++t) {
        const size_t at = (i - begin) * length + t;
        (street ? scores.street_nll : scores.travel_nll) -= values[at];
        if (countries.contains(static_cast<int32_t>(targets[at]))) {
          break;
        }
      }
    }
  }
  for (double* value : {&scores.street_top1, &scores.street_auxiliary, &scores.street_nll}) {
    *value /= std::max(counts[0], 1.0);
  }
  for (double* value : {&scores.travel_top1, &scores.travel_auxiliary, &scores.travel_nll}) {
    *value /= std::max(counts[1], 1.0);
  }
  return scores;
}

}  // namespace gre
