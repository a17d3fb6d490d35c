#include "metrics/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/random.h"
#include "metrics/accuracy.h"

namespace gre {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Every one of the n^n equally likely resamples, as statistics in rising order.
template <typename Statistic>
std::vector<double> AllResamples(const std::vector<double>& values, Statistic statistic) {
  std::vector<double> statistics;
  std::vector<size_t> draws(values.size(), 0);
  std::vector<double> sample(values.size());
  for (bool more = true; more;) {
    for (size_t i = 0; i < draws.size(); ++i) sample[i] = values[draws[i]];
    statistics.push_back(statistic(sample));
    more = false;
    for (size_t i = 0; i < draws.size() && !more; ++i) {
      draws[i] = (draws[i] + 1) % values.size();
      more = draws[i] != 0;
    }
  }
  std::ranges::sort(statistics);
  return statistics;
}

TEST(Bootstrap, CoversTheMeanAsOftenAsItSays) {
  constexpr int kTrials = 400;
  std::array<int, 3> covered = {};  // a share, a skewed column, a column that often does not apply
  Random random(5);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) {
      values.push_back(random.Uniform() < 0.3 ? 1 : 0);
      values.push_back(-std::log(1 - random.Uniform()));
      values.push_back(random.Uniform() < 0.5 ? kNaN : random.Normal());
    }
    const auto means = BootstrapMeans(values, 3, {.resamples = 500, .seed = random.Next()});
    const std::array<double, 3> truth = {0.3, 1, 0};
    for (size_t c = 0; c < 3; ++c) {
      covered[c] += means.columns[c].low <= truth[c] && truth[c] <= means.columns[c].high ? 1 : 0;
    }
  }
  for (const int count : covered) EXPECT_NEAR(static_cast<double>(count) / kTrials, 0.945, 0.03);
}

TEST(Bootstrap, AgreesWithAllResamplesOfFewRecords) {
  const std::vector<double> values = {1, 2.5, 4, 8, 16.5};
  const std::vector<double> all = AllResamples(values, [](const auto& v) { return Mean(v); });
  ASSERT_EQ(all.size(), 3125u);
  const MeanEstimate mean = BootstrapMean(values);
  const auto share_below = [&](double limit) {
    return static_cast<double>(std::ranges::upper_bound(all, limit) - all.begin()) / 3125;
  };
  EXPECT_NEAR(share_below(mean.low), 0.025, 0.006);
  EXPECT_NEAR(share_below(mean.high), 0.975, 0.006);
  EXPECT_EQ(mean.value, 6.4);
  EXPECT_EQ(mean.count, 5u);
}

TEST(Bootstrap, DividesByTheApplicableRecordsDrawn) {
  // The mean over applicable records of every resample: 2 values among 5 records.
  const std::vector<double> values = {1, kNaN, 3, kNaN, kNaN};
  std::vector<double> all = AllResamples(values, [](const auto& v) {
    double sum = 0;
    double count = 0;
    for (const double value : v) {
      sum += std::isnan(value) ? 0 : value;
      count += std::isnan(value) ? 0 : 1;
    }
    return count > 0 ? sum / count : std::numeric_limits<double>::infinity();
  });
  std::erase(all, std::numeric_limits<double>::infinity());
  const MeanEstimate mean = BootstrapMean(values, {.level = 0.5});
  EXPECT_EQ(mean.value, 2);
  EXPECT_EQ(mean.count, 2u);
  EXPECT_EQ(mean.low, QuantileOfSorted(all, 0.25));
  EXPECT_EQ(mean.high, QuantileOfSorted(all, 0.75));
}

TEST(Bootstrap, KeepsPairsTogether) {
  // Two systems whose errors follow the photo's difficulty; the second is a little better.
  Random random(11);
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) {
    const double difficulty = 10 * random.Normal();
    const double first = difficulty + random.Normal();
    const double second = difficulty + random.Normal() - 0.3;
    values.insert(values.end(), {first, second, second - first});
  }
  const auto means = BootstrapMeans(values, 3).columns;
  EXPECT_NEAR(means[2].value, means[1].value - means[0].value, 1e-12);
  EXPECT_LT(means[2].high, 0);
  EXPECT_LT(means[2].p_value, 0.05);
  EXPECT_GT(means[0].high - means[0].low, 5 * (means[2].high - means[2].low));
  EXPECT_GT(means[0].p_value, 0.05);
}

TEST(Bootstrap, TheSeedAloneDecides) {
  std::vector<double> values;
  for (int i = 0; i < 50 * 11; ++i) values.push_back(i % 7 == 0 ? kNaN : std::sin(i));
  const auto a = BootstrapMeans(values, 11, {.seed = 9, .threads = 1});
  const auto b = BootstrapMeans(values, 11, {.seed = 9, .threads = 3});
  const auto other = BootstrapMeans(values, 11, {.seed = 10});
  EXPECT_EQ(a.method, "bootstrap, 10000 resamples");
  for (size_t c = 0; c < 11; ++c) {
    EXPECT_EQ(a.columns[c].low, b.columns[c].low);
    EXPECT_EQ(a.columns[c].high, b.columns[c].high);
    EXPECT_EQ(a.columns[c].p_value, b.columns[c].p_value);
    EXPECT_NE(a.columns[c].low, other.columns[c].low);
    EXPECT_NEAR(a.columns[c].low, other.columns[c].low, 0.03);
  }
}

