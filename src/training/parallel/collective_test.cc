#include "training/parallel/collective.h"

#include <array>
#include <chrono>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/together.h"

namespace gre {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CollectiveTest, ThreeTellEachOther) {
  testing::RunTogether(3, [](const TrainingProcesses& processes) {
    auto joined = Collective::Join(processes);
    ASSERT_TRUE(joined.ok()) << joined.error().message;
    Collective collective = std::move(joined).value();
    const int rank = processes.rank;
    EXPECT_EQ(collective.leads(), rank == 0);

    std::array<double, 2> values = {1.0 + rank, 10};
    ASSERT_TRUE(collective.Sum(values).ok());
    EXPECT_THAT(values, ElementsAre(6, 30));

    const at::Tensor first = at::full({5}, rank + 1.0), second = at::full({3}, 2.0);
    collective.StartSum(first);
    collective.StartSum(second);
    ASSERT_TRUE(collective.Wait().ok());
    EXPECT_EQ(first[4].item<float>(), 6);
    EXPECT_EQ(second[0].item<float>(), 6);

    const at::Tensor from_last = at::full({2}, static_cast<double>(rank));
    ASSERT_TRUE(collective.Broadcast(from_last, 2).ok());
    EXPECT_EQ(from_last[1].item<float>(), 2);

    const std::vector<std::string> parts = {"", "one", std::string("a\0b", 3)};
    EXPECT_EQ(collective.Gather(parts[static_cast<size_t>(rank)]).value(), parts);

    EXPECT_TRUE(collective.Same("settings", "equal").ok());
    EXPECT_EQ(collective.Same("settings", rank == 1 ? "b" : "a").error().message,
              "settings: process 1 has other ones than process 0; give all processes the same");

    EXPECT_TRUE(*collective.Any(rank == 1));
    EXPECT_FALSE(*collective.Any(false));

    EXPECT_TRUE(collective.Agree({}).ok());
    const Status failed = collective.Agree(
        rank == 2 ? Status(Error{ErrorCode::kUnavailable, "disk full"}) : Status());
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(failed.error().message, rank == 2 ? "disk full" : "process 2: disk full");
  });
}

TEST(CollectiveTest, OneThatIsGoneIsAnErrorAndNoWait) {
  const auto begin = std::chrono::steady_clock::now();
  testing::RunTogether(2, [](const TrainingProcesses& processes) {
    Collective collective = Collective::Join(processes).value();
    double one = 1;
    ASSERT_TRUE(collective.Sum({&one, 1}).ok());
    if (processes.rank == 1) return;  // and takes its connections with it
    const Status status = collective.Sum({&one, 1});
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message, HasSubstr("the other processes of the run failed"));
    EXPECT_EQ(status.error().message.find('\n'), std::string::npos);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(2));
}

TEST(CollectiveTest, AloneEverythingIsItsOwnSum) {
  Collective collective = Collective::Join({}).value();
  double one = 1;
  EXPECT_TRUE(collective.Sum({&one, 1}).ok());
  EXPECT_EQ(one, 1);
  EXPECT_THAT(collective.Gather("x").value(), ElementsAre("x"));
  EXPECT_EQ(collective.Agree(Error{ErrorCode::kNotFound, "gone"}).error().message, "gone");
}

}  // namespace
}  // namespace gre
