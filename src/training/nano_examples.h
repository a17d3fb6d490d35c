#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/result.h"
#include "dataset/photo_records.h"
#include "dataset/teacher/point_sampler.h"
#include "tokenizer/tokenizer.h"
#include "training/feature_cache.h"

namespace gre {

// Targets at this value are not learned.
inline constexpr int64_t kIgnoredTarget = -100;

// What a batch of photos shall be answered with. Inputs are the begin token and the reply, targets
// the reply and the end token; shorter replies are filled up with ignored targets.
struct TextBatch {
  at::Tensor inputs;     // [B, T] int64
  at::Tensor targets;    // [B, T] int64
  at::Tensor weights;    // [B, T] float32: of each target in the loss
  at::Tensor countries;  // [B] int64: classes of the auxiliary head
};

struct TokenWeights {
  double country = 1;
  double coordinate = 1;  // of everything after the chain but the end token
};

// Turns records into token sequences. Immutable after construction; thread-safe.
class NanoExamples {
 public:
  // The auxiliary head's classes are the countries of `train`. Errors name an unknown country and a
  // country that `points` has no place for.
  static Result<NanoExamples> Create(std::span<const PhotoRecord> train, PointSampler points,
                                     const Tokenizer& tokenizer, const TokenWeights& weights);

  // What the reply to a photo says, and what of it is taught: from a mirrored view the driving side
  // and the script are not. `seed` draws the point of a photo that has none.
  struct Item {
    const PhotoRecord* record = nullptr;
    bool mirrored = false;
    uint64_t seed = 0;
  };
  [[nodiscard]] Result<TextBatch> MakeBatch(std::span<const Item> items) const;

  [[nodiscard]] int64_t num_countries() const { return static_cast<int64_t>(classes_.size()); }
  // Class of the auxiliary head, kIgnoredTarget for a country that training has not seen.
  [[nodiscard]] int64_t CountryClass(const std::string& code) const;
  [[nodiscard]] const std::string& CountryCode(int64_t country_class) const;
  // Token of the line that names each country.
  [[nodiscard]] const std::map<int32_t, std::string>& country_tokens() const {
    return country_tokens_;
  }

 private:
  NanoExamples(PointSampler points, const Tokenizer& tokenizer, const TokenWeights& weights);

  PointSampler points_;
  const Tokenizer* tokenizer_;
  TokenWeights weights_;
  int32_t begin_ = 0, end_ = 0, chain_end_ = 0;
  std::map<std::string, int64_t> classes_;
  std::map<int32_t, std::string> country_tokens_;
  std::set<int32_t> side_tokens_;  // lines that a mirrored view contradicts
};

}  // namespace gre
