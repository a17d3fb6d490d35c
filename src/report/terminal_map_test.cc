#include "report/terminal_map.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/text_layout.h"

namespace gre {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

// One square continent around 0 N 0 E.
const std::vector<std::vector<LatLng>> kLand = {{{-40, -60}, {-40, 60}, {40, 60}, {40, -60}}};

TEST(TerminalMapTest, DrawsLandAndMarkers) {
  const MapMarker markers[] = {{{0, 0}, 'X', true}, {{60, 150}, '2', false}};
  const std::vector<std::string> map = DrawWorldMap(kLand, markers, {.columns = 60});
  ASSERT_EQ(map.size(), 12U);
  EXPECT_TRUE(map[0].empty());
  EXPECT_EQ(DisplayWidth(map[2]), 56);  // column of 150 E is 55
  EXPECT_EQ(map[2].back(), '2');
  EXPECT_THAT(map[7], HasSubstr("⣿✕⣿"));
  for (const std::string& line : map) {
    EXPECT_LE(DisplayWidth(line), 60);
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  }
}

TEST(TerminalMapTest, PlainAsciiWhereAsked) {
  const MapMarker markers[] = {{{0, 0}, 'X', true}};
  for (const std::string& line : DrawWorldMap(kLand, markers, {.columns = 60, .unicode = false})) {
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7F; }));
  }
}

TEST(TerminalMapTest, ColorsEndOnTheirLine) {
  const MapMarker markers[] = {{{0, 0}, 'X', true}};
  for (const std::string& line : DrawWorldMap(kLand, markers, {.columns = 60, .color = true})) {
    EXPECT_TRUE(line.empty() || line.ends_with("\x1b[0m"));
  }
}

TEST(TerminalMapTest, ShowsAntarcticaOnlyForMarkersThere) {
  const MapMarker south[] = {{{-77.8, 166.7}, 'X', true}};
  EXPECT_GT(DrawWorldMap(kLand, south, {.columns = 60}).size(),
            DrawWorldMap(kLand, {}, {.columns = 60}).size());
}

TEST(TerminalMapTest, NothingOnNarrowTerminals) {
  EXPECT_TRUE(DrawWorldMap(kLand, {}, {.columns = kMinMapColumns - 1}).empty());
}

}  // namespace
}  // namespace gre
