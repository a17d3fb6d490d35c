#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dataset/teacher/point_sampler.h"
#include "net/http_server.h"
#include "rewards/reward_function.h"

namespace gre {

// The rewards of training as a service, for trainers in other languages (docs/training.md):
//
//   POST /rewards  {"completions": [TEXT or MESSAGES, …], "truths": [TRUTH, …], "theta_km"?: X}
//       -> {"rewards": [X, …], "parts": [{"judge", "distance", "format", "chain"}, …], "theta_km"}
//   GET /health    -> {"status": "ok", "weights", "theta_km"}
//
// MESSAGES are TRL's: a list of {"role", "content"}, of which the last counts. A TRUTH is an object
// with "label" (true, false, "True", "False", "yes", "no") or "latitude" and "longitude" (or
// "gt_lat" and "gt_lon") or "country_code", or such an object as text, as verl hands it on.
struct RewardServiceOptions {
  RewardParts weights;
  double theta_km = 0;  // where a request says none; 0: it must, if the distance has a weight
  std::shared_ptr<const PointSampler> gallery = {};  // places of countries; may be null
  size_t places_per_country = 256;
  size_t max_completions = 65536;  // a request
};

// Thread-safe.
class RewardService {
 public:
  explicit RewardService(RewardServiceOptions options) : options_(std::move(options)) {}

  // Total: what cannot be answered is an error reply that says why.
  HttpServerReply Answer(const HttpServerRequest& request);

 private:
  Result<std::string> Score(const std::string& body);
  Result<const std::vector<LatLng>*> PlacesIn(const std::string& country_code);
  [[nodiscard]] std::string Health() const;

  RewardServiceOptions options_;
  std::mutex mutex_;  // of places_
  std::map<std::string, std::vector<LatLng>> places_;
};

}  // namespace gre
