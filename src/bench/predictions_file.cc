#include "bench/predictions_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "bench/name_geocoder.h"
#include "core/excerpt.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/record_file.h"
#include "reasoning/answer_parser.h"

namespace gre {
namespace {

enum Wanted : size_t {
  kId,
  kText,
  kLatitude,
  kLongitude,
  kError,
  kSchema,
  kBenchmarkHash,
  kStatus,
  kConfidence,
  kRadius50,
  kRadius90,
  kAbstention,
  kMetadataLatitude,
  kMetadataLongitude,
  kPrompt,
  kName,
  kCity,
  kRegion,
  kCountry,
};

constexpr std::string_view kCitySpellings[] = {"city", "pred_city"};
constexpr std::string_view kRegionSpellings[] = {"state", "region", "pred_state", "pred_region"};
constexpr std::string_view kCountrySpellings[] = {"country", "pred_country"};

constexpr std::string_view kPromptSpellings[] = {"prompt",   "question",      "instruction",
                                                 "messages", "conversations", "user_prompt"};

// Remarks on single records, no more than are kept.
class RecordRemarks {
 public:
  void Add(std::string remark) {
    if (remarks_.size() < kMaxRemarks) {
      remarks_.push_back(std::move(remark));
    } else {
      ++more_;
    }
  }
  void MoveTo(PredictionsFile& file) && {
    std::ranges::move(remarks_, std::back_inserter(file.remarks));
    if (more_ == 0) return;
    file.remarks.push_back(file.path + ": and " + std::to_string(more_) + " more like these");
  }

 private:
  std::vector<std::string> remarks_;
  size_t more_ = 0;
};

bool IsAnswerOfReply(const Prediction& prediction) {
  return prediction.form != AnswerForm::kNone && prediction.point.has_value();
}

bool IsField(const Prediction& prediction) {
  return IsAnswerOfReply(prediction) && prediction.form == AnswerForm::kJsonFields;
}

class PredictionsReader {
 public:
  PredictionsReader(RecordFile file, const PredictionOptions& options)
      : file_(std::move(file)), options_(options), fields_(options.fields) {
    if (options.names != nullptr) geocoder_.emplace(*options.names);
  }

  Result<PredictionsFile> Read() {
    GRE_RETURN_IF_ERROR(Resolve());
    PredictionsFile read;
    read.path = file_.name();
    RecordRemarks remarks;
    for (std::vector<FieldValue> values;;) {
      GRE_ASSIGN_OR_RETURN(const bool more, file_.Next(names_, values));
      if (!more) break;
      if (values[kSchema].text.starts_with("gre.predictions/")) {  // a run's header
        read.benchmark_sha256 = values[kBenchmarkHash].text;
        continue;
      }
      GRE_ASSIGN_OR_RETURN(Prediction prediction, ReadRecord(values));
      prediction.line = file_.line();
      if (!prediction.reason.empty() && is_remarkable_) {
        remarks.Add(file_.Place() + ": '" + prediction.id + "': " + prediction.reason);
      }
      read.predictions.push_back(std::move(prediction));
    }
    read.fields = {names_[kId], names_[kText], names_[kLatitude], names_[kLongitude]};
    std::move(remarks).MoveTo(read);
    const AnswerRule rule =
        options_.answers == AnswerRule::kAuto ? ChooseAnswerRule({&read, 1}) : options_.answers;
    ApplyAnswerRule(rule, read);
    if (unusable_confidences_ > 0) {
      read.remarks.push_back(read.path + ": field '" + names_[kConfidence] +
                             "': " + std::to_string(unusable_confidences_) +
                             " confidences that are no number within 0 and " +
                             FormatShortest(options_.confidence_max) +
                             " are not used; --confidence-max says what stands for certainty");
    }
    if (geocoder_) read.remarks.push_back(read.path + ": " + geocoder_->DescribeCounts());
    return read;
  }

