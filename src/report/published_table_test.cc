#include "report/published_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(PublishedTable, EveryRowHasItsMarkAndItsCaveatBelow) {
  for (const char* name : {"im2gps3k", "yfcc4k", "gws15k", "streetview", "osv5m", "greval"}) {
    const PublishedBenchmark& benchmark = **FindPublished(name);
    const Table table = PublishedTable(benchmark);
    ASSERT_EQ(table.rows.size(), benchmark.rows.size());
    for (size_t i = 0; i < table.rows.size(); ++i) {
      ASSERT_EQ(table.rows[i].size(), table.columns.size());
      const std::string& mark = table.rows[i].back().text;
      const std::string& caveat = benchmark.rows[i].caveat;
      EXPECT_EQ(mark[0], benchmark.rows[i].read_in_source ? 'V' : 'S');
      if (caveat.empty()) {
        EXPECT_EQ(mark.size(), 1u);
      } else {
        EXPECT_THAT(table.notes, testing::Contains(mark.substr(2) + " " + caveat));
      }
    }
  }
  const std::string text = FormatTableText(PublishedTable(**FindPublished("gws15k")));
  EXPECT_THAT(text, testing::HasSubstr("GeoReasoner 2024"));
  EXPECT_THAT(text, testing::HasSubstr("–"));  // not published, never 0
}

}  // namespace
}  // namespace gre
