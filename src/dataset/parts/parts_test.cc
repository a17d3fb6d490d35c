#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"
#include "dataset/entry_table.h"
#include "dataset/parts/division.h"
#include "dataset/parts/judge_set.h"
#include "dataset/teacher/reply_reading.h"
#include "dataset/teacher/reply_table.h"
#include "dataset/testing/small_dataset.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using gre::testing::AddPhoto;
using gre::testing::MakeDataset;
using ::testing::HasSubstr;

class PartsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ReplyTable(dataset_.database())
                    .AddTeacher({.name = "t", .kind = "recorded", .model = "t"})
                    .ok());
  }

  // A photo at (0, 0.5) and an answer `degrees` of latitude away from it.
  int64_t Answered(const std::string& id, double degrees, int64_t sample = 0) {
    PhotoTable photos(dataset_.database());
    const auto known = photos.Find(id);
    if (!*known) AddPhoto(dataset_, id, LatLng{0, 0.5}, "");
    const auto photo = photos.Find(id);
    Reply reply;
    reply.teacher = "t";
    reply.photo = (*photo)->number;
    reply.sample = sample;
    reply.text = "<answer>" + std::to_string(degrees) + ", 0.5</answer>";
    ReadReply(**photo, false, reply);
    EXPECT_TRUE(*ReplyTable(dataset_.database()).StoreUnasked(ReplyPurpose::kChain, reply));
    return (*photo)->number;
  }

  std::map<int64_t, std::set<DataPart>> PartsOfPhotos() {
    std::map<int64_t, std::set<DataPart>> parts;
    EntryTable entries(dataset_.database());
    for (const DataPart part : {DataPart::kCot, DataPart::kJudge, DataPart::kSeed}) {
      const auto photos = entries.PhotosOf(part, 0, 100000);
      for (const int64_t photo : *photos) parts[photo].insert(part);
    }
    return parts;
  }

  std::vector<DataEntry> Entries(DataPart part) {
    return *EntryTable(dataset_.database()).Page(part, 0, 0, 100000);
  }

  gre::testing::TemporaryFolder folder_;
  Dataset dataset_ = MakeDataset(folder_ / "d");
};

TEST_F(PartsTest, ThetaIsRequiredWhereTruthIsAPoint) {
  Answered("a", 1);
  const auto divided = DividePhotos(dataset_, {}, {});
  ASSERT_FALSE(divided.ok());
  EXPECT_THAT(divided.error().message, HasSubstr("--filter-theta-km"));
  // a regression: it was said after all teachers had been asked
  const Status before = CheckTheta(dataset_, {});
  ASSERT_FALSE(before.ok());
  EXPECT_EQ(before.error().message, divided.error().message);
  EXPECT_TRUE(CheckTheta(dataset_, {.filter_theta_km = 25}).ok());
}

TEST_F(PartsTest, NoPhotoAndNoDuplicateOfItIsInTwoParts) {
  Random random(3);
  PhotoTable photos(dataset_.database());
  for (int i = 0; i < 300; ++i) {
    const int64_t number = Answered("p" + std::to_string(i), random.Uniform(0, 4));
    // every third is a duplicate of the one before
    const int64_t group = i % 3 == 2 ? number - 1 : number;
    ASSERT_TRUE(photos.SetDuplicateGroup(number, group).ok());
  }
  DivisionOptions options;
  options.filter_theta_km = 200;
  options.cot_photos = 60;
  options.judge_photos = 40;
  const auto divided = DividePhotos(dataset_, options, {});
  ASSERT_TRUE(divided.ok()) << divided.error().message;
  EXPECT_EQ(divided->accepted + divided->rejected, 300);
  const auto parts = PartsOfPhotos();
  for (const auto& [photo, of_photo] : parts) EXPECT_EQ(of_photo.size(), 1U) << photo;
  for (int64_t number = 3; number <= 300; number += 3) {
    ASSERT_TRUE(parts.contains(number) && parts.contains(number - 1));
    EXPECT_EQ(parts.at(number), parts.at(number - 1)) << number;
  }
  for (const DataEntry& entry : Entries(DataPart::kCot)) EXPECT_LE(*entry.deviation_km, 200);
  // the same again, and theta replayed
  const auto before = PartsOfPhotos();
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  EXPECT_EQ(PartsOfPhotos(), before);
  options.filter_theta_km = 25;
  const auto narrower = DividePhotos(dataset_, options, {});
  EXPECT_LT(narrower->accepted, divided->accepted);
  EXPECT_EQ(*dataset_.Fact("theta.filter_km"), "25");
  for (const DataEntry& entry : Entries(DataPart::kCot)) EXPECT_LE(*entry.deviation_km, 25);
}

