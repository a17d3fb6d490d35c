#include "experiment/ablation_files.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

Error Broken(std::string_view what) {
  return {ErrorCode::kInvalidInput, Concat({"expected ", what, ", found something else"})};
}

// [image, latitude, longitude, confidence, p50, p90]; null where there is none.
Json PredictionsJson(const std::vector<Prediction>& predictions) {
  Json list = Json::array();
  for (const Prediction& prediction : predictions) {
    Json row = Json::array({prediction.id});
    if (prediction.point) {
      row.insert(row.end(),
                 {prediction.point->latitude_deg, prediction.point->longitude_deg,
                  prediction.confidence, prediction.radius_p50_km, prediction.radius_p90_km});
    }
    list.push_back(std::move(row));
  }
  return list;
}

double NumberOr(const Json& json, double otherwise) {
  return json.is_number() ? json.get<double>() : otherwise;
}

Result<std::vector<Prediction>> ReadPredictions(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return Broken(Concat({"a list '", key, "'"}));
  std::vector<Prediction> predictions;
  for (const Json& row : *found) {
    if (!row.is_array() || (row.size() != 1 && row.size() != 6) || !row[0].is_string()) {
      return Broken("an image with five numbers or none");
    }
    Prediction prediction;
    prediction.id = row[0].get<std::string>();
    prediction.outcome = Outcome::kUnparsed;
    if (row.size() == 6) {
      prediction.point = LatLng::FromDegrees(NumberOr(row[1], 1e9), NumberOr(row[2], 1e9));
      if (!prediction.point) return Broken("coordinates");
      prediction.outcome = Outcome::kParsed;
      prediction.confidence = NumberOr(row[3], Prediction::kUnknown);
      prediction.radius_p50_km = NumberOr(row[4], Prediction::kUnknown);
      prediction.radius_p90_km = NumberOr(row[5], Prediction::kUnknown);
    }
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

// The fields of JudgedCandidate by name.
template <typename Judged, typename Visitor>
void VisitFields(Judged& judged, Visitor&& visit) {
  visit("label", judged.label);
  visit("true", judged.verdicts.yes);
  visit("false", judged.verdicts.no);
  visit("unread", judged.verdicts.unread);
  visit("probability", judged.verdicts.probability);
  visit("vote", judged.vote);
  visit("log_probability", judged.log_probability);
}

Status CheckPhotos(const std::vector<Prediction>& predictions, std::span<const PhotoRecord> photos,
                   const char* key) {
  const bool same =
      predictions.size() == photos.size() &&
      std::ranges::equal(predictions, photos, {}, &Prediction::id, &PhotoRecord::image);
  if (same) return {};
  return Broken(Concat({"in '", key, "' the ", std::to_string(photos.size()),
                        " photos of the experiment in order"}));
}

}  // namespace

std::string FormatAnswers(const ModelAnswers& answers) {
  return DumpJson(Json{{"dev_greedy", PredictionsJson(answers.dev_greedy)},
                       {"dev_sampled", PredictionsJson(answers.dev_sampled)},
                       {"test_greedy", PredictionsJson(answers.test_greedy)},
                       {"test_sampled", PredictionsJson(answers.test_sampled)}});
}

Result<ModelAnswers> ParseAnswers(std::string_view json, std::span<const PhotoRecord> dev,
                                  std::span<const PhotoRecord> test) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  if (!root.is_object()) return Broken("an object");
  ModelAnswers answers;
  GRE_ASSIGN_OR_RETURN(answers.dev_greedy, ReadPredictions(root, "dev_greedy"));
  GRE_ASSIGN_OR_RETURN(answers.dev_sampled, ReadPredictions(root, "dev_sampled"));
  GRE_ASSIGN_OR_RETURN(answers.test_greedy, ReadPredictions(root, "test_greedy"));
  GRE_ASSIGN_OR_RETURN(answers.test_sampled, ReadPredictions(root, "test_sampled"));
  const auto of_dev = [&](const std::vector<Prediction>& predictions, const char* key) {
    return predictions.empty() ? Status() : CheckPhotos(predictions, dev, key);
  };
  GRE_RETURN_IF_ERROR(of_dev(answers.dev_greedy, "dev_greedy"));
  GRE_RETURN_IF_ERROR(of_dev(answers.dev_sampled, "dev_sampled"));
  GRE_RETURN_IF_ERROR(CheckPhotos(answers.test_greedy, test, "test_greedy"));
  GRE_RETURN_IF_ERROR(CheckPhotos(answers.test_sampled, test, "test_sampled"));
  return answers;
}

std::string FormatCandidates(std::span<const Candidate> candidates) {
  Json list = Json::array();
  for (const Candidate& candidate : candidates) {
    list.push_back({{"image", candidate.photo->image},
                    {"reply", candidate.reply},
                    {"label", candidate.label},
                    {"log_probability", candidate.log_probability}});
  }
  return DumpJson(list);
}

Result<std::vector<Candidate>> ParseCandidates(std::string_view json,
                                               std::span<const PhotoRecord> photos) {
  std::map<std::string_view, const PhotoRecord*> by_image;
  for (const PhotoRecord& photo : photos) by_image[photo.image] = &photo;
  GRE_ASSIGN_OR_RETURN(const Json list, ParseJson(json));
  if (!list.is_array()) return Broken("a list of candidates");
  std::vector<Candidate> candidates;
  for (const Json& row : list) {
    const bool whole = row.is_object() && row.contains("image") && row["image"].is_string() &&
                       row.contains("reply") && row["reply"].is_string() && row.contains("label") &&
                       row["label"].is_boolean() && row.contains("log_probability") &&
                       row["log_probability"].is_number();
    if (!whole) return Broken("image, reply, label and log_probability");
    const auto photo = by_image.find(row["image"].get_ref<const std::string&>());
    if (photo == by_image.end()) return Broken("a photo of the experiment");
    candidates.push_back({photo->second, row["reply"].get<std::string>(), row["label"].get<bool>(),
                          row["log_probability"].get<double>()});
  }
  return candidates;
}

std::string FormatVerdicts(std::span<const JudgedCandidate> candidates) {
  Json list = Json::array();
  for (const JudgedCandidate& candidate : candidates) {
    Json row;
    VisitFields(candidate, [&](const char* name, const auto& value) { row[name] = value; });
    list.push_back(std::move(row));
  }
  return DumpJson(list);
}

Result<std::vector<JudgedCandidate>> ParseVerdicts(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json list, ParseJson(json));
  if (!list.is_array() || list.empty()) return Broken("a list of verdicts");
  std::vector<JudgedCandidate> candidates;
  for (const Json& row : list) {
    JudgedCandidate& candidate = candidates.emplace_back();
    bool whole = row.is_object();
    VisitFields(candidate, [&](const char* name, auto& value) {
      using Value = std::decay_t<decltype(value)>;
      const bool logical = std::is_same_v<Value, bool>;
      whole =
          whole && row.contains(name) && (logical ? row[name].is_boolean() : row[name].is_number());
      if (whole) value = row[name].template get<Value>();
    });
    if (!whole) return Broken("a label, counts and scores");
  }
  return candidates;
}

}  // namespace gre
