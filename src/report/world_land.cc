#include "report/world_land.h"

#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "knowledge/borders.h"

namespace gre {
namespace {

using Line = std::vector<LatLng>;

std::pair<double, double> Key(const LatLng& point) {
  return {point.latitude_deg, point.longitude_deg};
}

class CoastJoiner {
 public:
  explicit CoastJoiner(std::span<const Line> coasts) : coasts_(coasts), used_(coasts.size()) {
    for (size_t i = 0; i < coasts.size(); ++i) {
      ends_.emplace(Key(coasts[i].front()), i);
      ends_.emplace(Key(coasts[i].back()), i);
    }
  }

  std::vector<Line> Join() && {
    std::vector<Line> rings;
    // Lines with a loose end first: begun in its middle, a chain would come out in two parts.
    for (const bool loose_only : {true, false}) {
      for (size_t i = 0; i < coasts_.size(); ++i) {
        if (used_[i]) continue;
        const bool loose_front = ends_.count(Key(coasts_[i].front())) == 1;
        const bool loose_back = ends_.count(Key(coasts_[i].back())) == 1;
        if (loose_only && !loose_front && !loose_back) continue;
        rings.push_back(Chain(i, /*reversed=*/loose_back && !loose_front));
      }
    }
    return rings;
  }

 private:
  Line Chain(size_t first, bool reversed) {
    Line chain;
    Append(chain, first, reversed);
    while (!(chain.front() == chain.back())) {
      const auto [begin, end] = ends_.equal_range(Key(chain.back()));
      auto next = begin;
      while (next != end && used_[next->second]) ++next;
      if (next == end) break;
      const size_t line = next->second;
      Append(chain, line, !(coasts_[line].front() == chain.back()));
    }
    const LatLng& last = chain.back();
    if (std::abs(last.longitude_deg - chain.front().longitude_deg) > 180) {
      const double side = last.longitude_deg;
      chain.push_back({-90, side});
      chain.push_back({-90, -side});
    }
    return chain;
  }

  void Append(Line& chain, size_t line, bool reversed) {
    used_[line] = true;
    if (!chain.empty()) chain.pop_back();  // the shared point
    if (reversed) {
      chain.insert(chain.end(), coasts_[line].rbegin(), coasts_[line].rend());
    } else {
      chain.insert(chain.end(), coasts_[line].begin(), coasts_[line].end());
    }
  }

  std::span<const Line> coasts_;
  std::vector<bool> used_;
  std::multimap<std::pair<double, double>, size_t> ends_;
};

}  // namespace

std::vector<std::vector<LatLng>> JoinCoasts(std::span<const std::vector<LatLng>> coasts) {
  return CoastJoiner(coasts).Join();
}

LandRings WorldLand() {
  static const std::vector<std::vector<LatLng>> land = JoinCoasts(WorldOutline());
  return land;
}

}  // namespace gre
