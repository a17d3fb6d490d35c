#include "bench/truth_file.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/record_file.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

constexpr std::string_view kCountrySpellings[] = {"country_code", "cc", "country", "gt_country"};
constexpr std::string_view kPrecisionSpellings[] = {"precision_km"};
constexpr std::string_view kLabelFields[] = {"category", "scene",     "environment", "indicator",
                                             "kind",     "continent", "setting"};

enum Wanted : size_t { kId, kLatitude, kLongitude, kCountry, kPrecision, kImage, kFixed };

class TruthReader {
 public:
  TruthReader(RecordFile file, const TruthFields& fields)
      : file_(std::move(file)), fields_(fields) {}

  Result<TruthFile> Read() {
    GRE_RETURN_IF_ERROR(Resolve());
    TruthFile read;
    std::vector<TruthRecord>& records = read.records;
    for (std::vector<FieldValue> values;;) {
      GRE_ASSIGN_OR_RETURN(const bool more, file_.Next(names_, values));
      if (!more) break;
      if (values.size() > kFixed && values.back().text.starts_with("gre.benchmark/")) {
        continue;  // the header of a benchmark
      }
      GRE_ASSIGN_OR_RETURN(TruthRecord record, ReadRecord(values));
      records.push_back(std::move(record));
    }
    if (records.empty()) {
      return Error{ErrorCode::kInvalidInput,
                   file_.name() + ": expected at least one record, found none"};
    }
    GRE_RETURN_IF_ERROR(CheckIds(records));
    if (unknown_countries_ > 0) {
      read.remarks.push_back(file_.name() + ": field '" + names_[kCountry] +
                             "': " + std::to_string(unknown_countries_) +
                             " records with coordinates name no known country (first " +
                             first_unknown_ + "); their country is that of the point");
    }
    return read;
  }

 private:
  [[nodiscard]] Status CheckIds(const std::vector<TruthRecord>& records) const {
    std::unordered_map<std::string_view, size_t> lines;
    lines.reserve(records.size());
    for (const TruthRecord& record : records) {
      const auto [seen, is_new] = lines.try_emplace(record.id, record.line);
      if (is_new) continue;
      return Error{ErrorCode::kInvalidInput,
                   file_.name() + ":" + std::to_string(record.line) + ": field '" + names_[kId] +
                       "': expected an id that stands once, found '" + record.id +
                       "', which also stands on line " + std::to_string(seen->second)};
    }
    return {};
  }

  Status Resolve() {
    const auto resolve = [&](const std::string& given, std::string_view option,
                             std::span<const std::string_view> spellings) -> Status {
      GRE_ASSIGN_OR_RETURN(std::string name, ResolveField(file_, given, option, spellings));
      names_.push_back(std::move(name));
      return {};
    };
    GRE_RETURN_IF_ERROR(resolve(fields_.id, "--truth-id", kIdSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields_.latitude, "--truth-lat", kLatitudeSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields_.longitude, "--truth-lon", kLongitudeSpellings));
    GRE_RETURN_IF_ERROR(resolve("", "", kCountrySpellings));
    GRE_RETURN_IF_ERROR(resolve("", "", kPrecisionSpellings));
    GRE_RETURN_IF_ERROR(resolve("", "", kImageSpellings));
    if (names_[kId].empty()) return Missing("an id", "--truth-id");
    if (names_[kLatitude].empty() != names_[kLongitude].empty()) {
      return Missing("both a latitude and a longitude", "--truth-lat and --truth-lon");
    }
    if (names_[kLatitude].empty() && names_[kCountry].empty()) {
      return Missing("latitude and longitude, or country", "--truth-lat and --truth-lon");
    }
    for (const std::string_view label : kLabelFields) {
      if (file_.HasField(label)) names_.emplace_back(label);
    }
    names_.emplace_back("schema");
    return {};
  }

  [[nodiscard]] Error Missing(std::string_view what, std::string_view option) const {
    return {ErrorCode::kInvalidInput, file_.name() + ": expected a field with " +
                                          std::string(what) + ", found " + DescribeFields(file_) +
                                          "; name it with " + std::string(option)};
  }

  [[nodiscard]] Error Bad(size_t field, std::string_view expected, const std::string& found) const {
    return {ErrorCode::kInvalidInput, file_.Place() + ": field '" + names_[field] + "': expected " +
                                          std::string(expected) + ", found " + found};
  }

  [[nodiscard]] static std::string Found(const FieldValue& value) {
    switch (value.kind) {
      case FieldValue::Kind::kMissing:
        return "nothing";
      case FieldValue::Kind::kNull:
        return "null";
      case FieldValue::Kind::kNumber:
        return FormatShortest(value.number);
      default:
        return "'" + value.text + "'";
    }
  }

  Result<TruthRecord> ReadRecord(std::span<const FieldValue> values) {
    TruthRecord record;
    record.line = file_.line();
    const FieldValue& id = values[kId];
    record.id = id.kind == FieldValue::Kind::kNumber ? FormatShortest(id.number) : id.text;
    if (!id.present() || record.id.empty()) return Bad(kId, "an id", Found(id));
    GRE_RETURN_IF_ERROR(ReadPoint(values, record));
    if (const FieldValue& country = values[kCountry]; country.present()) {
      const Country* known = FindCountryByName(country.text);
      if (known != nullptr) {
        record.country_code = known->code;
      } else if (!record.point) {
        return Bad(kCountry, "a country's ISO 3166-1 code or English name", Found(country));
      } else if (++unknown_countries_ == 1) {
        first_unknown_ = Found(country) + " on line " + std::to_string(record.line);
      }
    }
    if (!record.point && record.country_code.empty()) {
      return Error{ErrorCode::kInvalidInput,
                   file_.Place() + ": expected coordinates or a country, found neither"};
    }
    if (const FieldValue& precision = values[kPrecision]; precision.present()) {
      const auto km = precision.AsNumber();
      if (!km || *km < 0) return Bad(kPrecision, "a distance in km from 0", Found(precision));
      record.precision_km = *km;
    }
    record.image = values[kImage].text;
    for (size_t i = kFixed; i + 1 < values.size(); ++i) {
      if (values[i].present() && !values[i].text.empty()) {
        record.labels.emplace(names_[i], values[i].text);
      }
    }
    GRE_RETURN_IF_ERROR(ReadAnnotations(record));
    return record;
  }

