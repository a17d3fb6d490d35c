// geo_bench PAIRS DISTANCES ROUNDS
//
// Geodesic distances of the pairs in the file PAIRS (float64 latitude, longitude, latitude,
// longitude) on one thread, ROUNDS times; prints the seconds of each round, one a line, and writes
// the distances in km as float64, so that benchmarks/geodesic_peer.py can check the answers before
// it compares times.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/file.h"
#include "geo/geodesic.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: geo_bench PAIRS DISTANCES ROUNDS\n");
    return 2;
  }
  const gre::Result<std::string> file = gre::ReadFile(argv[1]);
  if (!file.ok()) {
    std::fprintf(stderr, "%s\n", file.error().message.c_str());
    return 3;
  }
  struct Pair {
    gre::LatLng a;
    gre::LatLng b;
  };
  std::vector<Pair> pairs(file->size() / sizeof(Pair));
  std::memcpy(pairs.data(), file->data(), pairs.size() * sizeof(Pair));
  std::vector<double> distances_km(pairs.size());
  for (int round = 0; round < std::atoi(argv[3]); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (size_t i = 0; i < pairs.size(); ++i) {
      distances_km[i] = gre::GeodesicDistanceKm(pairs[i].a, pairs[i].b);
    }
    std::printf("%.9f\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  const gre::Status written = gre::WriteFileAtomically(
      argv[2], {reinterpret_cast<const char*>(distances_km.data()), distances_km.size() * 8});
  return written.ok() ? 0 : 3;
}