TEST_F(PartsTest, TheNearestAcceptedAnswerWithoutContradictionIsTheChain) {
  Answered("a", 0.5, 0);
  Answered("a", 0.1, 1);
  Answered("a", 3, 2);
  DivisionOptions options;
  options.filter_theta_km = 100;
  options.judge_photos = 0;
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  const auto entries = Entries(DataPart::kCot);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_NEAR(*entries[0].deviation_km, 11.06, 0.01);
}

TEST_F(PartsTest, JudgeIsBalancedByLabelAndDistance) {
  Random random(5);
  for (int i = 0; i < 400; ++i) {
    Answered("p" + std::to_string(i), i % 10 == 0 ? 0.1 : i % 10 < 8 ? 2 : 20);
  }
  DivisionOptions division;
  division.filter_theta_km = 100;
  division.judge_from_rollouts = true;
  division.judge_photos = 400;
  ASSERT_TRUE(DividePhotos(dataset_, division, {}).ok());
  JudgeOptions options;
  options.judge_theta_km = 150;
  const auto judged = MakeJudgeSet(dataset_, options, {});
  ASSERT_TRUE(judged.ok()) << judged.error().message;
  EXPECT_EQ(judged->candidates, 400);
  EXPECT_EQ(judged->labelled_true, 40);
  EXPECT_EQ(judged->entries, 80);
  EXPECT_EQ(judged->by_band.at("200 to 750 km")[0], 20);
  EXPECT_EQ(judged->by_band.at("750 to 2500 km")[0], 20);
  EXPECT_EQ(judged->hard, 20);  // 221 km is within a factor of two of theta
  // the verdicts at another theta, without asking
  options.judge_theta_km = 300;
  EXPECT_EQ(MakeJudgeSet(dataset_, options, {})->labelled_true, 80);
}

TEST_F(PartsTest, APhotoThatLeavesJudgeTakesItsVerdictsAlong) {
  for (int i = 0; i < 40; ++i) Answered("p" + std::to_string(i), i % 2 == 0 ? 0.1 : 20);
  DivisionOptions options;
  options.filter_theta_km = 100;
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  JudgeOptions judge;
  judge.judge_theta_km = 100;
  ASSERT_GT(MakeJudgeSet(dataset_, judge, {})->entries, 0);
  options.judge_photos = 0;
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  EXPECT_EQ(Entries(DataPart::kJudge).size(), 0U);
}

TEST_F(PartsTest, WhatReviewersDecidedSurvivesANewDivision) {
  Answered("a", 0.1);
  DivisionOptions options;
  options.filter_theta_km = 100;
  options.judge_photos = 0;
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  DataEntry entry = Entries(DataPart::kCot).at(0);
  entry.chain = "corrected";
  entry.reviewed = "ann, ben, cleo";
  ASSERT_TRUE(EntryTable(dataset_.database()).SetReview(entry).ok());
  ASSERT_TRUE(DividePhotos(dataset_, options, {}).ok());
  EXPECT_EQ(Entries(DataPart::kCot).at(0).chain, "corrected");
  EXPECT_EQ(Entries(DataPart::kCot).at(0).reviewed, "ann, ben, cleo");
}

}  // namespace
}  // namespace gre
