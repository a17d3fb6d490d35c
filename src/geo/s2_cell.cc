#include "geo/s2_cell.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/check.h"
#include "geo/geodesic.h"
#include "geo/sphere.h"

namespace gre {
namespace {

// The cube's face, and where on it, from -1 to 1.
struct FacePoint {
  int face;
  double u, v;
};

FacePoint Project(const Vector3& p) {
  const double x = std::abs(p.x);
  const double y = std::abs(p.y);
  const double z = std::abs(p.z);
  if (x > y && x > z) {
    return p.x > 0 ? FacePoint{0, p.y / p.x, p.z / p.x} : FacePoint{3, p.z / p.x, p.y / p.x};
  }
  if (x <= y && y > z) {
    return p.y > 0 ? FacePoint{1, -p.x / p.y, p.z / p.y} : FacePoint{4, p.z / p.y, -p.x / p.y};
  }
  return p.z > 0 ? FacePoint{2, -p.x / p.z, -p.y / p.z} : FacePoint{5, -p.y / p.z, -p.x / p.z};
}

// S2's quadratic projection, which makes cells of a level nearly equal, in 2^30 steps.
uint32_t Step(double u) {
  const double s = u >= 0 ? 0.5 * std::sqrt(1 + 3 * u) : 1 - 0.5 * std::sqrt(1 - 3 * u);
  constexpr double kSteps = 1u << kMaxS2Level;
  return static_cast<uint32_t>(std::clamp(std::floor(kSteps * s), 0.0, kSteps - 1));
}

}  // namespace

uint64_t S2CellOf(const LatLng& point, int level) {
  GRE_CHECK(level >= 0 && level <= kMaxS2Level);
  // position of a quarter (i, j) along the curve, by the curve's orientation: bit 0 swaps i and j,
  // bit 1 turns both round
  constexpr std::array<std::array<uint8_t, 4>, 4> kPositions = {
      {{0, 1, 3, 2}, {0, 3, 1, 2}, {2, 3, 1, 0}, {2, 1, 3, 0}}};
  constexpr std::array<uint8_t, 4> kTurns = {1, 0, 0, 3};
  const FacePoint at = Project(ToUnitVector(point));
  const uint32_t i = Step(at.u);
  const uint32_t j = Step(at.v);
  auto id = static_cast<uint64_t>(at.face);
  auto orientation = static_cast<size_t>(at.face & 1);
  for (int bit = kMaxS2Level - 1; bit >= kMaxS2Level - level; --bit) {
    const size_t quarter = (i >> bit & 1) << 1 | (j >> bit & 1);
    const uint8_t position = kPositions[orientation][quarter];
    id = id << 2 | position;
    orientation ^= kTurns[position];
  }
  // a 1 behind the level's last bit says which level it is
  return (id << 1 | 1) << (2 * (kMaxS2Level - level));
}

std::string S2Token(uint64_t cell) {
  if (cell == 0) return "X";
  constexpr char kDigits[] = "0123456789abcdef";
  std::string token;
  for (; cell != 0; cell <<= 4) token += kDigits[cell >> 60];
  return token;
}

double S2EdgeKm(int level) {
  return kMeanEarthRadiusKm * std::sqrt(4 * std::numbers::pi / 6) / std::exp2(level);
}

}  // namespace gre