  Status ReadPoint(std::span<const FieldValue> values, TruthRecord& record) const {
    const FieldValue& latitude = values[kLatitude];
    const FieldValue& longitude = values[kLongitude];
    if (!latitude.present() && !longitude.present()) return {};
    const auto lat = latitude.AsNumber();
    const auto lon = longitude.AsNumber();
    if (!lat || !(*lat >= -90 && *lat <= 90)) {
      return Bad(kLatitude, "degrees within -90 and 90", Found(latitude));
    }
    if (!lon || !(*lon >= -180 && *lon <= 180)) {
      return Bad(kLongitude, "degrees within -180 and 180", Found(longitude));
    }
    record.point = LatLng{*lat, *lon};
    return {};
  }

  // What only a JSON benchmark holds.
  Status ReadAnnotations(TruthRecord& record) const {
    if (file_.json().empty()) return {};
    const std::string_view json = file_.json();
    const bool annotated = json.find("\"indicator") != std::string_view::npos ||
                           json.find("\"captions\"") != std::string_view::npos ||
                           json.find("\"key_steps\"") != std::string_view::npos ||
                           json.find("\"gt_cot\"") != std::string_view::npos ||
                           json.find("\"labels\"") != std::string_view::npos ||
                           json.find("\"image_sha256\"") != std::string_view::npos;
    if (!annotated) return {};
    auto parsed = ParseJson(json);
    if (!parsed.ok()) return std::move(parsed).error().Wrap(file_.Place());
    GRE_RETURN_IF_ERROR(ReadText(*parsed, "image_sha256", record.image_sha256));
    GRE_RETURN_IF_ERROR(ReadTexts(*parsed, "indicators", record.indicators));
    GRE_RETURN_IF_ERROR(ReadWeights(*parsed, record));
    GRE_RETURN_IF_ERROR(ReadTexts(*parsed, "captions", record.captions));
    GRE_RETURN_IF_ERROR(ReadTexts(*parsed, "key_steps", record.key_steps));
    if (record.key_steps.empty()) {
      GRE_RETURN_IF_ERROR(ReadTexts(*parsed, "gt_cot", record.key_steps));
    }
    const Json* labels = FindAnnotation(*parsed, "labels");
    if (labels == nullptr) return {};
    if (!labels->is_object()) return BadAnnotation("labels", "an object of texts", *labels);
    for (const auto& [name, value] : labels->items()) {
      if (!value.is_string()) return BadAnnotation("labels." + name, "a text", value);
      record.labels.insert_or_assign(name, value.get<std::string>());
    }
    return {};
  }

  // nullptr: not there, or null.
  static const Json* FindAnnotation(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] Error BadAnnotation(std::string_view field, std::string_view expected,
                                    const Json& found) const {
    constexpr size_t kShown = 100;
    std::string shown = DumpJson(found);
    if (shown.size() > kShown) shown = ReplaceInvalidUtf8(shown.substr(0, kShown)) + " …";
    std::string message = file_.Place();
    message.append(": field '").append(field).append("': expected ").append(expected);
    message.append(", found ").append(shown);
    return {ErrorCode::kInvalidInput, std::move(message)};
  }

  Status ReadText(const Json& json, const char* key, std::string& into) const {
    const Json* found = FindAnnotation(json, key);
    if (found == nullptr) return {};
    if (!found->is_string()) return BadAnnotation(key, "a text", *found);
    into = found->get<std::string>();
    return {};
  }

  Status ReadTexts(const Json& json, const char* key, std::vector<std::string>& into) const {
    const Json* found = FindAnnotation(json, key);
    if (found == nullptr) return {};
    if (found->is_string()) {
      into.push_back(found->get<std::string>());
      return {};
    }
    if (!found->is_array()) return BadAnnotation(key, "a text or an array of texts", *found);
    for (const Json& item : *found) {
      if (!item.is_string()) return BadAnnotation(key, "an array of texts alone", item);
      into.push_back(item.get<std::string>());
    }
    return {};
  }

  Status ReadWeights(const Json& json, TruthRecord& record) const {
    const Json* weights = FindAnnotation(json, "indicator_weights");
    if (weights == nullptr) return {};
    const auto is_weight = [](const Json& weight) {
      return weight.is_number() && weight.get<double>() > 0;
    };
    if (!weights->is_array() || !std::ranges::all_of(*weights, is_weight) ||
        (!weights->empty() && weights->size() != record.indicators.size())) {
      return BadAnnotation("indicator_weights",
                           "a number above 0 for each of " +
                               std::to_string(record.indicators.size()) + " indicators",
                           *weights);
    }
    for (const Json& weight : *weights) record.indicator_weights.push_back(weight.get<double>());
    return {};
  }

  RecordFile file_;
  TruthFields fields_;
  std::vector<std::string> names_;  // Wanted, then labels, then "schema"
  size_t unknown_countries_ = 0;    // beside coordinates
  std::string first_unknown_;
};

}  // namespace

Result<TruthFile> ReadTruth(const std::string& path, const TruthFields& fields,
                            const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(path));
  file.StopWhen(cancellation);
  return TruthReader(std::move(file), fields).Read();
}

}  // namespace gre
