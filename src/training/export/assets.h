#pragma once

#include <string_view>

namespace gre {

// The rewards in Python, as they stand in assets/; linked into the plugin.
std::string_view RewardsPython();
std::string_view RewardsHttpPython();

}  // namespace gre
