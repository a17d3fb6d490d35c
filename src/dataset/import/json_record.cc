#include "dataset/import/json_record.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/import/list_spellings.h"

namespace gre {
namespace {

// Of field_names.h only those that cannot be the photo itself.
constexpr std::string_view kOwnIdSpellings[] = {"id", "image_id", "sample_id", "photo_id",
                                                "img_id"};

FieldValue ToField(const Json& value) {
  FieldValue field;
  if (value.is_null()) {
    field.kind = FieldValue::Kind::kNull;
  } else if (value.is_number()) {
    field.kind = FieldValue::Kind::kNumber;
    field.number = value.get<double>();
  } else {
    field.kind = value.is_string() ? FieldValue::Kind::kText : FieldValue::Kind::kOther;
    field.text = TextOfJson(value);
  }
  return field;
}

// Takes fields out of an object; what nobody takes is the rest.
class Taker {
 public:
  explicit Taker(Json& object) : object_(object) {}

  // The value of the field `given`, which may be a path with dots, else of the first spelling that
  // the object has; null when there is none.
  Json Take(const std::string& given, std::span<const std::string_view> spellings) {
    if (!given.empty()) {
      if (const auto found = object_.find(given); found != object_.end()) return Remove(found);
      return Inner(given);
    }
    for (const std::string_view spelling : spellings) {
      const auto found = Find(spelling);
      if (found != object_.end()) return Remove(found);
    }
    return {};
  }

  std::string TakeText(const std::string& given, std::span<const std::string_view> spellings) {
    return TextOfJson(Take(given, spellings));
  }

  [[nodiscard]] std::optional<std::string> FindAny(
      std::span<const std::string_view> spellings) const {
    for (const std::string_view spelling : spellings) {
      if (const auto found = Find(spelling); found != object_.end()) return found.key();
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] Json::iterator Find(std::string_view spelling) const {
    for (auto field = object_.begin(); field != object_.end(); ++field) {
      if (AsciiLower(field.key()) == spelling) return field;
    }
    return object_.end();
  }

  Json Remove(const Json::iterator& field) {
    Json value = std::move(*field);
    object_.erase(field);
    return value;
  }

  // A value inside of others stays where it is.
  [[nodiscard]] Json Inner(std::string_view path) const {
    const Json* at = &object_;
    for (const std::string_view key : Split(path, '.')) {
      if (!at->is_object()) return {};
      const auto found = at->find(std::string(key));
      if (found == at->end()) return {};
      at = &*found;
    }
    return *at;
  }

  Json& object_;
};

void FillPair(Taker& taker, const ListFields& fields, SourceRecord& record) {
  const Json first = taker.Take(fields.latitude_longitude, kLatitudeLongitudeSpellings);
  const Json second =
      first.is_null() ? taker.Take(fields.longitude_latitude, kLongitudeLatitudeSpellings) : Json();
  const Json& both = first.is_null() ? second : first;
  if (both.is_null()) {
    const std::span<const std::string_view> spellings(kPairSpellings);
    if (const auto pair = taker.FindAny(spellings.first(kSurePairs))) {
      record.rejected = "unlabelled_pair";
      record.detail = Concat({"the field '", *pair,
                              "' may hold two coordinates and nobody says which comes first: name "
                              "it with --lat-lon or --lon-lat"});
    }
    return;
  }
  const auto pair = SplitPair(TextOfJson(both));
  if (!pair) {
    record.truth.latitude = ToField(both);
    return;
  }
  record.truth.latitude = first.is_null() ? pair->second : pair->first;
  record.truth.longitude = first.is_null() ? pair->first : pair->second;
}

}  // namespace

std::string TextOfJson(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : DumpJson(value);
}

void FillFromExport(Json object, SourceRecord& record) {
  Taker taker(object);
  record.truth.latitude = ToField(taker.Take("gt_lat", {}));
  record.truth.longitude = ToField(taker.Take("gt_lon", {}));
  if (!record.truth.latitude.present() && !record.truth.longitude.present()) {
    record.truth.country = taker.TakeText("country_code", {});
  }
  record.extra = DumpJson(object);
}

void FillFromJson(Json object, const ListFields& fields, SourceRecord& record) {
  Taker taker(object);
  if (!fields.id.empty() || record.id.empty()) {
    if (std::string id = taker.TakeText(fields.id, kOwnIdSpellings); !id.empty()) {
      record.id = std::move(id);
    }
  }
  if (record.url.empty()) record.url = taker.TakeText(fields.url, kUrlSpellings);
  const Json latitude = taker.Take(fields.latitude, kLatitudeSpellings);
  const Json longitude = taker.Take(fields.longitude, kLongitudeSpellings);
  record.truth.latitude = ToField(latitude);
  record.truth.longitude = ToField(longitude);
  record.truth.country = taker.TakeText(fields.country, kCountrySpellings);
  if (latitude.is_null() && longitude.is_null() && record.truth.country.empty()) {
    FillPair(taker, fields, record);
  }
  const Json precision = taker.Take(fields.precision, kPrecisionSpellings);
  if (precision.is_number() && precision.get<double>() >= 0) {
    record.precision_km = precision.get<double>();
  } else if (!precision.is_null()) {
    const std::string text = TextOfJson(precision);
    record.truth.centroid = text.find("centroid") != std::string::npos;
    object["precision"] = precision;
  }
  if (!record.precision_km && fields.precision_all_km > 0) {
    record.precision_km = fields.precision_all_km;
  }
  record.kind = taker.TakeText(fields.kind, kKindSpellings);
  record.split = taker.TakeText(fields.split, kSplitSpellings);
  record.author = taker.TakeText(fields.author, kAuthorSpellings);
  record.licence = taker.TakeText(fields.licence, kLicenceSpellings);
  record.taken = taker.TakeText(fields.taken, kTakenSpellings);
  if (!object.empty()) record.extra = DumpJson(object);
}

}  // namespace gre
