#include "knowledge/populations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "support/temporary_folder.h"

namespace gre {
namespace {

using ::testing::HasSubstr;

TEST(Populations, AreReadStrictly) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(ReadPopulations(folder.path()).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(WriteFileAtomically(folder / "populations.csv",
                                  "lat,lon,cc,population\n48.85,2.35,FR,2138551\n-1,180,FJ,0\n")
                  .ok());
  const auto places = ReadPopulations(folder.path());
  ASSERT_TRUE(places.ok()) << places.error().message;
  ASSERT_EQ(places->size(), 2U);
  EXPECT_EQ((*places)[0].people, 2138551);
  EXPECT_EQ((*places)[0].country_code, (std::array<char, 2>{'F', 'R'}));
  EXPECT_EQ((*places)[1].position, (LatLng{-1, 180}));
  for (const char* line : {"1,2,FR", "1,2,FR,3,4", "91,2,FR,1", "1,2,FRA,1", "1,2,FR,-1",
                           "1,2,FR,many", "nan,2,FR,1"}) {
    const auto bad = ParsePopulations(std::string("lat,lon,cc,population\n") + line);
    ASSERT_FALSE(bad.ok()) << line;
    EXPECT_THAT(bad.error().message, HasSubstr("line 2: expected lat,lon,cc,population"));
  }
  EXPECT_FALSE(ParsePopulations("").ok());
}

}  // namespace
}  // namespace gre