TEST(Bootstrap, TendsToItsNormalLimit) {
  Random random(2);
  std::vector<double> values;
  for (int i = 0; i < 1500; ++i) {
    values.push_back(random.Uniform() < 0.7 ? 1 : 0);
    values.push_back(random.Uniform() < 0.4 ? kNaN : random.Uniform());
  }
  const auto resampled = BootstrapMeans(values, 2);
  const auto limit = BootstrapMeans(values, 2, {.max_resampled_records = 1499});
  EXPECT_EQ(limit.method, "normal limit");
  for (size_t c = 0; c < 2; ++c) {
    const double width = limit.columns[c].high - limit.columns[c].low;
    EXPECT_EQ(limit.columns[c].value, resampled.columns[c].value);
    EXPECT_NEAR(limit.columns[c].low, resampled.columns[c].low, 0.04 * width);
    EXPECT_NEAR(limit.columns[c].high, resampled.columns[c].high, 0.04 * width);
  }
}

TEST(Bootstrap, SaysWhenThereIsNothingToMeasure) {
  const auto means = BootstrapMeans(std::vector<double>{kNaN, 1, kNaN, 1}, 2).columns;
  EXPECT_TRUE(std::isnan(means[0].value) && std::isnan(means[0].low) && std::isnan(means[0].high));
  EXPECT_EQ(means[0].count, 0u);
  EXPECT_EQ(means[1].low, 1);
  EXPECT_EQ(means[1].high, 1);
  EXPECT_TRUE(std::isnan(BootstrapMean({}).value));
  EXPECT_TRUE(std::isnan(BootstrapQuantile({}, 0.5).low));
}

TEST(BootstrapQuantile, IsTheExactDistributionOfAnOrderStatistic) {
  const std::vector<double> values = {1, 2, 4, 8, 16};
  for (const double probability : {0.5, 0.0, 0.25, 1.0}) {
    const auto all = AllResamples(values, [&](std::vector<double> sample) {
      std::ranges::sort(sample);
      return QuantileOfSorted(sample, probability);
    });
    for (const double level : {0.95, 0.8}) {
      const Interval interval = BootstrapQuantile(values, probability, level);
      const auto at = [&](double share) {
        return all[static_cast<size_t>(std::ceil(share * static_cast<double>(all.size()))) - 1];
      };
      EXPECT_EQ(interval.low, at((1 - level) / 2)) << probability << " " << level;
      EXPECT_EQ(interval.high, at((1 + level) / 2)) << probability << " " << level;
    }
  }
}

TEST(BootstrapQuantile, CoversTheMedianAsOftenAsItSays) {
  Random random(6);
  int covered = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values(trial % 2 == 0 ? 100 : 101);
    for (double& value : values) value = -std::log(1 - random.Uniform());
    std::ranges::sort(values);
    const Interval interval = BootstrapQuantile(values, 0.5);
    covered += interval.low <= std::log(2) && std::log(2) <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kTrials, 0.95, 0.02);
}

TEST(BootstrapQuantile, ReadsAnswersWithoutAPlaceAsInfinitelyFar) {
  const double nowhere = std::numeric_limits<double>::infinity();
  std::vector<double> values(50, 1);
  values.insert(values.end(), 50, nowhere);
  const Interval interval = BootstrapQuantile(values, 0.5);
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, nowhere);
}

// The bootstrap of a column of ones has no width.
TEST(EstimateFigures, ASharesIntervalHasAWidthAlsoAtOneAndZero) {
  const double nan = std::nan("");
  std::vector<double> values;  // [20, 4]: all right, all wrong, half of ten, scores
  for (int i = 0; i < 20; ++i) {
    values.insert(values.end(), {1, 0, i < 10 ? i % 2 : nan, 0.1 * i});
  }
  const MeanEstimates figures = EstimateFigures(values, 4, {.resamples = 500});
  const MeanEstimates means = BootstrapMeans(values, 4, {.resamples = 500});
  EXPECT_EQ(figures.columns[0].high, 1);
  EXPECT_NEAR(figures.columns[0].low, 0.839, 1e-3);
  EXPECT_NEAR(figures.columns[1].high, 0.161, 1e-3);
  EXPECT_EQ(figures.columns[2].count, 10u);
  EXPECT_EQ(figures.columns[2].value, 0.5);
  EXPECT_NEAR(figures.columns[2].low, 0.2366, 1e-4);
  EXPECT_EQ(figures.columns[3].low, means.columns[3].low);
  EXPECT_EQ(figures.columns[3].high, means.columns[3].high);
  EXPECT_EQ(figures.method, "Wilson for shares, else bootstrap, 500 resamples");
}

}  // namespace
}  // namespace gre
