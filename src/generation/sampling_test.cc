#include "generation/sampling.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SamplingOptions At(double temperature) {
  SamplingOptions options;
  options.temperature = temperature;
  return options;
}

std::map<int32_t, int> Draws(const SamplingOptions& options, const std::vector<float>& logits,
                             int count, uint64_t seed = 7) {
  TokenSampler sampler(options, seed, {});
  SamplingWorkspace workspace;
  std::map<int32_t, int> counts;
  for (int i = 0; i < count; ++i) ++counts[sampler.Draw(logits, &workspace)];
  return counts;
}

std::set<int32_t> Support(const SamplingOptions& options, const std::vector<float>& logits) {
  std::set<int32_t> ids;
  for (const auto& [id, count] : Draws(options, logits, 4000)) ids.insert(id);
  return ids;
}

std::vector<float> RandomLogits(size_t size, double spread, Random* random) {
  std::vector<float> logits(size);
  for (float& logit : logits) logit = static_cast<float>(spread * random->Normal());
  return logits;
}

std::vector<double> Softmax(const std::vector<float>& logits, double temperature) {
  std::vector<double> p;
  double total = 0;
  for (const float logit : logits) total += p.emplace_back(std::exp(logit / temperature));
  for (double& x : p) x /= total;
  return p;
}

TEST(SamplerTest, GreedyTakesTheFirstLargest) {
  const std::vector<float> logits = {0.5F, 3, -1, 3};
  EXPECT_THAT(Support(At(0), logits), ElementsAre(1));
}

TEST(SamplerTest, FrequenciesFollowTheSoftmax) {
  Random random(1);
  for (const double temperature : {0.5, 1.0, 1.7}) {
    const std::vector<float> logits = RandomLogits(20, 1, &random);
    const std::vector<double> expected = Softmax(logits, temperature);
    constexpr int kCount = 50'000;
    const std::map<int32_t, int> counts = Draws(At(temperature), logits, kCount);
    double chi_square = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const double mean = expected[i] * kCount;
      const auto it = counts.find(static_cast<int32_t>(i));
      const double difference = (it == counts.end() ? 0 : it->second) - mean;
      chi_square += difference * difference / mean;
    }
    EXPECT_LT(chi_square, 43.8) << "0.1 % quantile at 19 degrees of freedom, T " << temperature;
  }
}

TEST(SamplerTest, TopPKeepsTheSmallestSetThatReachesTheMass) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    // Large enough for several sorted blocks; flat enough that many tokens are kept.
    const std::vector<float> logits = RandomLogits(500, 1, &random);
    SamplingOptions options = At(0.8);
    options.top_p = random.Uniform(0.05, 0.99);
    const std::vector<double> p = Softmax(logits, options.temperature);
    const std::map<int32_t, int> counts = Draws(options, logits, 20, random.Next());
    for (const auto& [id, count] : counts) {
      double before = 0;  // mass of the strictly more probable tokens
      for (const double x : p) before += x > p[static_cast<size_t>(id)] ? x : 0;
      EXPECT_LT(before, options.top_p + 1e-6);
    }
  }
  // 0.5, 0.25, 0.125, 0.125: three reach 0.8, two reach 0.75 exactly.
  const std::vector<float> logits = {std::log(0.5F), std::log(0.25F), std::log(0.125F),
                                     std::log(0.125F)};
  SamplingOptions options = At(1);
  options.top_p = 0.8;
  EXPECT_THAT(Support(options, logits), ElementsAre(0, 1, 2));
  options.top_p = 0.7;
  EXPECT_THAT(Support(options, logits), ElementsAre(0, 1));
  options.top_p = 1e-9;
  EXPECT_THAT(Support(options, logits), ElementsAre(0));
}

TEST(SamplerTest, TopKAndMinPLimitTheSupportAndTiesGoByRisingId) {
  const std::vector<float> logits = {0, 2, 1, 2, 1};
  SamplingOptions options = At(1);
  options.top_k = 3;
  EXPECT_THAT(Support(options, logits), ElementsAre(1, 2, 3));
  options.top_k = 0;
  options.min_p = 0.3;  // exp(-1) = 0.37 stays, exp(-2) = 0.14 goes
  EXPECT_THAT(Support(options, logits), ElementsAre(1, 2, 3, 4));
  options.min_p = 1;
  EXPECT_THAT(Support(options, logits), ElementsAre(1, 3));
  // top_p counts within top_k: of two equal tokens left, half the mass is one token
  options.min_p = 0;
  options.top_k = 2;
  options.top_p = 0.5;
  EXPECT_THAT(Support(options, logits), ElementsAre(1));
}

TEST(SamplerTest, MaskedLogitsAreNeverDrawn) {
  const float masked = -std::numeric_limits<float>::infinity();
  const std::vector<float> logits = {masked, 0, masked, -3};
  EXPECT_THAT(Support(At(5), logits), ElementsAre(1, 3));
  EXPECT_THAT(Support(At(1e-300), logits), ElementsAre(1));
}

