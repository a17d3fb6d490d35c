#include "bench/chains/chain_quality.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/chains/clue_match.h"
#include "bench/predictions_file.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

bool Met(std::string_view clue, std::string_view text) { return Clue(clue).IsIn(FoldName(text)); }

TEST(Clue, MatchesNamesAndPatterns) {
  EXPECT_TRUE(Met("United States", "such hydrants stand in the USA"));
  EXPECT_TRUE(Met("Côte d'Ivoire", "typical of Ivory Coast."));
  EXPECT_FALSE(Met("United States", "this tells us nothing"));
  EXPECT_FALSE(Met("Niger", "palms of Nigeria"));
  EXPECT_TRUE(Met("Kyoto, Japan", "the temples of Kyoto"));
  EXPECT_FALSE(Met("Kyoto, Japan", "the temples of Japan"));
  EXPECT_TRUE(Met("red torii gates -> Japan", "A torii gate, red, is found in Japan"));
  EXPECT_FALSE(Met("red torii gates -> Japan", "A red gate is found in Japan"));
  EXPECT_FALSE(Met("red torii gates -> Japan", "red torii gates"));
  EXPECT_FALSE(Met("", "anything"));
}

// One photo in Kyoto, written by hand, and what can be counted on it.
struct Small {
  std::vector<TruthRecord> truth = std::vector<TruthRecord>(1);
  std::vector<Prediction> predictions;
  Matching matching;

  explicit Small(std::string_view reply, LatLng point = {35.0, 135.8}) {
    truth[0].id = "a";
    truth[0].point = LatLng{35.0, 135.8};
    truth[0].country_code = "JP";
    truth[0].indicators = {"torii gate -> Japan", "Kyoto", "Fushimi Inari"};
    truth[0].indicator_weights = {2, 1, 1};
    truth[0].captions = {"red gates on a wooded hill"};
    truth[0].key_steps = {"Torii gates are found in Japan", "the hill is Mount Inari"};
    Prediction prediction;
    prediction.id = "a";
    prediction.outcome = Outcome::kParsed;
    prediction.point = point;
    prediction.text = std::string(reply);
    predictions.push_back(std::move(prediction));
    matching.pairs = {{0, 0}};
  }
  ChainQuality Measure(const ChainScorers& scorers = {}, const ChainQualityOptions& options = {}) {
    auto quality = MeasureChains(truth, predictions, matching, ReadChains(predictions, matching),
                                 scorers, options);
    EXPECT_TRUE(quality.ok());
    return *quality;
  }
};

constexpr std::string_view kReply =
    "1. [street_level] Red gates line a path -> Torii gates are found in Japan => Japan\n"
    "2. [terrain] A wooded hill. -> it is likely near Kyoto => Kyoto, Japan\n";

