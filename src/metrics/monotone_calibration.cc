#include "metrics/monotone_calibration.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"

namespace gre {
namespace {

struct Block {
  double from = 0;
  double sum = 0;
  double weight = 0;

  [[nodiscard]] double Mean() const { return sum / weight; }
};

}  // namespace

double MonotoneCalibration::Probability(double stated) const {
  if (std::isnan(stated) || steps.empty()) return overall;
  const auto above = std::ranges::upper_bound(steps, stated, {}, &Step::from);
  return above == steps.begin() ? steps.front().probability : std::prev(above)->probability;
}

MonotoneCalibration FitMonotoneCalibration(std::span<const StatedOutcome> answers,
                                           const MonotoneCalibrationOptions& options) {
  GRE_CHECK(options.max_steps > 0 && options.prior_answers >= 0);
  MonotoneCalibration fit = {.answers = answers.size()};
  double sum = 0;
  std::vector<StatedOutcome> stated;
  for (const StatedOutcome& answer : answers) {
    sum += answer.outcome;
    if (options.use_stated && !std::isnan(answer.stated)) stated.push_back(answer);
  }
  fit.overall = (sum + 0.5) / (static_cast<double>(answers.size()) + 1);
  std::ranges::stable_sort(stated, {}, &StatedOutcome::stated);
  const auto size = static_cast<double>(stated.size());
  std::vector<Block> blocks;
  for (size_t begin = 0; begin < stated.size();) {
    const double part =
        std::floor(static_cast<double>(begin) * static_cast<double>(options.max_steps) / size);
    const auto target =
        static_cast<size_t>(std::ceil((part + 1) * size / static_cast<double>(options.max_steps)));
    Block block = {stated[begin].stated, options.prior_answers * fit.overall,
                   options.prior_answers};
    size_t end = begin;
    while (end < stated.size() && (end < target || stated[end].stated == stated[end - 1].stated)) {
      block.sum += stated[end].outcome;
      block.weight += 1;
      ++end;
    }
    blocks.push_back(block);
    while (blocks.size() > 1 && blocks[blocks.size() - 2].Mean() >= blocks.back().Mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().sum += last.sum;
      blocks.back().weight += last.weight;
    }
    begin = end;
  }
  for (const Block& block : blocks) fit.steps.push_back({block.from, block.Mean()});
  return fit;
}

}  // namespace gre
