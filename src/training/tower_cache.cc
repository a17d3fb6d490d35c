#include "training/tower_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "core/log.h"

namespace gre {
namespace {

constexpr int64_t kBatch = 32;
constexpr int64_t kLogEvery = 100;  // batches

}  // namespace

TowerCache::TowerCache(at::Tensor cells, at::Tensor summary, int64_t records)
    : cells_(std::move(cells)), summary_(std::move(summary)), records_(records) {}

Result<TowerCache> TowerCache::Build(const NanoNetwork& network, const FeatureCache& lower,
                                     int64_t records, int64_t views,
                                     const CancellationToken& cancellation) {
  const at::NoGradGuard no_grad;
  const int64_t total = records * views;
  at::Tensor cells, summary;
  for (int64_t begin = 0; begin < total; begin += kBatch) {
    if (cancellation.IsCancelled()) {
      return Error{ErrorCode::kCancelled, "stopped while running the tower over the photos"};
    }
    const int64_t rows = std::min(kBatch, total - begin);
    std::vector<FeatureCache::View> chosen;
    for (int64_t i = begin; i < begin + rows; ++i) {
      chosen.push_back({i % records, i / records});
    }
    const LowerFeatures frozen = lower.Load(chosen);
    const TowerFeatures features = network.Upper({frozen.grid.to(at::kFloat), frozen.statistics});
    if (begin == 0) {
      cells = at::empty({total, features.cells.size(1), features.cells.size(2)}, at::kBFloat16);
      summary = at::empty({total, features.summary.size(1)}, at::kFloat);
    }
    cells.narrow(0, begin, rows).copy_(features.cells);
    summary.narrow(0, begin, rows).copy_(features.summary);
    if ((begin / kBatch + 1) % kLogEvery == 0) {
      LogInfo("tower: " + std::to_string(begin + rows) + " of " + std::to_string(total) + " views");
    }
  }
  return TowerCache(std::move(cells), std::move(summary), records);
}

at::Tensor TowerCache::Rows(std::span<const FeatureCache::View> views) const {
  std::vector<int64_t> rows;
  for (const FeatureCache::View& view : views) {
    rows.push_back(view.view * records_ + view.record);
  }
  return at::tensor(rows, at::kLong);
}

TowerFeatures TowerCache::Load(std::span<const FeatureCache::View> views) const {
  const at::Tensor rows = Rows(views);
  return {cells_.index_select(0, rows).to(at::kFloat), summary_.index_select(0, rows)};
}

TowerFeatures TowerCache::LoadSummary(std::span<const FeatureCache::View> views) const {
  return {{}, summary_.index_select(0, Rows(views))};
}

}  // namespace gre
