#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "core/cancellation.h"
#include "core/result.h"
#include "model/gre_nano/nano_network.h"
#include "training/feature_cache.h"

namespace gre {

// What a tower that no longer learns makes of every view, in memory: 73 KB a view at grid 5.
class TowerCache {
 public:
  static Result<TowerCache> Build(const NanoNetwork& network, const FeatureCache& lower,
                                  int64_t records, int64_t views,
                                  const CancellationToken& cancellation);

  [[nodiscard]] TowerFeatures Load(std::span<const FeatureCache::View> views) const;
  // The same without the cells, which the country head does not read.
  [[nodiscard]] TowerFeatures LoadSummary(std::span<const FeatureCache::View> views) const;

 private:
  [[nodiscard]] at::Tensor Rows(std::span<const FeatureCache::View> views) const;
  TowerCache(at::Tensor cells, at::Tensor summary, int64_t records);

  at::Tensor cells_;    // [views * records, grid^2, 1280] bfloat16
  at::Tensor summary_;  // [views * records, 1280 + 976]
  int64_t records_ = 0;
};

}  // namespace gre
