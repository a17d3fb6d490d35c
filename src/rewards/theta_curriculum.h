#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace gre {

// Tightens the theta of the distance reward as the answers get better: from `first_km` by a factor
// down to `last_km`, a step each time the smoothed mean reward has held above `level` for `hold`
// updates. A constant theta is first_km = last_km.
class ThetaCurriculum {
 public:
  struct Settings {
    double first_km = 0;  // > 0
    double last_km = 0;   // > 0, at most first_km
    double factor = 0.5;  // in (0, 1)
    double level = 0.5;
    int64_t hold = 20;       // >= 1
    double smoothing = 0.9;  // of the exponential mean; in [0, 1)
  };
  // What a checkpoint keeps.
  struct State {
    double theta_km = 0;
    double smoothed = 0;
    int64_t updates = 0;  // since theta last changed
    int64_t above = 0;    // of these the last so many were above the level
  };

  explicit ThetaCurriculum(const Settings& settings);

  [[nodiscard]] double theta_km() const { return state_.theta_km; }
  [[nodiscard]] const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

  // Takes the mean distance reward of an update; true when theta has changed.
  bool Observe(double mean_reward);

 private:
  Settings settings_;
  State state_;
};

}  // namespace gre
