#include "bench/published.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/import/import.h"

namespace gre {
namespace {

const PublishedRow& RowOf(std::string_view benchmark, std::string_view system) {
  const auto& rows = (*FindPublished(benchmark))->rows;
  return *std::ranges::find(rows, system, &PublishedRow::system);
}

TEST(Published, EveryImportedBenchmarkHasItsFigures) {
  for (const std::string_view name : BenchmarkFormatNames()) {
    const auto found = FindPublished(name);
    ASSERT_TRUE(found.ok()) << name;
    const PublishedBenchmark& benchmark = **found;
    EXPECT_EQ(benchmark.title, BenchmarkTitle(**FindBenchmarkFormat(name)));
    ASSERT_FALSE(benchmark.rows.empty());
    for (const PublishedRow& row : benchmark.rows) {
      SCOPED_TRACE(std::string(name) + " " + row.system);
      EXPECT_EQ(row.accuracy_percent.size(), benchmark.thresholds_km.size());
      EXPECT_GE(row.year, 2008);
      EXPECT_THAT(row.protocol, testing::AnyOf("coordinates", "names", "not stated"));
      EXPECT_FALSE(row.source.empty());
      double last = 0;
      for (const auto& value : row.accuracy_percent) {
        if (!value) continue;
        EXPECT_GE(*value, last);
        EXPECT_LE(*value, 100);
        last = *value;
      }
    }
  }
  EXPECT_EQ(FindPublished("mp16").error().message,
            "expected one of im2gps3k, yfcc4k, gws15k, streetview, osv5m, greval, found 'mp16'");
}

TEST(Published, FiguresOfThePapers) {
  EXPECT_THAT(RowOf("im2gps3k", "GRE (7B)").accuracy_percent,
              testing::ElementsAre(11.3, 35.3, 51.7, 69.3, 85.7));
  EXPECT_THAT(RowOf("greval", "GRE (7B)").accuracy_percent,
              testing::ElementsAre(6.14, 26.15, 44.67, 66.56, 83.16));
  EXPECT_EQ(RowOf("greval", "GRE (7B)").chain_quality, 59.54);
  EXPECT_EQ(RowOf("osv5m", "PLONK").geoscore, 3767);
  EXPECT_EQ(RowOf("gws15k", "GeoReasoner").accuracy_percent[0], std::nullopt);
  EXPECT_EQ(RowOf("im2gps3k", "GeoReasoner").protocol, "names");
}

}  // namespace
}  // namespace gre
