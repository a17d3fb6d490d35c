#include "localizer/localizer.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generation/scripted_generator.h"

namespace gre {
namespace {

constexpr char kPrompt[] =
    "[system]\nYou locate photos.\n[user]\nWhere is this?{{#area}} It is in {{area}}.{{/area}}\n";

std::string Reply(const std::string& point, const std::string& country = "France") {
  return "<think>\n1. [terrain/geographical_features] hills -> temperate => " + country +
         "\n</think>\n<answer>" + point + "</answer>";
}

std::string NanoReply(const std::string& kind, const std::string& point) {
  return "<think>\n1. [attribute/photo_kind] -> " + kind + "\n</think>\n<answer>" + point +
         "</answer>";
}

class LocalizerTest : public testing::Test {
 protected:
  LocateResult Locate(std::vector<std::string> replies, LocalizerOptions options = {},
                      std::optional<Calibration> calibration = std::nullopt,
                      EngineKind kind = EngineKind::kScripted) {
    options.samples = static_cast<int>(replies.size());
    generator_ = std::make_unique<ScriptedGenerator>(
        [replies](const GenerationRequest&, int sample) -> Result<std::string> {
          const std::string& reply = replies[static_cast<size_t>(sample)];
          if (reply == "fail") {
            return Error{ErrorCode::kUnavailable, "the server is gone"};
          }
          return reply;
        },
        EngineInfo{kind, "scripted", ""});
    auto localizer = Localizer::Create(*generator_, namer_, PromptTemplate::Parse(kPrompt).value(),
                                       std::move(calibration), std::move(options));
    EXPECT_TRUE(localizer.ok());
    const LocateRequest photo = {"a.jpg", std::make_shared<RgbImage>(RgbImage{1, 1, {1, 2, 3}}),
                                 LatLng{1, 2}};
    return localizer->Locate({&photo, 1}, {}, {}).front();
  }

  static LocalizerOptions Within(const std::string& area) {
    LocalizerOptions options;
    options.within = SearchArea::Parse(area).value();
    return options;
  }

