#include "training/export/assets.h"

#include "core/embed.h"

// GRE_EXPORT_ASSETS is set for this file in src/CMakeLists.txt, with the files as its dependencies.
GRE_EMBED(gre_rewards_py, GRE_EXPORT_ASSETS "/gre_rewards.py");
GRE_EMBED(gre_rewards_http_py, GRE_EXPORT_ASSETS "/gre_rewards_http.py");

namespace gre {
namespace {

std::string_view Between(const std::byte* begin, const std::byte* end) {
  return {reinterpret_cast<const char*>(begin), static_cast<size_t>(end - begin)};
}

}  // namespace

std::string_view RewardsPython() { return Between(gre_rewards_py_begin, gre_rewards_py_end); }
std::string_view RewardsHttpPython() {
  return Between(gre_rewards_http_py_begin, gre_rewards_http_py_end);
}

}  // namespace gre
