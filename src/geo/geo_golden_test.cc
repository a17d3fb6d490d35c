#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "geo/geodesic.h"

namespace gre {
namespace {

TEST(GeoGolden, DistancesAgreeToAMillimetre) {
  const char* goldens = std::getenv("GRE_GOLDENS");
  if (goldens == nullptr) GTEST_SKIP() << "GRE_GOLDENS is not set: no reference distances";
  const Result<Json> file = ReadJsonFile(std::string(goldens) + "/geo/distances.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& rows = file->at("rows");
  ASSERT_EQ(rows.size(), 605u);
  for (const Json& row : rows) {
    const LatLng a{row[0].get<double>(), row[1].get<double>()};
    const LatLng b{row[2].get<double>(), row[3].get<double>()};
    EXPECT_NEAR(GeodesicDistanceKm(a, b), row[4].get<double>(), 1e-6) << row.dump();
    EXPECT_NEAR(HaversineDistanceKm(a, b), row[5].get<double>(), 1e-6) << row.dump();
    EXPECT_NEAR(HaversineDistanceKm(a, b, kEquatorialRadiusKm), row[6].get<double>(), 1e-6);
  }
}

}  // namespace
}  // namespace gre
