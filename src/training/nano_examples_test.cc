#include "training/nano_examples.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/teacher/attribute_chain.h"
#include "knowledge/country_facts.h"
#include "reasoning/answer_parser.h"
#include "reasoning/reply.h"
#include "training/nano_text.h"

namespace gre {
namespace {

const Tokenizer& NanoTokenizer() {
  static const Tokenizer tokenizer = Tokenizer::FromJson(BuildNanoTokenizer()).value();
  return tokenizer;
}

// Every country, on both hemispheres: the reply survives the tokenizer, is short, and reads back.
TEST(NanoText, RepliesAreShortAndReadBackForEveryCountry) {
  const Tokenizer& tokenizer = NanoTokenizer();
  for (const Country& country : AllCountries()) {
    for (const LatLng& point : {LatLng{48.9, 2.3}, LatLng{-33.1, -170.6}}) {
      const std::string reply = AttributeReply(PhotoKind::kTravel, country, point);
      const auto ids = tokenizer.Encode(reply, /*recognise_added=*/true);
      EXPECT_EQ(tokenizer.Decode(ids, /*skip_special=*/true), reply);
      EXPECT_LE(ids.size(), 24u) << reply;
      const ParsedAnswer answer = ParseReply(reply, {.require_block = true});
      ASSERT_TRUE(answer.point.has_value()) << reply;
      EXPECT_NEAR(answer.point->latitude_deg, point.latitude_deg, 1e-9);
      EXPECT_NEAR(answer.point->longitude_deg, point.longitude_deg, 1e-9);
    }
    EXPECT_TRUE(tokenizer.TokenId(CountryPhrase(country)).has_value()) << country.name;
  }
}

TEST(NanoText, ChainReadsBackAsItsSteps) {
  const Country& france = *FindCountry("FR");
  const Chain chain = AttributeChain(PhotoKind::kStreet, france, {48.9, 2.3});
  const std::string reply = AttributeReply(PhotoKind::kStreet, france, {48.9, 2.3});
  EXPECT_EQ(ParseChain(reply), chain);
  for (const ChainStep& step : chain) {
    EXPECT_EQ(step.family, Family::kAttribute);
    EXPECT_FALSE(step.observation.has_value());  // the table knows the place, nobody saw anything
  }
}

TEST(NanoText, HemisphereAndClimateFollowThePoint) {
  const Country& brazil = *FindCountry("BR");
  const Chain north = AttributeChain(PhotoKind::kStreet, brazil, {2.8, -60.7});
  const Chain south = AttributeChain(PhotoKind::kStreet, brazil, {-30.0, -51.2});
  ASSERT_EQ(north.size(), south.size());
  std::set<Indicator> different;
  for (size_t i = 0; i < north.size(); ++i) {
    if (north[i] != south[i]) {
      different.insert(*north[i].indicator);
    }
  }
  EXPECT_THAT(different,
              testing::UnorderedElementsAre(Indicator::kHemisphere, Indicator::kClimate));
}

class NanoExamplesTest : public testing::Test {
 protected:
  NanoExamplesTest()
      : records_{{"a.jpg", PhotoKind::kStreet, PhotoSplit::kTrain, "FR", std::nullopt},
                 {"b.jpg", PhotoKind::kTravel, PhotoSplit::kTrain, "JP", LatLng{34.57, 135.31}}},
        examples_(NanoExamples::Create(records_, Points(), NanoTokenizer(), {2, 0.1}).value()) {}

  static PointSampler Points() { return PointSampler({{"FR", {{48.86, 2.35}, {43.3, 5.37}}}}); }

  // Text of the targets of one row, "_" for each ignored one before the reply's end.
  static std::string TargetText(const TextBatch& batch, int64_t row) {
    std::string text;
    for (int64_t t = 0; t < batch.targets.size(1); ++t) {
      const auto id = batch.targets[row][t].item<int64_t>();
      text += id == kIgnoredTarget
                  ? "_"
                  : std::string(NanoTokenizer().TokenBytes(static_cast<int32_t>(id)));
    }
    return text;
  }

  std::vector<PhotoRecord> records_;
  NanoExamples examples_;
};

TEST_F(NanoExamplesTest, TargetsAreTheReplyAndTheEndAndInputsLagByOne) {
  const NanoExamples::Item items[] = {{&records_[1], false, 1}};
  const auto batch = examples_.MakeBatch(items);
  ASSERT_TRUE(batch.ok());
  const std::string reply = AttributeReply(PhotoKind::kTravel, *FindCountry("JP"), {34.6, 135.3});
  EXPECT_EQ(TargetText(*batch, 0), reply + kNanoEndToken);
  EXPECT_EQ(batch->inputs[0][0].item<int64_t>(), *NanoTokenizer().TokenId(kNanoBeginToken));
  for (int64_t t = 1; t < batch->inputs.size(1); ++t) {
    EXPECT_EQ(batch->inputs[0][t].item<int64_t>(), batch->targets[0][t - 1].item<int64_t>());
  }
}

TEST_F(NanoExamplesTest, MirroredViewsDoNotTeachDrivingSideAndScript) {
  const NanoExamples::Item items[] = {{&records_[0], false, 1}, {&records_[0], true, 1}};
  const auto batch = examples_.MakeBatch(items);
  ASSERT_TRUE(batch.ok());
  const std::string straight = TargetText(*batch, 0);
  const std::string mirrored = TargetText(*batch, 1);
  EXPECT_THAT(straight, testing::HasSubstr("[attribute/driving_side]"));
  EXPECT_THAT(mirrored, testing::Not(testing::HasSubstr("[attribute/driving_side]")));
  EXPECT_THAT(mirrored, testing::Not(testing::HasSubstr("[attribute/script]")));
  EXPECT_THAT(mirrored, testing::HasSubstr("__7. [attribute/language]"));
}

TEST_F(NanoExamplesTest, WeightsFavourTheCountryAndPlayDownCoordinates) {
  const NanoExamples::Item items[] = {{&records_[0], false, 1}};
  const auto batch = examples_.MakeBatch(items);
  ASSERT_TRUE(batch.ok());
  int heavy = 0, light = 0;
  for (int64_t t = 0; t < batch->weights.size(1); ++t) {
    const double weight = batch->weights[0][t].item<double>();
    heavy += weight == 2 ? 1 : 0;
    light += weight > 0 && weight < 0.2 ? 1 : 0;
  }
  EXPECT_EQ(heavy, 1);
  EXPECT_GE(light, 7);  // digits, points and signs of two numbers
}

TEST_F(NanoExamplesTest, PointsAreDrawnAfreshBySeedAndStayWithinTheGallery) {
  std::set<std::string> texts;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const NanoExamples::Item items[] = {{&records_[0], false, seed}};
    const std::string text = TargetText(*examples_.MakeBatch(items), 0);
    EXPECT_EQ(text, TargetText(*examples_.MakeBatch(items), 0));
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 2u);
}

TEST_F(NanoExamplesTest, ACountryWithoutAPlaceIsAnErrorAtOnce) {
  records_[0].country_code = "MN";
  const auto examples = NanoExamples::Create(records_, Points(), NanoTokenizer(), {});
  ASSERT_FALSE(examples.ok());
  EXPECT_THAT(examples.error().message, testing::HasSubstr("MN"));
}

}  // namespace
}  // namespace gre
