#include "reasoning/taxonomy.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace gre {
namespace {

TEST(Taxonomy, NamesAreUniqueAndReadBack) {
  std::set<std::string_view> names;
  for (const FamilyInfo& info : Families()) {
    EXPECT_TRUE(names.insert(info.name).second);
    EXPECT_EQ(FamilyFromName(info.name), info.family);
    EXPECT_EQ(&Describe(info.family), &info);
  }
  names.clear();
  for (const IndicatorInfo& info : Indicators()) {
    EXPECT_TRUE(names.insert(info.name).second);
    EXPECT_EQ(IndicatorFromName(info.name), info.indicator);
    EXPECT_EQ(&Describe(info.indicator), &info);
  }
  EXPECT_FALSE(FamilyFromName("street level"));
  EXPECT_FALSE(IndicatorFromName(""));
}

TEST(Taxonomy, HeadingsOfRealRepliesNameTheirFamily) {
  const auto family = [](std::string_view heading) { return ReadHeading(heading)->family; };
  for (const char* heading : {"Street-level analysis", "Street-level cues",
                              "Architectural patterns", "landmark_recognition"}) {
    EXPECT_EQ(family(heading), Family::kStreetLevel) << heading;
  }
  for (const char* heading : {"Textual clues", "text_and_signage", "Street signs"}) {
    EXPECT_EQ(family(heading), Family::kText) << heading;
  }
  for (const char* heading : {"Transport context", "Transportation context", "Urban context"}) {
    EXPECT_EQ(family(heading), Family::kTransport) << heading;
  }
  EXPECT_EQ(family("Vegetation/biome"), Family::kVegetation);
  EXPECT_EQ(family("Terrain"), Family::kTerrain);
  EXPECT_EQ(family("spatial_context"), Family::kOther);
  EXPECT_FALSE(ReadHeading("context"));
  EXPECT_FALSE(ReadHeading(std::string(100, ' ') + "Terrain"));
}

}  // namespace
}  // namespace gre
