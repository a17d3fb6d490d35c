#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "geo/geodesic.h"
#include "support/golden_test.h"

namespace gre {
namespace {

using GeoGolden = testing::GoldenTest;
GRE_INSTANTIATE_GOLDENS(GeoGolden);

TEST_P(GeoGolden, DistancesAgreeToAMillimetre) {
  const Result<Json> file = ReadJsonFile(folder() + "/geo/distances.json");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Json& rows = file->at("rows");
  ASSERT_GE(rows.size(), 60u);
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
