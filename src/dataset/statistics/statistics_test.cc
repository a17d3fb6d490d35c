#include "dataset/statistics/statistics.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/statistics/text_profile.h"
#include "dataset/testing/small_dataset.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ValueHistogram, BinsAndQuantiles) {
  ValueHistogram log = ValueHistogram::Log(0.1, 1000, 2);
  EXPECT_EQ(log.counts().size(), 8U);
  EXPECT_DOUBLE_EQ(log.Edge(2), 1);
  EXPECT_TRUE(std::isnan(log.Quantile(0.5)));
  for (const double value : {0.0, 0.01, 2.0, 2.5, 5e6}) log.Add(value);
  log.Add(std::nan(""));
  EXPECT_EQ(log.total(), 5);
  EXPECT_EQ(log.counts().front(), 2);
  EXPECT_EQ(log.counts().back(), 1);
  const double median = log.Quantile(0.5);
  EXPECT_GE(median, 1);
  EXPECT_LE(median, std::sqrt(10));
  ValueHistogram linear = ValueHistogram::Linear(0, 10, 10);
  for (int value = 0; value < 10; ++value) linear.Add(value);
  EXPECT_DOUBLE_EQ(linear.Quantile(0.5), 5);
  EXPECT_DOUBLE_EQ(linear.Quantile(1), 10);
}

TEST(TextProfile, NamesLanguageAndScripts) {
  const TextProfile english =
      ProfileText("The shop sign says 東京, which points to a suburb of the Japanese capital.");
  EXPECT_EQ(english.language, "English");
  EXPECT_EQ(english.script, "Latin");
  EXPECT_THAT(english.scripts, ElementsAre("Han"));
  const TextProfile russian = ProfileText(
      "Вывеска на русском языке и берёзы говорят о том, что это средняя полоса России.");
  EXPECT_EQ(russian.language, "Russian");
  EXPECT_EQ(russian.script, "Cyrillic");
  EXPECT_EQ(ProfileText("12, 34").script, "");
  EXPECT_EQ(ProfileText("\xff\xfe").language, "");
}

TEST(PlaceDensity, EdgesOfTheWorldHaveCells) {
  PlaceDensity density;
  for (const LatLng& point :
       {LatLng{90, 180}, LatLng{-90, -180}, LatLng{0, 0}, LatLng{-0.5, -0.5}}) {
    density.Add(point);
  }
  EXPECT_EQ(density.cells.back(), 1);
  EXPECT_EQ(density.cells.front(), 1);
  EXPECT_EQ(density.cells[45 * PlaceDensity::kColumns + 90], 1);
  EXPECT_EQ(density.cells[44 * PlaceDensity::kColumns + 89], 1);
}

class StatisticsTest : public ::testing::Test {
 protected:
  void Fill(const std::string& store = "") {
    dataset_.emplace(testing::MakeDataset(folder_ / "data", store));
    testing::AddPhoto(*dataset_, "a", LatLng{48.85, 2.35}, "FR");
    testing::AddPhoto(*dataset_, "b", LatLng{48.86, 2.36}, "FR");
    testing::AddPhoto(*dataset_, "c", std::nullopt, "JP");
    testing::AddPhoto(*dataset_, "d", std::nullopt);
    testing::AddPhoto(*dataset_, "bad", LatLng{0, 0});
    PhotoTable photos(dataset_->database());
    ASSERT_TRUE(photos.AddFinding({5, "import", "zero_coordinates", true, ""}).ok());
    ASSERT_TRUE(photos.AddFinding({1, "check", "tiny", false, ""}).ok());
    ReplyTable replies(dataset_->database());
    ASSERT_TRUE(replies.AddTeacher({"t", "recorded", "m"}).ok());
    AddReply(replies, 1, ReplyReading::kOk, 0.5,
             "<think>\n1. [text/language] A sign in French says boulangerie -> French is spoken "
             "here => Paris\n2. [terrain] flat land\n</think>\n<answer>48.85, 2.35</answer>");
    AddReply(replies, 2, ReplyReading::kOk, 900, "<think>\n1. [text/language] a\n</think>");
    AddReply(replies, 3, ReplyReading::kRefused, std::nullopt, "no");
    DataEntry cot;
    cot.part = DataPart::kCot;
    cot.photo = 1;
    cot.reply = 1;
    ASSERT_TRUE(
        EntryTable(dataset_->database())
            .Replace(DataPart::kCot, [&](const EntryTable::AddEntry& add) { return add(cot); })
            .ok());
  }

  static void AddReply(ReplyTable& replies, int64_t photo, ReplyReading reading,
                       std::optional<double> deviation_km, const std::string& text) {
    Reply reply;
    reply.teacher = "t";
    reply.photo = photo;
    reply.content_key = reply.text = text;
    reply.reading = reading;
    reply.deviation_km = deviation_km;
    reply.steps = 2;
    reply.completion_tokens = 100;
    if (photo == 2) reply.findings = R"([{"against":"truth","kind":"country"}])";
    const auto stored = replies.StoreUnasked(ReplyPurpose::kChain, reply);
    ASSERT_TRUE(stored.ok()) << stored.error().message;
  }

  void Check() {
    const CancellationToken cancellation;
    const auto found = CollectStatistics(*dataset_, cancellation, {});
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->photos, 5);
    EXPECT_EQ(found->dropped, 1);
    EXPECT_EQ(found->with_point, 2);
    EXPECT_EQ(found->with_country, 1);
    EXPECT_EQ(found->without_truth, 1);
    EXPECT_THAT(found->density.countries, ElementsAre(Pair("FR", 2), Pair("JP", 1)));
    EXPECT_THAT(found->density.country_only, ElementsAre(Pair("JP", 1)));
    ASSERT_EQ(found->teachers.size(), 1U);
    const TeacherStatistics& teacher = found->teachers[0];
    EXPECT_EQ(teacher.replies, 3);
    EXPECT_EQ(teacher.refused, 1);
    EXPECT_EQ(teacher.with_distance, 2);
    EXPECT_THAT(teacher.within, ElementsAre(1, 1, 1, 1, 2));
    EXPECT_EQ(teacher.against_truth, 1);
    EXPECT_EQ(teacher.tokens.total(), 3);
    EXPECT_FALSE(found->chains.of_replies);
    EXPECT_EQ(found->chains.chains, 1);
    EXPECT_EQ(found->chains.steps, 2);
    EXPECT_THAT(found->chains.indicators, ElementsAre(Pair(Indicator::kLanguage, 1)));
    EXPECT_THAT(found->chains.languages, ElementsAre(Pair("English", 1)));
    ASSERT_EQ(found->entries.size(), 1U);
    EXPECT_EQ(found->entries[0].records, 1);
    CancellationToken cancelled;
    cancelled.Cancel();
    EXPECT_EQ(CollectStatistics(*dataset_, cancelled, {}).error().code, ErrorCode::kCancelled);
  }

  testing::TemporaryFolder folder_;
  std::optional<Dataset> dataset_;
};

TEST_F(StatisticsTest, CountsPhotosRepliesAndChains) {
  Fill();
  Check();
}

TEST_F(StatisticsTest, PostgresCountsTheSame) {
  std::string missing;
  const auto server = testing::PostgresServer::Start(missing);
  if (server == nullptr) GTEST_SKIP() << missing;
  Fill(server->url());
  Check();
}

}  // namespace
}  // namespace gre
