#include "dataset/teacher/asking.h"

#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/testing/small_dataset.h"
#include "support/postgres_server.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using gre::testing::AddPhoto;
using gre::testing::MakeDataset;
using ::testing::HasSubstr;

constexpr char kParis[] =
    "<think>\n1. [text/language] a sign -> French => Paris\n</think>\n"
    "<answer>48.85, 2.35</answer>";

// Answers by a function and counts what it was asked.
class FakeTeacher final : public Teacher {
 public:
  using Answer = std::function<Result<TeacherReply>(const TeacherQuestion&)>;
  explicit FakeTeacher(Answer answer) : answer_(std::move(answer)) {
    record_ = {.name = "fake", .kind = "local", .model = "fake"};
  }
  [[nodiscard]] const TeacherRecord& record() const override { return record_; }
  [[nodiscard]] const std::string& prompt_hash() const override { return hash_; }
  std::vector<Result<TeacherReply>> Ask(std::span<const TeacherQuestion> questions,
                                        const CancellationToken& /*cancellation*/) override {
    std::vector<Result<TeacherReply>> replies;
    for (const TeacherQuestion& question : questions) {
      ++asked[question.photo->id + "#" + std::to_string(question.sample)];
      replies.push_back(answer_(question));
    }
    return replies;
  }
  std::map<std::string, int> asked;

 private:
  Answer answer_;
  TeacherRecord record_;
  std::string hash_ = "hash";
};

TeacherReply Say(std::string text) {
  return {.text = std::move(text), .prompt_tokens = 100, .completion_tokens = 10};
}

Result<AskSummary> Ask(Dataset& dataset, Teacher& teacher, const AskOptions& options) {
  Teacher* const worker = &teacher;
  return AskTeacher(dataset, std::span(&worker, 1), options, {}, {});
}

class AskingTest : public ::testing::Test {
 protected:
  gre::testing::TemporaryFolder folder_;
  Dataset dataset_ = MakeDataset(folder_ / "d");
};

TEST_F(AskingTest, EveryPhotoIsAskedOnceAndReadAgainstItsTruth) {
  const int64_t near = AddPhoto(dataset_, "near", LatLng{48.86, 2.35}, "FR");
  const int64_t country = AddPhoto(dataset_, "country", std::nullopt, "ES");
  FakeTeacher teacher([](const TeacherQuestion&) { return Say(kParis); });
  AskOptions options;
  options.samples = 2;
  options.photos_at_once = 8;
  const auto first = Ask(dataset_, teacher, options);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->stored, 4);
  const auto second = Ask(dataset_, teacher, options);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->stored, 0);
  EXPECT_EQ(second->progress.done, 4);
  for (const auto& [question, times] : teacher.asked) EXPECT_EQ(times, 1) << question;
  ReplyTable replies(dataset_.database());
  const auto of_near = replies.OfPhoto(near);
  ASSERT_EQ(of_near->size(), 2U);
  EXPECT_NEAR(*of_near->at(0).deviation_km, 1.11, 0.01);
  EXPECT_EQ(of_near->at(0).in_country, true);
  EXPECT_EQ(of_near->at(0).findings, "[]");
  const auto of_country = replies.OfPhoto(country);
  EXPECT_EQ(of_country->at(0).deviation_km, std::nullopt);
  EXPECT_EQ(of_country->at(0).in_country, false);
  EXPECT_THAT(of_country->at(0).findings, HasSubstr("\"against\":\"truth\""));
}

TEST_F(AskingTest, WhatCannotBeReadIsAskedAgainAndPaidEachTime) {
  AddPhoto(dataset_, "a", LatLng{0.5, 0.5});
  FakeTeacher teacher([](const TeacherQuestion& question) {
    return Say(question.attempt < 3 ? "hm" : "<answer>0.5, 0.5</answer>");
  });
  AskOptions options;
  options.price = {.prompt_per_million = 1e4, .completion_per_million = 1e5};
  const auto summary = Ask(dataset_, teacher, options);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->stored, 1);
  EXPECT_EQ(teacher.asked["a#0"], 3);
  EXPECT_NEAR(summary->progress.cost, 3 * 2.0, 1e-9);
  // the last attempt counts as it is
  AddPhoto(dataset_, "b", LatLng{0.5, 0.5});
  FakeTeacher mute([](const TeacherQuestion&) { return Say("hm"); });
  options.max_attempts = 2;
  ASSERT_TRUE(Ask(dataset_, mute, options).ok());
  EXPECT_EQ(mute.asked["b#0"], 2);
  EXPECT_EQ(ReplyTable(dataset_.database()).OfPhoto(2)->at(0).reading, ReplyReading::kUnparsed);
}

TEST_F(AskingTest, TheBudgetIsNeverExceededAndLaterRunsGoOn) {
  for (int i = 0; i < 20; ++i) AddPhoto(dataset_, std::to_string(i), LatLng{48, 2});
  FakeTeacher teacher([](const TeacherQuestion&) { return Say(kParis); });
  AskOptions options;
  options.photos_at_once = 4;
  options.expected_prompt_tokens = 100;
  options.expected_completion_tokens = 10;
  options.max_tokens = 1000;
  const auto summary = Ask(dataset_, teacher, options);
  ASSERT_TRUE(summary.ok());
  EXPECT_TRUE(summary->budget_reached);
  EXPECT_EQ(summary->stored, 9);  // 990 tokens
  options.max_tokens.reset();
  const auto rest = Ask(dataset_, teacher, options);
  EXPECT_FALSE(rest->budget_reached);
  EXPECT_EQ(rest->stored, 11);
}

