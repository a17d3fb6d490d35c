// A request to the reward service: any body gets one line of JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "server/reward_service.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static gre::RewardService& service = *[] {
    gre::RewardServiceOptions options;
    options.weights.values.fill(1);
    options.theta_km = 25;
    const std::map<std::string, std::vector<gre::LatLng>> places = {{"FR", {{48, 2}}}};
    options.gallery = std::make_shared<const gre::PointSampler>(places);
    return new gre::RewardService(std::move(options));
  }();
  const gre::HttpServerReply reply =
      service.Answer({"POST", "/rewards", std::string(reinterpret_cast<const char*>(data), size)});
  if (!gre::ParseJson(reply.body).ok() || reply.body.find('\n') != std::string::npos ||
      (reply.status != 200 && reply.status != 400)) {
    __builtin_trap();
  }
  return 0;
}
