// knowledge_bench GEODATA POINTS PLACES METRIC ROUNDS
//
// The nearest places of the points in the file POINTS (float64 latitude, longitude) by METRIC,
// "sphere" or "degrees", on two threads, ROUNDS times; prints the seconds that opening the
// gazetteer took, then those of each round, one a line, and writes the places as uint32 row numbers
// of the table (rows without a name are not counted), so that benchmarks/geocode_peer.py can check
// the answers before it compares times.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "knowledge/gazetteer.h"

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: knowledge_bench GEODATA POINTS PLACES METRIC ROUNDS\n");
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  const auto open_begin = Clock::now();
  const gre::Result<gre::Gazetteer> gazetteer = gre::Gazetteer::Open(argv[1]);
  std::printf("%.9f\n", seconds_since(open_begin));
  const gre::Result<std::string> file = gre::ReadFile(argv[2]);
  if (!gazetteer.ok() || !file.ok()) {
    std::fprintf(stderr, "%s\n",
                 (gazetteer.ok() ? file.error() : gazetteer.error()).message.c_str());
    return 3;
  }
  const auto metric = std::string_view(argv[4]) == "degrees" ? gre::Gazetteer::Metric::kDegrees
                                                             : gre::Gazetteer::Metric::kSphere;
  std::vector<gre::LatLng> points(file->size() / sizeof(gre::LatLng));
  std::memcpy(points.data(), file->data(), points.size() * sizeof(gre::LatLng));
  std::vector<gre::Gazetteer::PlaceId> places;
  for (int round = 0; round < std::atoi(argv[5]); ++round) {
    const auto begin = Clock::now();
    places = gazetteer->NearestAll(points, metric);
    std::printf("%.9f\n", seconds_since(begin));
  }
  const gre::Status written = gre::WriteFileAtomically(
      argv[3], {reinterpret_cast<const char*>(places.data()), places.size() * 4});
  return written.ok() ? 0 : 3;
}