TEST(ChainQuality, CountsByHand) {
  const ChainQuality quality = Small(kReply).Measure();
  EXPECT_EQ(quality.records, 1u);
  EXPECT_EQ(quality.without_chain, 0u);
  EXPECT_EQ(quality.statements[0], 1u);  // "Torii gates are found in Japan"
  EXPECT_EQ(quality.statements[1], 2u);
  EXPECT_EQ(quality.statements[2], 3u);
  EXPECT_NEAR(quality.background.estimate.value, 1.0 / 3, 1e-12);
  EXPECT_NEAR(quality.anywhere.estimate.value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(quality.clue_weighted.estimate.value, 3.0 / 4, 1e-12);
  EXPECT_TRUE(quality.clue_weights_given);
  EXPECT_NEAR(quality.recall.estimate.value, 0.5, 1e-12);   // by equal text, in the background
  EXPECT_NEAR(quality.precision.estimate.value, 0, 1e-12);  // which does not count here
  EXPECT_NEAR(quality.f1.estimate.value, 0, 1e-12);
  EXPECT_EQ(quality.caption.not_computed, "no CLIP model and photos were given");
  EXPECT_EQ(quality.inference.not_computed, "no embedder was given");
  EXPECT_FALSE(quality.combined.not_computed.empty());
  EXPECT_TRUE(std::isnan(quality.combined.estimate.value));
  EXPECT_EQ(quality.concluding_country, 1u);
  EXPECT_EQ(quality.contradicted, 0u);
}

TEST(ChainQuality, APointInAnotherCountryIsAContradiction) {
  const ChainQuality quality = Small(kReply, {48.85, 2.35}).Measure();
  EXPECT_EQ(quality.contradicted, 1u);
  ASSERT_FALSE(quality.contradictions.empty());
  EXPECT_EQ(quality.contradictions.front().first, ContradictionKind::kCountry);
}

// Scorers that answer by the number of texts: what the models say is not tested here.
ChainScorers Fakes() {
  ChainScorers scorers;
  scorers.similarity = [](ChainScorers::Texts texts, ChainScorers::Texts references) {
    std::vector<float> cosines;
    for (const std::string& text : texts) {
      for (size_t i = 0; i < references.size(); ++i) {
        cosines.push_back(i == 1 && text.find("hill") != std::string::npos ? 0.7F : 0.1F);
      }
    }
    return Result<std::vector<float>>(cosines);
  };
  scorers.inference = [](ChainScorers::Texts, ChainScorers::Texts) { return Result<double>(0.5); };
  scorers.caption = [](const TruthRecord&, ChainScorers::Texts) { return Result<double>(0.8); };
  return scorers;
}

TEST(ChainQuality, CombinesThreePartsWithTheStatedWeights) {
  ChainQualityOptions options;
  options.weights[0] = 2;  // 2:1:1
  const ChainQuality quality = Small(kReply).Measure(Fakes(), options);
  EXPECT_NEAR(quality.combined.estimate.value, (2.0 / 3 + 0.8 + 0.5) / 4, 1e-12);
  EXPECT_NEAR(quality.recall.estimate.value, 0.5, 1e-12);
  EXPECT_NEAR(quality.precision.estimate.value, 0.2, 1e-12);  // of 5 captions and inferences
  options.match_cosine = 0.75;
  EXPECT_NEAR(Small(kReply).Measure(Fakes(), options).recall.estimate.value, 0, 1e-12);
}

TEST(ChainQuality, AnEmptyClassIsCalledEmptyAndCountsAsStated) {
  constexpr std::string_view kNoCaption = "Therefore this is Kyoto.";
  ChainQualityOptions options;
  ChainQuality quality = Small(kNoCaption).Measure(Fakes(), options);
  EXPECT_EQ(quality.caption.empty, 1u);
  EXPECT_EQ(quality.background.empty, 1u);
  EXPECT_EQ(quality.inference.empty, 0u);
  EXPECT_NEAR(quality.caption.estimate.value, 0, 1e-12);
  EXPECT_NEAR(quality.combined.estimate.value, 0.5 / 3, 1e-12);
  options.empty = ChainQualityOptions::Empty::kLeaveOut;
  quality = Small(kNoCaption).Measure(Fakes(), options);
  EXPECT_NEAR(quality.combined.estimate.value, 0.5, 1e-12);
  EXPECT_FALSE(quality.caption.not_computed.empty());
}

TEST(ChainQuality, CaptionsNeedReferencesAndTheirPhoto) {
  Small small(kReply);
  ChainScorers scorers = Fakes();
  scorers.caption = [](const TruthRecord&, ChainScorers::Texts) {
    return Result<double>(Prediction::kUnknown);  // no photo
  };
  ChainQuality quality = small.Measure(scorers);
  EXPECT_EQ(quality.caption.not_computed, "no scored record has captions and a photo");
  EXPECT_TRUE(std::isnan(quality.combined.estimate.value));
  small.truth[0].captions.clear();
  quality = small.Measure(Fakes());
  EXPECT_TRUE(std::isnan(quality.caption.estimate.value));
  EXPECT_TRUE(std::isnan(quality.combined.estimate.value));
}

TEST(ChainQuality, WithoutAnnotationsOrChainsNothingIsClaimed) {
  Small small(kReply);
  small.truth[0].indicators.clear();
  small.truth[0].indicator_weights.clear();
  small.truth[0].key_steps.clear();
  ChainQuality quality = small.Measure(Fakes());
  EXPECT_EQ(quality.background.not_computed, "no scored record has annotated indicators");
  EXPECT_EQ(quality.recall.not_computed, "no scored record has annotated key steps");
  EXPECT_TRUE(std::isnan(quality.f1.estimate.value));
  EXPECT_TRUE(std::isnan(quality.combined.estimate.value));
  small.predictions[0].text.clear();
  quality = small.Measure();
  EXPECT_EQ(quality.without_chain, 1u);
  EXPECT_TRUE(quality.per_record.empty());
}

// Captions and inferences had been embedded a second time.
TEST(ChainQuality, EveryStatementIsEmbeddedOnce) {
  ChainScorers scorers = Fakes();
  size_t embedded = 0;
  scorers.similarity = [&, inner = scorers.similarity](ChainScorers::Texts texts,
                                                       ChainScorers::Texts references) {
    embedded += texts.size();
    return inner(texts, references);
  };
  const ChainQuality quality = Small(kReply).Measure(scorers);
  EXPECT_EQ(embedded, quality.statements[0] + quality.statements[1] + quality.statements[2]);
  EXPECT_NEAR(quality.recall.estimate.value, 0.5, 1e-12);
  EXPECT_NEAR(quality.precision.estimate.value, 0.2, 1e-12);
}

// MME-CoT: precision = (matched + reasonable) / (captions + inferences).
TEST(ChainQuality, WhatAJudgeCallsReasonableCountsIntoPrecision) {
  ChainScorers scorers = Fakes();  // "A wooded hill." matches; four captions and inferences do not
  std::vector<size_t> asked;
  scorers.reasonable = [&](std::span<const UnmatchedSteps> open) {
    EXPECT_EQ(open.size(), 1u);
    asked = open.front().statements;
    std::vector<bool> verdicts(asked.size(), true);
    verdicts.back() = false;
    return Result<std::vector<ChainScorers::Verdicts>>({verdicts});
  };
  const ChainQuality quality = Small(kReply).Measure(scorers);
  EXPECT_TRUE(quality.judged);
  EXPECT_EQ(asked.size(), 4u);
  EXPECT_EQ(quality.per_record[0].steps, 5u);
  EXPECT_EQ(quality.per_record[0].steps_matched, 1u);
  EXPECT_EQ(quality.per_record[0].steps_reasonable, 3u);
  EXPECT_EQ(quality.steps[2], 3u);
  EXPECT_NEAR(quality.precision.estimate.value, 0.8, 1e-12);
  EXPECT_NEAR(quality.recall.estimate.value, 0.5, 1e-12);
  EXPECT_NEAR(quality.f1.estimate.value, 2 * 0.8 * 0.5 / 1.3, 1e-12);
  EXPECT_FALSE(Small(kReply).Measure(Fakes()).judged);
}

TEST(ChainQuality, WithoutUsableVerdictsThereIsNoPrecisionInsteadOfALowerOne) {
  ChainScorers scorers = Fakes();
  scorers.reasonable = [](std::span<const UnmatchedSteps>) {
    const Error error{ErrorCode::kInvalidInput, "no verdict"};
    return Result<std::vector<ChainScorers::Verdicts>>({ChainScorers::Verdicts(error)});
  };
  const ChainQuality quality = Small(kReply).Measure(scorers);
  EXPECT_EQ(quality.unjudged, 1u);
  EXPECT_EQ(quality.per_record[0].unjudged, "no verdict");
  EXPECT_TRUE(std::isnan(quality.precision.estimate.value));
  EXPECT_FALSE(quality.f1.not_computed.empty());
  EXPECT_EQ(quality.steps[0], 0u);
  EXPECT_NEAR(quality.recall.estimate.value, 0.5, 1e-12);
}

}  // namespace
}  // namespace gre
