#include "experiment/ablation_files.h"

#include <map>
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

// The fields of VerdictScores by name.
template <typename Scores, typename Visitor>
void VisitFields(Scores& scores, Visitor&& visit) {
  visit("candidates", scores.candidates);
  visit("right", scores.right);
  visit("auroc", scores.auroc);
  visit("majority_auroc", scores.majority_auroc);
  visit("log_probability_auroc", scores.log_probability_auroc);
  visit("mixed", scores.mixed);
  visit("unread", scores.unread);
}

}  // namespace

std::string FormatAnswers(const ModelAnswers& answers) {
  return DumpJson(Json{{"dev_greedy", PredictionsJson(answers.dev_greedy)},
                       {"dev_sampled", PredictionsJson(answers.dev_sampled)},
                       {"test_greedy", PredictionsJson(answers.test_greedy)},
                       {"test_sampled", PredictionsJson(answers.test_sampled)}});
}

Result<ModelAnswers> ParseAnswers(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  if (!root.is_object()) return Broken("an object");
  ModelAnswers answers;
  GRE_ASSIGN_OR_RETURN(answers.dev_greedy, ReadPredictions(root, "dev_greedy"));
  GRE_ASSIGN_OR_RETURN(answers.dev_sampled, ReadPredictions(root, "dev_sampled"));
  GRE_ASSIGN_OR_RETURN(answers.test_greedy, ReadPredictions(root, "test_greedy"));
  GRE_ASSIGN_OR_RETURN(answers.test_sampled, ReadPredictions(root, "test_sampled"));
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

std::string FormatVerdictScores(const VerdictScores& scores) {
  Json json;
  VisitFields(scores, [&](const char* name, const auto& value) { json[name] = value; });
  return DumpJson(json);
}

Result<VerdictScores> ParseVerdictScores(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  VerdictScores scores;
  bool whole = root.is_object();
  VisitFields(scores, [&](const char* name, auto& value) {
    whole = whole && root.contains(name);
    // an AUROC of candidates that are all alike is no number: null
    if (whole)
      value =
          static_cast<std::decay_t<decltype(value)>>(NumberOr(root[name], Prediction::kUnknown));
  });
  if (!whole) return Broken("scores of verdicts");
  return scores;
}

}  // namespace gre
