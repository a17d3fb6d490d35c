#pragma once

#include <string>
#include <vector>

namespace gre {

struct CdfSystem {
  std::string name;
  std::vector<double> distances_km;  // of the answers that have one, in any order; >= 0, no NaN
  size_t misses = 0;                 // records without a distance that count as wrong
};

// How far answers lie from the truth: for each system the share of its records within every
// distance.
struct DistanceCdf {
  std::string title = "Answers within a distance";
  std::string subtitle;  // which records are left out
  std::vector<CdfSystem> systems;
  std::vector<double> thresholds_km = {1, 25, 200, 750, 2500};  // marked by lines and markers
};

// Distances on a logarithmic axis from 100 m (or less, where a tenth of a system's answers are
// nearer) to half around the Earth; steps exact to half a pixel. The legend is in the order of the
// curves, with the distance that holds half of each system's records (misses are infinitely far).
// NaN and negative distances count as misses.
std::string DistanceCdfSvg(const DistanceCdf& chart);

}  // namespace gre
