#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "dataset/review/adjudication.h"
#include "dataset/review/review_files.h"
#include "dataset/review/review_table.h"
#include "dataset/testing/small_dataset.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReviewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Status filled = entries_.Replace(DataPart::kCot, [&](const EntryTable::AddEntry& add) {
      for (int i = 0; i < 4; ++i) {
        const int64_t photo =
            gre::testing::AddPhoto(dataset_, "photo " + std::to_string(i), LatLng{1, 2});
        DataEntry entry;
        entry.part = DataPart::kCot;
        entry.photo = photo;
        entry.reply = 10 + i;
        if (Status added = add(entry); !added.ok()) return added;
      }
      return Status();
    });
    ASSERT_TRUE(filled.ok()) << filled.error().message;
  }

  void Decide(int entry, const std::string& annotator, ReviewDecision decision,
              const std::string& chain = {}) {
    Review review;
    review.photo = entry + 1;
    review.reply = entry + 10;
    review.annotator = annotator;
    review.decision = decision;
    if (decision != ReviewDecision::kKeep) review.reasons = {"wrong", "format"};
    review.chain = chain;
    ASSERT_TRUE(reviews_.Put(review).ok());
  }

  std::vector<DataEntry> Entries() { return *entries_.Page(DataPart::kCot, 0, 0, 100); }

  gre::testing::TemporaryFolder folder_;
  Dataset dataset_ = gre::testing::MakeDataset(folder_ / "d");
  EntryTable entries_{dataset_.database()};
  ReviewTable reviews_{dataset_.database()};
};

TEST_F(ReviewTest, TheMajorityOfThreeIsAppliedAndTiesAreLeftOpen) {
  using enum ReviewDecision;
  for (const char* name : {"ann", "ben", "cleo"}) Decide(0, name, kKeep);
  Decide(1, "ann", kDrop);
  Decide(1, "ben", kDrop);
  Decide(1, "cleo", kKeep);
  Decide(2, "ann", kKeep);
  Decide(2, "ben", kDrop);
  Decide(2, "cleo", kFix, "better");
  Decide(3, "ann", kKeep);
  const auto applied = ApplyReviews(dataset_, DataPart::kCot, {});
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_EQ(applied->entries, 4);
  EXPECT_EQ(applied->reviewed, 2);
  EXPECT_EQ(applied->kept, 1);
  EXPECT_EQ(applied->dropped, 1);
  EXPECT_EQ(applied->too_few, 1);
  EXPECT_THAT(applied->open, ElementsAre("photo 2"));
  // three subjects with three ratings each: P = (1 + 1/3 + 0) / 3, shares 5/9, 1/9, 3/9
  ASSERT_TRUE(applied->agreement.kappa);
  EXPECT_EQ(applied->agreement.subjects, 3U);
  const double observed = (1 + 1.0 / 3) / 3, expected = (25 + 1 + 9) / 81.0;
  EXPECT_NEAR(*applied->agreement.kappa, (observed - expected) / (1 - expected), 1e-12);
  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].reviewed, "ann, ben, cleo");
  EXPECT_EQ(entries[1].reviewed, "none");
  EXPECT_EQ(entries[2].reviewed, "none");
}

TEST_F(ReviewTest, TheAdjudicatorEndsATieAndDecisionsThatNoLongerHoldAreUndone) {
  using enum ReviewDecision;
  Decide(2, "ann", kKeep);
  Decide(2, "ben", kDrop);
  Decide(2, "cleo", kFix, "better");
  Decide(2, "dora", kFix, "best");
  const auto applied = ApplyReviews(dataset_, DataPart::kCot, {.adjudicator = "dora"});
  EXPECT_EQ(applied->fixed, 1);
  EXPECT_EQ(Entries()[2].chain, "best");
  EXPECT_EQ(Entries()[2].reviewed, "ann, ben, cleo; adjudicated by dora");
  Decide(2, "dora", kDrop);
  EXPECT_EQ(ApplyReviews(dataset_, DataPart::kCot, {.adjudicator = "dora"})->dropped, 1);
  EXPECT_EQ(Entries().size(), 3U);
  Decide(2, "dora", kKeep);
  EXPECT_EQ(ApplyReviews(dataset_, DataPart::kCot, {.adjudicator = "dora"})->kept, 1);
  EXPECT_EQ(Entries().size(), 4U);
  EXPECT_EQ(Entries()[2].chain, "");
}

TEST_F(ReviewTest, FixesThatDifferAreLeftOpen) {
  using enum ReviewDecision;
  Decide(0, "ann", kFix, "a");
  Decide(0, "ben", kFix, "b");
  Decide(0, "cleo", kFix, "a");
  EXPECT_THAT(ApplyReviews(dataset_, DataPart::kCot, {})->open, ElementsAre("photo 0"));
  Decide(0, "ben", kFix, "a");
  EXPECT_EQ(ApplyReviews(dataset_, DataPart::kCot, {})->fixed, 1);
}

TEST_F(ReviewTest, FilesGoThereAndBack) {
  using enum ReviewDecision;
  Decide(0, "ann", kFix, "=1+1, \"quoted\"\nsecond line");
  Decide(1, "ann", kDrop);
  Decide(1, "ben", kKeep);
  const std::string path = folder_ / "ann.csv";
  EXPECT_EQ(*WriteReviews(dataset_, DataPart::kCot, "ann", path), 2);
  const auto text = ReadFile(path);
  Review first;
  first.photo = 1;
  first.reply = 10;
  first.annotator = "ann";
  ASSERT_TRUE(reviews_.Remove(first).ok());
  EXPECT_EQ(*ReadReviews(dataset_, path), 2);
  const auto back = reviews_.Of(Entries()[0]);
  ASSERT_EQ(back->size(), 1U);
  EXPECT_EQ(back->at(0).chain, "=1+1, \"quoted\"\nsecond line");
  EXPECT_THAT(back->at(0).reasons, ElementsAre("wrong", "format"));
  EXPECT_EQ(*WriteReviews(dataset_, DataPart::kCot, "ann", path), 2);
  EXPECT_EQ(*ReadFile(path), *text);
}

TEST_F(ReviewTest, WrongFilesAreRefusedWholeWithThePlace) {
  const std::string header = "part,id,reply,annotator,decision,reasons,chain,decided\n";
  const std::string good = "cot,photo 0,10,ann,keep,,,2026-01-01T00:00:00Z\n";
  const std::pair<const char*, const char*> cases[] = {
      {"cot,photo 9,10,ann,keep,,,", "column 'id'"},
      {"cot,photo 0,11,ann,keep,,,", "column 'reply'"},
      {"cot,photo 0,10,,keep,,,", "column 'annotator'"},
      {"cot,photo 0,10,ann,maybe,,,", "column 'decision'"},
      {"cot,photo 0,10,ann,drop,ugly,,", "column 'reasons'"},
      {"cot,photo 0,10,ann,fix,wrong,,", "column 'chain'"},
      {"plot,photo 0,10,ann,keep,,,", "column 'part'"},
  };
  for (const auto& [row, place] : cases) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / "r.csv", header + good + row + "\n").ok());
    const auto read = ReadReviews(dataset_, folder_ / "r.csv");
    ASSERT_FALSE(read.ok()) << row;
    EXPECT_THAT(read.error().message, HasSubstr(place)) << row;
    EXPECT_THAT(read.error().message, HasSubstr("r.csv:3")) << row;
    EXPECT_EQ(*reviews_.CountUndecided(DataPart::kCot, "ann"), 4) << row;
  }
}

}  // namespace
}  // namespace gre