 private:
  Status Resolve() {
    const bool is_ours = file_.HasField("answer.latitude") || file_.HasField("chain_text");
    const bool text_given = !fields_.text.empty();
    const bool point_given = !fields_.latitude.empty() || !fields_.longitude.empty();
    if (text_given && point_given) {
      return Error{ErrorCode::kInvalidArgument,
                   "--pred-text and --pred-lat/--pred-lon exclude each other: an answer is read "
                   "from one of them"};
    }
    constexpr std::string_view kOurId[] = {"file"};
    constexpr std::string_view kOurLatitude[] = {"answer.latitude"};
    constexpr std::string_view kOurLongitude[] = {"answer.longitude"};
    const auto resolve = [&](const std::string& given, std::string_view option,
                             std::span<const std::string_view> spellings) -> Status {
      GRE_ASSIGN_OR_RETURN(std::string name, ResolveField(file_, given, option, spellings));
      names_.push_back(std::move(name));
      return {};
    };
    using Spellings = std::span<const std::string_view>;
    GRE_RETURN_IF_ERROR(
        resolve(fields_.id, "--pred-id", is_ours ? Spellings(kOurId) : Spellings(kIdSpellings)));
    GRE_RETURN_IF_ERROR(
        resolve(fields_.text, "--pred-text", point_given ? Spellings{} : kReplySpellings));
    GRE_RETURN_IF_ERROR(resolve(fields_.latitude, "--pred-lat",
                                text_given ? Spellings{}
                                : is_ours  ? Spellings(kOurLatitude)
                                           : kLatitudeSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields_.longitude, "--pred-lon",
                                text_given ? Spellings{}
                                : is_ours  ? Spellings(kOurLongitude)
                                           : kLongitudeSpellings));
    if (is_ours && !text_given && !point_given) {
      // An abstention without any point has no "answer.latitude" to look at.
      names_[kLatitude] = "answer.latitude";
      names_[kLongitude] = "answer.longitude";
    }
    has_point_ = !names_[kLatitude].empty() && !names_[kLongitude].empty();
    constexpr std::string_view kOurConfidence[] = {"answer.confidence"};
    constexpr std::string_view kConfidenceSpellings[] = {"confidence"};
    GRE_ASSIGN_OR_RETURN(
        std::string confidence,
        ResolveField(file_, fields_.confidence, "--pred-confidence",
                     is_ours ? Spellings(kOurConfidence) : Spellings(kConfidenceSpellings)));
    // Records beyond the first ones may state it.
    if (confidence.empty()) confidence = is_ours ? "answer.confidence" : "confidence";
    names_.insert(names_.end(),
                  {"error", "schema", "benchmark.sha256", "status", std::move(confidence),
                   is_ours ? "answer.radius_km.p50" : "radius_p50_km",
                   is_ours ? "answer.radius_km.p90" : "radius_p90_km", "abstention",
                   "metadata_gps.latitude", "metadata_gps.longitude",
                   options_.keep_text ? file_.FindField(kPromptSpellings).value_or("") : ""});
    GRE_RETURN_IF_ERROR(ResolveNames());
    if (names_[kId].empty()) return Missing("an id", "--pred-id");
    if (geocoder_) return {};
    if (!has_point_ && (point_given || names_[kText].empty())) {
      return Missing("latitude and longitude, or a reply",
                     "--pred-lat and --pred-lon, or --pred-text");
    }
    return {};
  }

  // The fields of the names protocol.
  Status ResolveNames() {
    if (!geocoder_) {
      names_.resize(kCountry + 1);
      return {};
    }
    GRE_ASSIGN_OR_RETURN(std::string name, ResolveField(file_, fields_.name, "--pred-name", {}));
    has_name_ = !name.empty();
    names_.push_back(std::move(name));
    for (const std::span<const std::string_view> spellings :
         {std::span<const std::string_view>(kCitySpellings),
          std::span<const std::string_view>(kRegionSpellings),
          std::span<const std::string_view>(kCountrySpellings)}) {
      names_.push_back(file_.FindField(spellings).value_or(""));
    }
    has_name_columns_ = !names_[kCity].empty() || !names_[kCountry].empty();
    if (!has_name_ && !has_name_columns_ && names_[kText].empty()) {
      return Missing("the name of a place, or a reply", "--pred-name or --pred-text");
    }
    return {};
  }

