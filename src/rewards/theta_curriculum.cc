#include "rewards/theta_curriculum.h"

#include <algorithm>

namespace gre {

ThetaCurriculum::ThetaCurriculum(const Settings& settings) : settings_(settings) {
  state_.theta_km = settings_.first_km;
}

bool ThetaCurriculum::Observe(double mean_reward) {
  const double weight = state_.updates == 0 ? 0 : settings_.smoothing;
  state_.smoothed = weight * state_.smoothed + (1 - weight) * mean_reward;
  ++state_.updates;
  state_.above = state_.smoothed > settings_.level ? state_.above + 1 : 0;
  if (state_.above < settings_.hold || state_.theta_km <= settings_.last_km) return false;
  state_ = {.theta_km = std::max(settings_.last_km, state_.theta_km * settings_.factor)};
  return true;
}

}  // namespace gre