TEST(SamplerTest, RepetitionPenaltyCountsPromptAndCompletion) {
  SamplingOptions options = At(0);
  options.repetition_penalty = 2;
  const std::vector<int32_t> prompt = {0};
  TokenSampler sampler(options, 0, prompt);
  SamplingWorkspace workspace;
  // 8 -> 4 for the prompt's id; then each drawn id is penalised once, negative ones downwards.
  const std::vector<float> logits = {8, 6, 5, -1};
  EXPECT_EQ(sampler.Draw(logits, &workspace), 1);
  EXPECT_EQ(sampler.Draw(logits, &workspace), 2);
  EXPECT_EQ(sampler.Draw(logits, &workspace), 0);
  const std::vector<float> negative = {-1, -1, -1, -1.5F};
  EXPECT_EQ(sampler.Draw(negative, &workspace), 3);
}

TEST(SamplerTest, SeedFixesTheSequence) {
  Random random(3);
  const std::vector<float> logits = RandomLogits(1000, 1, &random);
  SamplingWorkspace workspace;
  const auto sequence = [&](uint64_t seed) {
    TokenSampler sampler(At(1), seed, {});
    std::vector<int32_t> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(sampler.Draw(logits, &workspace));
    return ids;
  };
  EXPECT_EQ(sequence(5), sequence(5));
  EXPECT_NE(sequence(5), sequence(6));
}

// A model of replies of three tokens whose distribution depends on what was drawn before.
std::vector<int32_t> DrawReply(const SamplingOptions& options, uint64_t seed, CodeRange code) {
  TokenSampler sampler(options, seed, {}, code);
  SamplingWorkspace workspace;
  std::vector<int32_t> reply;
  uint64_t prefix = 17;
  for (int i = 0; i < 3; ++i) {
    Random random(prefix);
    reply.push_back(sampler.Draw(RandomLogits(6, 1.5, &random), &workspace));
    prefix = HashSeed(prefix, static_cast<uint64_t>(reply.back()));
  }
  return reply;
}

TEST(SampleCodeTest, StratifiedSamplesSpreadOverTheFirstTokensAndTheirContinuations) {
  SamplingOptions options = At(1);
  options.stratified = true;
  Random random(17);
  const std::vector<double> p = Softmax(RandomLogits(6, 1.5, &random), 1);
  constexpr int kSamples = 8;
  for (options.seed = 0; options.seed < 50; ++options.seed) {
    std::vector<int> counts(p.size());
    std::set<std::vector<int32_t>> replies;
    for (int i = 0; i < kSamples; ++i) {
      const std::vector<int32_t> reply =
          DrawReply(options, HashSeed(options.seed, static_cast<uint64_t>(i)),
                    SampleCode(options, "a", i, kSamples));
      ++counts[static_cast<size_t>(reply.front())];
      replies.insert(reply);
    }
    for (size_t token = 0; token < p.size(); ++token) {
      EXPECT_NEAR(counts[token], kSamples * p[token], 1) << token;
    }
    EXPECT_GT(replies.size(), 5U);
  }
}

TEST(SampleCodeTest, EachStratifiedSampleAloneFollowsTheModel) {
  constexpr int kCount = 20'000;
  std::map<std::vector<int32_t>, int> independent;
  std::map<std::vector<int32_t>, int> stratified;
  SamplingOptions options = At(1);
  for (options.seed = 0; options.seed < kCount; ++options.seed) {
    ++independent[DrawReply(options, options.seed, SampleCode(options, "a", 2, 8))];
    options.stratified = true;
    ++stratified[DrawReply(options, options.seed, SampleCode(options, "a", 2, 8))];
    options.stratified = false;
  }
  double chi_square = 0;
  int cells = 0;
  for (const auto& [reply, count] : independent) {
    if (count < 20) continue;
    const double difference = count - stratified[reply];
    chi_square += difference * difference / (count + stratified[reply]);
    ++cells;
  }
  EXPECT_GT(cells, 50);
  EXPECT_LT(chi_square, cells + 4 * std::sqrt(2.0 * cells));
}

TEST(ValidateRequestTest, NamesTheFieldValueAndRange) {
  GenerationRequest request;
  request.id = "a.jpg";
  request.sampling.top_p = 0;
  EXPECT_EQ(
      ValidateRequest(request).error().message,
      "request 'a.jpg': sampling option top_p is 0, expected more than 0 and at most 1 (off)");
  request.sampling = At(std::nan(""));
  EXPECT_THAT(ValidateRequest(request).error().message, HasSubstr("temperature"));
  request.sampling = {};
  request.sampling.stop = {""};
  EXPECT_THAT(ValidateRequest(request).error().message, HasSubstr("stop"));
  request.sampling = {};
  request.num_samples = 0;
  EXPECT_THAT(ValidateRequest(request).error().message, HasSubstr("num_samples is 0"));
  request.num_samples = 1;
  request.messages = {{Role::kUser, {ContentPart::Image(0)}}};
  EXPECT_THAT(ValidateRequest(request).error().message, HasSubstr("names image 0"));
}

}  // namespace
}  // namespace gre