  [[nodiscard]] Error Missing(std::string_view what, std::string_view option) const {
    return {ErrorCode::kInvalidInput, file_.name() + ": expected a field with " +
                                          std::string(what) + ", found " + DescribeFields(file_) +
                                          "; name it with " + std::string(option)};
  }

  Result<Prediction> ReadRecord(std::span<const FieldValue> values) {
    const FieldValue& id = values[kId];
    std::string name = id.kind == FieldValue::Kind::kNumber ? FormatShortest(id.number) : id.text;
    if (!id.present() || name.empty()) {
      return Error{ErrorCode::kInvalidInput,
                   file_.Place() + ": field '" + names_[kId] + "': expected an id, found nothing"};
    }
    is_remarkable_ = false;
    const FieldValue& text = values[kText];
    Prediction prediction;
    if (geocoder_) {
      prediction = ReadName(std::move(name), values);
    } else if (has_point_) {
      prediction = ReadPoint(std::move(name), values);
    } else if (text.present()) {
      prediction = ReadReply(std::move(name), text.text);
      is_remarkable_ = prediction.outcome == Outcome::kUnparsed;
    } else {
      prediction.id = std::move(name);
      prediction.outcome = Outcome::kEngineError;
      prediction.reason = values[kError].present() ? values[kError].text : "no reply";
    }
    const auto number = [&](size_t field) {
      return values[field].AsNumber().value_or(Prediction::kUnknown);
    };
    prediction.confidence = number(kConfidence) / options_.confidence_max;
    if (!(prediction.confidence >= 0 && prediction.confidence <= 1)) {
      prediction.confidence = Prediction::kUnknown;
      unusable_confidences_ += values[kConfidence].present() ? 1 : 0;
    }
    prediction.radius_p50_km = number(kRadius50);
    prediction.radius_p90_km = number(kRadius90);
    prediction.abstained = values[kStatus].text == "abstained";
    const auto gps_lat = values[kMetadataLatitude].AsNumber();
    const auto gps_lon = values[kMetadataLongitude].AsNumber();
    if (gps_lat && gps_lon) prediction.metadata_gps = LatLng::FromDegrees(*gps_lat, *gps_lon);
    if (options_.keep_text) {
      prediction.text = text.text;
      prediction.prompt = values[kPrompt].text;
    }
    return prediction;
  }

  Prediction ReadName(std::string id, std::span<const FieldValue> values) {
    Prediction prediction;
    prediction.id = std::move(id);
    const auto text_of = [&](size_t field) {
      return names_[field].empty() ? std::string() : values[field].text;
    };
    const bool columns = !has_name_ && has_name_columns_;
    const FieldValue& text = values[has_name_ ? kName : kText];
    if (!columns && !text.present()) {
      prediction.reason = values[kError].present() ? values[kError].text : "no reply";
      return prediction;
    }
    const AnsweredName named =
        columns     ? CleanName({text_of(kCity), text_of(kRegion), text_of(kCountry)})
        : has_name_ ? SplitName(text.text)
                    : ReadAnsweredName(text.text);
    NameGeocoder::Found found = geocoder_->Find(named);
    prediction.point = found.point;
    prediction.reason = std::move(found.reason);
    prediction.outcome = found.point     ? Outcome::kParsed
                         : named.empty() ? Outcome::kRefused
                                         : Outcome::kUnparsed;
    is_remarkable_ = prediction.outcome == Outcome::kUnparsed;
    return prediction;
  }