  PlaceNamer namer_;
  std::unique_ptr<ScriptedGenerator> generator_;
};

TEST_F(LocalizerTest, AnswersAProposedPointWithItsChainAndNamesTheRest) {
  const LocateResult result = Locate({Reply("-33.87, 151.21", "Australia"), Reply("48.86, 2.35"),
                                      Reply("48.85, 2.36"), Reply("48.84, 2.34")});
  EXPECT_EQ(result.status, LocateStatus::kOk);
  ASSERT_TRUE(result.answer);
  EXPECT_EQ(result.answer->place.country_code, "FR");
  EXPECT_NEAR(result.answer->point.latitude_deg, 48.85, 0.02);
  EXPECT_EQ(result.answer->confidence_source, ConfidenceSource::kSamples);
  EXPECT_GT(result.answer->confidence, 0.4);
  EXPECT_LT(result.answer->confidence, 0.75);
  EXPECT_GE(result.answer->radius_p90_km, result.answer->radius_p50_km);
  ASSERT_EQ(result.chain.size(), 1u);
  EXPECT_EQ(result.chain[0].hypothesis, "France");
  EXPECT_THAT(result.chain_text, testing::StartsWith("<think>"));
  ASSERT_EQ(result.alternatives.size(), 1u);
  EXPECT_EQ(result.alternatives[0].share, 0.25);
  EXPECT_EQ(result.alternatives[0].place.country_code, "AU");
  EXPECT_EQ(result.alternatives[0].chain[0].hypothesis, "Australia");
  EXPECT_GT(*result.dispersion_km, 1000);
  EXPECT_EQ(result.metadata_gps, (LatLng{1, 2}));
  EXPECT_EQ(result.prompt_hash.size(), 64u);
  EXPECT_EQ(result.samples, 4);
}

TEST_F(LocalizerTest, ShowsTheModelThePhotoAndTheAreaButNoMetadata) {
  Locate({Reply("48.86, 2.35")}, Within("France"));
  const GenerationRequest& request = generator_->requests().front();
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_EQ(request.messages[0].content[0].text, "You locate photos.");
  EXPECT_EQ(request.messages[1].content[0].kind, ContentPart::Kind::kImage);
  EXPECT_EQ(request.messages[1].content[1].text, "Where is this? It is in France.");
  EXPECT_EQ(request.images.size(), 1u);
}

TEST_F(LocalizerTest, ContradictionsAreReportedAndChangeNoNumber) {
  const LocateResult agrees = Locate({Reply("48.86, 2.35")});
  const LocateResult contradicts = Locate({Reply("48.86, 2.35", "Japan")});
  EXPECT_TRUE(agrees.contradictions.empty());
  ASSERT_EQ(contradicts.contradictions.size(), 1u);
  EXPECT_EQ(contradicts.contradictions[0].kind, ContradictionKind::kCountry);
  EXPECT_EQ(contradicts.answer->confidence, agrees.answer->confidence);
}

TEST_F(LocalizerTest, WorksWithOneSample) {
  const LocateResult result = Locate({Reply("35.0, 135.8", "Japan")});
  EXPECT_EQ(result.status, LocateStatus::kOk);
  EXPECT_EQ(result.answer->confidence, 0.5);
  EXPECT_TRUE(result.alternatives.empty());
  EXPECT_FALSE(result.dispersion_km);
}

TEST_F(LocalizerTest, AbstainsWhenTheModelDeclines) {
  const LocateResult result =
      Locate({"I cannot determine the location.", "No GPS data available."});
  EXPECT_EQ(result.status, LocateStatus::kAbstained);
  EXPECT_FALSE(result.answer);
  EXPECT_THAT(result.abstention_reason,
              testing::StartsWith("the model declined in 2 of 2 samples"));
  EXPECT_EQ(result.chain_text, "I cannot determine the location.");

  const LocateResult half = Locate({"I cannot determine the location.", Reply("48.86, 2.35")});
  EXPECT_EQ(half.status, LocateStatus::kAbstained);
  ASSERT_EQ(half.alternatives.size(), 1u);
  EXPECT_EQ(half.alternatives[0].share, 0.5);
}

TEST_F(LocalizerTest, AbstainsWhenSamplesScatterUnlessItMustAnswer) {
  const std::vector<std::string> scattered = {Reply("48.86, 2.35"), Reply("-33.87, 151.21"),
                                              Reply("35.0, 135.8"), Reply("-15.8, -47.9"),
                                              Reply("9.03, 38.74")};
  const LocateResult result = Locate(scattered);
  EXPECT_EQ(result.status, LocateStatus::kAbstained);
  EXPECT_EQ(result.abstention_reason, "the samples scatter over 5 places");
  EXPECT_FALSE(result.answer);
  EXPECT_EQ(result.alternatives.size(), 5u);

  LocalizerOptions options;
  options.always_answer = true;
  const LocateResult forced = Locate(scattered, options);
  EXPECT_EQ(forced.status, LocateStatus::kAbstained);
  EXPECT_EQ(forced.abstention_reason, result.abstention_reason);
  ASSERT_TRUE(forced.answer);
  EXPECT_GT(forced.answer->radius_p50_km, 2000);
  EXPECT_EQ(forced.alternatives.size(), 4u);
}

TEST_F(LocalizerTest, AbstainsBelowTheCalibratedConfidence) {
  Calibration calibration;
  calibration.set_abstain_below(0.4);
  // Street-level photos are believed, others are not.
  calibration.Add({.samples = 2, .photos = 100, .weights = {{0, 0, 0, 2, 0, 0}}});
  const LocateResult ordinary =
      Locate({NanoReply("ordinary photo", "48.9, 2.3"), NanoReply("ordinary photo", "48.8, 2.4")},
             {}, calibration, EngineKind::kEmbedded);
  EXPECT_EQ(ordinary.status, LocateStatus::kAbstained);
  EXPECT_EQ(ordinary.abstention_reason, "the embedded model cannot judge this kind of photo");
  EXPECT_EQ(ordinary.alternatives.size(), 1u);

  const LocateResult street = Locate({NanoReply("street-level survey camera", "48.9, 2.3"),
                                      NanoReply("street-level survey camera", "48.8, 2.4")},
                                     {}, calibration, EngineKind::kEmbedded);
  EXPECT_EQ(street.status, LocateStatus::kOk);
  EXPECT_EQ(street.answer->confidence_source, ConfidenceSource::kCalibration);
  EXPECT_NEAR(street.answer->confidence, 0.88, 0.01);

  LocalizerOptions strict;
  strict.abstain_below = 0.95;
  const LocateResult doubted = Locate({NanoReply("street-level survey camera", "48.9, 2.3")},
                                      strict, calibration, EngineKind::kEmbedded);
  EXPECT_EQ(doubted.abstention_reason, "the confidence of 88 % is below the threshold of 95 %");
}

TEST_F(LocalizerTest, TheSearchAreaIsAPrior) {
  const std::vector<std::string> replies = {Reply("48.86, 2.35"), Reply("48.85, 2.36"),
                                            Reply("41.9, 12.5", "Italy")};
  const LocateResult italy = Locate(replies, Within("Italy"));
  EXPECT_EQ(italy.status, LocateStatus::kOk);
  EXPECT_EQ(italy.answer->place.country_code, "IT");
  EXPECT_EQ(italy.answer->confidence, 1);
  EXPECT_EQ(italy.answer->confidence_source, ConfidenceSource::kGiven);
  EXPECT_EQ(italy.within, "Italy");
  ASSERT_EQ(italy.alternatives.size(), 1u);
  EXPECT_EQ(italy.alternatives[0].place.country_code, "FR");

  LocalizerOptions options = Within("Japan");
  options.always_answer = true;  // there is no point to give
  const LocateResult japan = Locate(replies, options);
  EXPECT_EQ(japan.status, LocateStatus::kAbstained);
  EXPECT_EQ(japan.abstention_reason, "no sample lies within Japan");
  EXPECT_FALSE(japan.answer);
  EXPECT_EQ(japan.alternatives.size(), 2u);
}

// With --within two refusals beside one point had been passed over.
TEST_F(LocalizerTest, RefusalsVoteAlsoInASearchArea) {
  const std::string no = "I cannot determine the location.";
  const std::string rome = Reply("41.9, 12.5", "Italy");
  const std::string paris = Reply("48.86, 2.35");
  const LocateResult declined = Locate({no, rome, paris, no}, Within("Italy"));
  EXPECT_EQ(declined.status, LocateStatus::kAbstained);
  EXPECT_EQ(declined.abstention_reason, "the model declined in 2 of 3 samples");
  ASSERT_EQ(declined.alternatives.size(), 2u);
  // Points outside are no votes: one refusal of three.
  EXPECT_EQ(Locate({rome, no, paris, rome}, Within("Italy")).status, LocateStatus::kOk);
  // Nothing lies within: the best of what lies outside is shown.
  const LocateResult japan = Locate({no, paris}, Within("Japan"));
  EXPECT_EQ(japan.abstention_reason, "no sample lies within Japan");
  EXPECT_EQ(japan.chain_text, paris);
}

TEST_F(LocalizerTest, AFailedPhotoSaysWhy) {
  const LocateResult result = Locate({"fail"});
  EXPECT_EQ(result.status, LocateStatus::kFailed);
  EXPECT_EQ(result.error->code, ErrorCode::kUnavailable);
  EXPECT_EQ(result.error->message, "the server is gone");
  EXPECT_EQ(result.engine_kind, "scripted");
}

TEST_F(LocalizerTest, OpenSeaHasNoCountryToBeRightAbout) {
  LocalizerOptions options;
  options.abstain_below = 0.1;
  const LocateResult result = Locate({Reply("35, -40")}, options);
  EXPECT_EQ(result.status, LocateStatus::kAbstained);
  EXPECT_TRUE(result.alternatives[0].place.is_ocean);
}

TEST_F(LocalizerTest, JudgesLabelledPhotosForCalibration) {
  ScriptedGenerator generator(
      [](const GenerationRequest& request, int sample) -> Result<std::string> {
        if (request.id == "lost.jpg") {
          return Error{ErrorCode::kUnavailable, "the server is gone"};
        }
        if (request.id == "refused.jpg") {
          return std::string("Unknown");
        }
        return sample == 0 ? Reply("35.0, 135.8", "Japan") : Reply("48.86, 2.35");
      });
  auto localizer = Localizer::Create(generator, namer_, PromptTemplate::Parse(kPrompt).value(),
                                     std::nullopt, {.samples = 4});
  ASSERT_TRUE(localizer.ok());
  const auto image = std::make_shared<RgbImage>(RgbImage{1, 1, {1, 2, 3}});
  const std::vector<LabelledPhoto> photos = {
      {.photo = {"fr.jpg", image, std::nullopt},
       .country_code = "FR",
       .point = LatLng{45.76, 4.84},
       .ordinary = true,
       .weight = 2},
      {.photo = {"ch.jpg", image, std::nullopt}, .country_code = "CH"},
      {.photo = {"refused.jpg", image, std::nullopt}, .country_code = "FR"},
      {.photo = {"lost.jpg", image, std::nullopt}, .country_code = "FR"}};
  const auto examples = localizer->Judge(photos, {});
  ASSERT_EQ(examples.size(), 4u);
  ASSERT_TRUE(examples[0].ok() && examples[0]->has_value());
  ASSERT_TRUE(examples[1].ok() && examples[1]->has_value());
  EXPECT_TRUE((*examples[0])->correct);
  EXPECT_EQ((*examples[0])->features.agreeing, 3);
  EXPECT_TRUE((*examples[0])->ordinary);
  EXPECT_EQ((*examples[0])->weight, 2);
  EXPECT_NEAR((*examples[0])->error_km, 392, 5);
  EXPECT_FALSE((*examples[1])->correct);
  EXPECT_FALSE((*examples[1])->ordinary);
  EXPECT_NEAR((*examples[1])->error_km, 350, 40);  // from Paris to the Swiss border
  // No point is the model's answer, a lost server is not.
  ASSERT_TRUE(examples[2].ok());
  EXPECT_FALSE(examples[2]->has_value());
  EXPECT_FALSE(examples[3].ok());
}

TEST_F(LocalizerTest, RefusesBadOptions) {
  ScriptedGenerator generator(
      [](const GenerationRequest&, int) { return Result<std::string>(""); });
  const auto create = [&](LocalizerOptions options, const char* prompt) {
    return Localizer::Create(generator, namer_, PromptTemplate::Parse(prompt).value(), {},
                             std::move(options));
  };
  EXPECT_TRUE(create({}, kPrompt).ok());
  EXPECT_FALSE(create({.samples = 0}, kPrompt).ok());
  EXPECT_FALSE(create({.abstain_below = 1.5}, kPrompt).ok());
  EXPECT_FALSE(create({}, "[user]\n{{unknown}}\n").ok());
}

}  // namespace
}  // namespace gre
