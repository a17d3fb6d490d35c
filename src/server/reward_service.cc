#include "server/reward_service.h"

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

constexpr double kLargestThetaKm = 1e6;

Error Invalid(std::initializer_list<std::string_view> parts) {
  return {ErrorCode::kInvalidInput, Concat(parts)};
}

Json PartsJson(const RewardParts& parts) {
  Json json = Json::object();
  for (const RewardPart part : kRewardParts) json[std::string(RewardPartName(part))] = parts[part];
  return json;
}

// The text of a completion; TRL's conversations end with the model's message.
Result<std::string> CompletionText(const Json& completion, const std::string& where) {
  if (completion.is_string()) return completion.get<std::string>();
  if (completion.is_array() && !completion.empty() && completion.back().is_object()) {
    const auto content = completion.back().find("content");
    if (content != completion.back().end() && content->is_string()) {
      return content->get<std::string>();
    }
  }
  return Invalid({where, ": expected a text or a list of messages with \"content\""});
}

std::optional<double> NumberOf(const Json& truth, const char* key) {
  const auto found = truth.find(key);
  return found != truth.end() && found->is_number() ? std::optional(found->get<double>())
                                                    : std::nullopt;
}

struct Truth {
  RewardTruth known;
  std::string country_code;
};

Result<Truth> ReadTruth(const Json& given, const std::string& where) {
  constexpr std::string_view kExpected =
      ": expected an object with label, latitude and longitude, or country_code";
  Json truth = given;
  if (given.is_string()) {
    Result<Json> parsed = ParseJson(given.get_ref<const std::string&>());
    if (!parsed.ok()) return Invalid({where, kExpected, ", found a text that is none"});
    truth = std::move(*parsed);
  }
  if (!truth.is_object()) return Invalid({where, kExpected});
  Truth read;
  if (const auto label = truth.find("label"); label != truth.end() && !label->is_null()) {
    if (label->is_boolean()) read.known.label = label->get<bool>();
    if (label->is_string()) read.known.label = ParseVerdict(label->get_ref<const std::string&>());
    if (!read.known.label) return Invalid({where, ".label: expected true or false"});
  }
  for (const auto& [latitude_key, longitude_key] :
       {std::pair("latitude", "longitude"), std::pair("gt_lat", "gt_lon")}) {
    const std::optional<double> latitude = NumberOf(truth, latitude_key);
    const std::optional<double> longitude = NumberOf(truth, longitude_key);
    if (!latitude && !longitude) continue;
    read.known.point =
        latitude && longitude ? LatLng::FromDegrees(*latitude, *longitude) : std::nullopt;
    if (!read.known.point) {
      return Invalid({where, ".", latitude_key, ": expected degrees within -90 to 90, and ",
                      longitude_key, " within -180 to 180"});
    }
  }
  const auto country = truth.find("country_code");
  if (country != truth.end() && country->is_string())
    read.country_code = country->get<std::string>();
  if (!read.known.label && !read.known.point && read.country_code.empty()) {
    return Invalid({where, kExpected});
  }
  return read;
}

int StatusOf(ErrorCode code) { return code == ErrorCode::kInternal ? 500 : 400; }

}  // namespace

HttpServerReply RewardService::Answer(const HttpServerRequest& request) {
  if (request.path == "/health" && request.method == "GET") return {200, Health()};
  if (request.path != "/rewards") {
    return {404, HttpErrorJson("not_found", "expected POST /rewards or GET /health")};
  }
  if (request.method != "POST") {
    return {405, HttpErrorJson("method_not_allowed", "expected POST /rewards")};
  }
  Result<std::string> scored = Score(request.body);
  if (scored.ok()) return {200, std::move(*scored)};
  const Error& error = scored.error();
  return {StatusOf(error.code), HttpErrorJson(ErrorCodeName(error.code), error.message)};
}

std::string RewardService::Health() const {
  return DumpJson({{"status", "ok"},
                   {"weights", PartsJson(options_.weights)},
                   {"theta_km", options_.theta_km}});
}

Result<const std::vector<LatLng>*> RewardService::PlacesIn(const std::string& country_code) {
  if (!options_.gallery) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"the truth is the country ", country_code,
                         " without a point: start the service with --gallery FILE"})};
  }
  const std::scoped_lock lock(mutex_);
  const auto known = places_.find(country_code);
  if (known != places_.end()) return &known->second;
  std::vector<LatLng> places =
      options_.gallery->FixedPoints(country_code, options_.places_per_country);
  if (places.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"country_code: the gallery has no place in '", country_code, "'"})};
  }
  return &places_.emplace(country_code, std::move(places)).first->second;
}

Result<std::string> RewardService::Score(const std::string& body) {
  GRE_ASSIGN_OR_RETURN(const Json request, ParseJson(body));
  const auto member = [&](const char* key) {
    return request.is_object() && request.contains(key) ? request[key] : Json();
  };
  const Json completions = member("completions");
  const Json truths = member("truths");
  if (!completions.is_array() || !truths.is_array()) {
    return Invalid({"expected {\"completions\": [...], \"truths\": [...]}"});
  }
  if (completions.size() != truths.size()) {
    return Invalid({"expected a truth for each completion, found ",
                    std::to_string(completions.size()), " completions and ",
                    std::to_string(truths.size()), " truths"});
  }
  if (completions.size() > options_.max_completions) {
    return Invalid({"expected at most ", std::to_string(options_.max_completions),
                    " completions, found ", std::to_string(completions.size())});
  }
  double theta_km = options_.theta_km;
  if (const Json given = member("theta_km"); !given.is_null()) {
    const double value = given.is_number() ? given.get<double>() : -1;
    if (!(value > 0 && value <= kLargestThetaKm)) {
      return Invalid({"theta_km: expected above 0 to 1e6, found ", DumpJson(given)});
    }
    theta_km = value;
  }
  const bool measures = options_.weights[RewardPart::kDistance] > 0;
  Json rewards = Json::array(), parts = Json::array();
  for (size_t i = 0; i < completions.size(); ++i) {
    const std::string index = Concat({"[", std::to_string(i), "]"});
    GRE_ASSIGN_OR_RETURN(const std::string text,
                         CompletionText(completions[i], Concat({"completions", index})));
    GRE_ASSIGN_OR_RETURN(Truth truth, ReadTruth(truths[i], Concat({"truths", index})));
    const bool place = truth.known.point || !truth.country_code.empty();
    if (measures && place && theta_km == 0) {
      return Invalid({"theta_km: expected one in the request or --theta-km of the service"});
    }
    if (measures && !truth.known.point && !truth.country_code.empty()) {
      GRE_ASSIGN_OR_RETURN(const std::vector<LatLng>* places, PlacesIn(truth.country_code));
      truth.known.places = *places;
    }
    const RewardParts scored = ScoreCompletion(text, truth.known, theta_km);
    rewards.push_back(WeightedReward(scored, options_.weights));
    parts.push_back(PartsJson(scored));
  }
  return DumpJson(
      {{"rewards", std::move(rewards)}, {"parts", std::move(parts)}, {"theta_km", theta_km}});
}

}  // namespace gre
