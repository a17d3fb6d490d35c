#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/gre_nano/effnet_lite.h"
#include "model/gre_nano/nano_config.h"
#include "model/layers/decoder.h"
#include "model/layers/linear.h"
#include "model/layers/rms_norm.h"
#include "model/layers/weight_source.h"

namespace gre {

// What the lower part of the tower (stem and blocks 0-14, frozen in training) leaves of a photo.
struct LowerFeatures {
  at::Tensor grid;        // [B, 120, S/16, S/16]
  at::Tensor statistics;  // [B, 560] float32: mean and deviation of blocks 3, 6, 10 and 14
};

// What the whole tower leaves of a photo.
struct TowerFeatures {
  at::Tensor cells;  // [B, grid^2, 1280] float32: the final grid, averaged to grid x grid
  // [B, 1280 + 976] float32: means of the head's channels, then the statistics; with a reference
  // tower its means and its statistics of block 19 follow (1280 + 416).
  at::Tensor summary;
};

// One perceptron of the country head: silu(inputs W^T + b) -> logits. float32.
struct CountryMember {
  at::Tensor hidden_weight, hidden_bias;    // [H, inputs], [H]
  at::Tensor country_weight, country_bias;  // [num_countries, H], [num_countries]

  // Standardised inputs [B, inputs] -> [B, num_countries]; `dropout` of inputs and hidden units.
  [[nodiscard]] at::Tensor Logits(const at::Tensor& inputs, double dropout) const;
};

struct ImageFeatures {
  at::Tensor tokens;          // [B, image_tokens, hidden] float32
  at::Tensor country_logits;  // [B, num_countries] float32: the country head
};

// The parts of gre-nano: EfficientNet-Lite2 -> image tokens -> a decoder of the shared blocks,
// whose head shares the embedding's weights. The image tokens are the cells of the final grid, one
// token of channel statistics for each of kStatisticsBlocks, and one summary: the hidden layer of a
// small perceptron over the standardised statistics and the pooled head. Differentiable in its
// parameters; const calls are thread-safe. LibTorch exceptions may leave every function.
class NanoNetwork {
 public:
  static constexpr int kLastFrozenBlock = 14;
  static int64_t LowerStatisticsWidth();  // of LowerFeatures::statistics

  NanoNetwork(WeightSource& source, const NanoConfig& config, at::Device device);

  // Normalised pixels [B, 3, S, S] -> features; the tower computes in the dtype of `pixels`.
  [[nodiscard]] LowerFeatures Lower(const at::Tensor& pixels) const;
  [[nodiscard]] TowerFeatures Upper(const LowerFeatures& lower) const;
  // `dropout`: in training, the share of the summary's inputs and hidden units, and half that share
  // of the grid's channels, that are zeroed; `image_dropout`: the share of photos that keep the
  // country hint only.
  [[nodiscard]] ImageFeatures Project(const TowerFeatures& tower, double dropout = 0,
                                      double image_dropout = 0) const;
  // What the summary's perceptron reads: TowerFeatures::summary, standardised.
  [[nodiscard]] at::Tensor SummaryInputs(const TowerFeatures& tower) const;
  // 1 for each of the summary's inputs that is a statistic, 0 for the means of the heads.
  [[nodiscard]] at::Tensor StatisticsMask() const;
  // Makes the summary's perceptron and the country head the average of `members`, which share
  // config().summary_size hidden units equally.
  void SetCountryHead(std::span<const CountryMember> members);

  // Sets the means and deviations that standardise the summary's inputs from a sample of photos;
  // once, before training.
  void StandardiseSummary(const LowerFeatures& sample);

  [[nodiscard]] at::Tensor EmbedTokens(const at::Tensor& ids) const;  // [N] -> [N, hidden]
  [[nodiscard]] at::Tensor Logits(const at::Tensor& states) const;    // -> float32 [N, vocab]
  [[nodiscard]] const Decoder& decoder() const { return decoder_; }
  [[nodiscard]] const NanoConfig& config() const { return config_; }

  enum class Part {
    kAll,       // of the checkpoint
    kUnfrozen,  // without the lower and the reference tower and the constants of StandardiseSummary
    kText,      // what turns the tower's features and the summary into text
  };
  void VisitParameters(Part part, const ParameterVisitor& visitor);

 private:
  struct Summary {
    at::Tensor inputs;  // SummaryInputs
    at::Tensor hidden;  // [B, summary_size]
  };
  [[nodiscard]] Summary Summarise(const TowerFeatures& tower, double dropout) const;

  NanoConfig config_;
  EffnetLite tower_;
  std::optional<EffnetLite> reference_tower_;    // its upper part
  at::Tensor summary_mean_, summary_deviation_;  // of SummaryInputs
  RmsNorm grid_norm_;
  Linear grid_projection_;
  std::vector<Linear> statistics_projections_;  // one for each of kStatisticsBlocks
  Linear summary_hidden_, summary_projection_, country_head_;
  at::Tensor hint_;       // [num_countries, hidden]; undefined without hint_temperature
  at::Tensor position_;   // [image_tokens, hidden]
  at::Tensor embedding_;  // [vocab, hidden]
  Decoder decoder_;
};

}  // namespace gre