  Prediction ReadPoint(std::string id, std::span<const FieldValue> values) {
    Prediction prediction;
    prediction.id = std::move(id);
    const FieldValue& latitude = values[kLatitude];
    const FieldValue& longitude = values[kLongitude];
    if (!latitude.present() && !longitude.present()) {
      const bool failed = values[kError].present() || values[kStatus].text == "failed";
      const bool declined = values[kStatus].text == "abstained";
      prediction.outcome = failed     ? Outcome::kEngineError
                           : declined ? Outcome::kRefused
                                      : Outcome::kUnparsed;
      prediction.reason = failed     ? values[kError].text
                          : declined ? values[kAbstention].text
                                     : "no coordinates";
      if (failed && prediction.reason.empty()) prediction.reason = "failed";
      return prediction;
    }
    const auto lat = latitude.AsNumber();
    const auto lon = longitude.AsNumber();
    prediction.point = lat && lon ? LatLng::FromDegrees(*lat, *lon) : std::nullopt;
    if (prediction.point) {
      prediction.outcome = Outcome::kParsed;
      return prediction;
    }
    prediction.outcome = Outcome::kUnparsed;
    is_remarkable_ = true;
    prediction.reason =
        WrongCoordinates({names_[kLatitude], latitude}, {names_[kLongitude], longitude});
    prediction.swap_suspected = lat && lon && LatLng::FromDegrees(*lon, *lat).has_value();
    if (prediction.swap_suspected) {
      prediction.reason += " (latitude and longitude may be swapped; they are not exchanged)";
    }
    return prediction;
  }

  RecordFile file_;
  const PredictionOptions& options_;
  const PredictionFields& fields_;
  bool has_point_ = false;
  std::optional<NameGeocoder> geocoder_;  // in the names protocol
  bool has_name_ = false;                 // a field of its own holds the name
  bool has_name_columns_ = false;         // city, region and country have columns
  bool is_remarkable_ = false;            // the last record's reason is worth a remark
  size_t unusable_confidences_ = 0;
  std::vector<std::string> names_;  // Wanted
};

}  // namespace

bool HasReplies(const PredictionsFile& file) {
  return std::ranges::any_of(file.predictions, [](const Prediction& prediction) {
    return prediction.form != AnswerForm::kNone;
  });
}

AnswerRule ChooseAnswerRule(std::span<const PredictionsFile> files) {
  bool has_replies = false;
  for (const PredictionsFile& file : files) {
    const auto answers = std::ranges::count_if(file.predictions, IsAnswerOfReply);
    const auto fields = std::ranges::count_if(file.predictions, IsField);
    if (10 * fields < 9 * answers) return AnswerRule::kAny;
    has_replies = has_replies || answers > 0;
  }
  return has_replies ? AnswerRule::kFieldsOnly : AnswerRule::kAny;
}

void ApplyAnswerRule(AnswerRule rule, PredictionsFile& file) {
  file.answers = rule;
  if (rule != AnswerRule::kFieldsOnly) return;
  RecordRemarks remarks;
  for (Prediction& prediction : file.predictions) {
    if (!IsAnswerOfReply(prediction) || IsField(prediction)) continue;
    prediction.outcome = Outcome::kUnparsed;
    prediction.point.reset();
    prediction.reason =
        "coordinates outside JSON fields, in which the other answers stand (--answers any counts "
        "them)";
    remarks.Add(file.path + ":" + std::to_string(prediction.line) + ": '" + prediction.id +
                "': " + prediction.reason);
  }
  std::move(remarks).MoveTo(file);
}

Prediction ReadReply(std::string id, std::string_view reply) {
  Prediction prediction;
  prediction.id = std::move(id);
  const ParsedAnswer answer = ParseReply(reply);
  prediction.point = answer.point;
  prediction.form = answer.form;
  prediction.reason = answer.reason;
  switch (answer.status) {
    case AnswerStatus::kParsed:
      prediction.outcome = Outcome::kParsed;
      break;
    case AnswerStatus::kRefused:
      prediction.outcome = Outcome::kRefused;
      break;
    case AnswerStatus::kUnparsed:
      prediction.outcome = Outcome::kUnparsed;
      prediction.swap_suspected = answer.swap_suspected;
      if (answer.swap_suspected) {
        prediction.reason += " (latitude and longitude may be swapped; they are not exchanged)";
      }
      break;
  }
  return prediction;
}

Result<PredictionsFile> ReadPredictions(const std::string& path, const PredictionOptions& options,
                                        const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(path));
  file.StopWhen(cancellation);
  return PredictionsReader(std::move(file), options).Read();
}

}  // namespace gre