TEST_F(AskingTest, WhatADeadProcessHadInFlightIsSpentAndAskedAgain) {
  AddPhoto(dataset_, "a", LatLng{48, 2});
  FakeTeacher teacher([](const TeacherQuestion&) { return Say(kParis); });
  ReplyTable replies(dataset_.database());
  ASSERT_TRUE(replies.AddTeacher(teacher.record()).ok());
  ASSERT_TRUE(replies.Plan(ReplyPurpose::kChain, "fake", 1).ok());
  // an owner of this machine that is no more: no process has PID 4194305 (PID_MAX_LIMIT + 1)
  const std::string host = OwnerName().substr(0, OwnerName().find(':'));
  const ReplyTable::Claim claim = {
      .owner = host + ":4194305:1", .lease_until_unix_s = int64_t{1} << 40, .prompt_tokens = 70};
  ASSERT_EQ(replies.Take(ReplyPurpose::kChain, "fake", claim)->size(), 1U);
  const auto summary = Ask(dataset_, teacher, {});
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->lost, 1);
  EXPECT_EQ(summary->stored, 1);
  const auto spent = replies.Spent();
  EXPECT_EQ(spent->requests, 2);
  EXPECT_EQ(spent->lost, 1);
  EXPECT_EQ(spent->prompt_tokens, 170);
  // somebody of another machine may live until the lease ends
  EXPECT_TRUE(OwnerMayLive("elsewhere:4194305:1"));
  EXPECT_TRUE(OwnerMayLive(OwnerName()));
}

TEST_F(AskingTest, AReplyWhoseLeaseWasLostIsNotStoredTwice) {
  AddPhoto(dataset_, "a", LatLng{48, 2});
  FakeTeacher teacher([](const TeacherQuestion&) { return Say(kParis); });
  ReplyTable replies(dataset_.database());
  ASSERT_TRUE(replies.AddTeacher(teacher.record()).ok());
  ASSERT_TRUE(replies.Plan(ReplyPurpose::kChain, "fake", 1).ok());
  const auto late =
      replies.Take(ReplyPurpose::kChain, "fake", {.owner = "x", .lease_until_unix_s = 1});
  ASSERT_TRUE(Ask(dataset_, teacher, {}).ok());
  Reply reply;
  reply.teacher = "fake";
  reply.photo = 1;
  EXPECT_EQ(*replies.Store(late->at(0), "x", reply, true), false);
  EXPECT_EQ(replies.OfPhoto(1)->size(), 1U);
}

TEST_F(AskingTest, ATeacherThatIsGoneEndsTheRunAndKeepsTheRest) {
  for (int i = 0; i < 9; ++i) AddPhoto(dataset_, std::to_string(i), LatLng{48, 2});
  int left = 4;
  FakeTeacher teacher([&](const TeacherQuestion&) -> Result<TeacherReply> {
    if (left-- > 0) return Say(kParis);
    return Error{ErrorCode::kUnavailable, "connection refused"};
  });
  const auto summary = Ask(dataset_, teacher, {});
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(summary.error().message, HasSubstr("connection refused"));
  left = 100;
  const auto rest = Ask(dataset_, teacher, {});
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->progress.failed, 0);
  EXPECT_EQ(rest->stored + 4, 9);
}

TEST_F(AskingTest, ATeacherOfOtherSettingsNeedsAnotherName) {
  ReplyTable replies(dataset_.database());
  ASSERT_TRUE(replies.AddTeacher({.name = "t", .kind = "local", .model = "m"}).ok());
  EXPECT_TRUE(replies.AddTeacher({.name = "t", .kind = "local", .model = "m"}).ok());
  const Status other = replies.AddTeacher({.name = "t", .kind = "local", .model = "n"});
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
}

TEST(AskingOnPostgres, TwoWorkersShareOneJob) {
  std::string missing;
  const auto server = gre::testing::PostgresServer::Start(missing);
  if (!server) GTEST_SKIP() << missing;
  const gre::testing::TemporaryFolder folder;
  Dataset dataset = MakeDataset(folder / "d", server->url());
  for (int i = 0; i < 100; ++i) AddPhoto(dataset, std::to_string(i), LatLng{48, 2});
  std::map<std::string, int> asked;
  std::mutex mutex;
  const auto work = [&] {
    Dataset mine = MakeDataset(folder / "d", server->url());
    FakeTeacher teacher([&](const TeacherQuestion& question) {
      const std::scoped_lock lock(mutex);
      ++asked[question.photo->id];
      return Say(kParis);
    });
    AskOptions options;
    options.photos_at_once = 3;
    const auto summary = Ask(mine, teacher, options);
    EXPECT_TRUE(summary.ok()) << summary.error().message;
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(asked.size(), 100U);
  for (const auto& [id, times] : asked) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(ReplyTable(dataset.database()).Page(0, 1000)->size(), 100U);
}

}  // namespace
}  // namespace gre
