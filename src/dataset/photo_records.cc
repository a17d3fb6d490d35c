#include "dataset/photo_records.h"

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr const char* kKindNames[] = {"street", "travel"};
constexpr const char* kSplitNames[] = {"train", "dev", "test"};

template <typename Value, size_t N>
std::optional<Value> Find(const char* const (&names)[N], std::string_view text) {
  for (size_t i = 0; i < N; ++i) {
    if (text == names[i]) {
      return static_cast<Value>(i);
    }
  }
  return std::nullopt;
}

std::string_view TextOf(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : std::string_view();
}

bool IsCountryCode(const Json& value) {
  if (!value.is_string()) {
    return false;
  }
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
}

Result<PhotoRecord> ParseRecord(const Json& line) {
  const auto get = [&](const char* field) { return line.value(field, Json()); };
  const auto bad = [&](const char* field, const char* expected) {
    return Error{ErrorCode::kInvalidInput, std::string(field) + ": expected " + expected +
                                               ", found " + DumpJson(get(field), -1)};
  };
  PhotoRecord record;
  const Json image = get("image");
  if (TextOf(image).empty()) {
    return bad("image", "a path");
  }
  record.image = TextOf(image);
  const auto kind = ParsePhotoKind(TextOf(get("kind")));
  if (!kind) {
    return bad("kind", "street or travel");
  }
  const auto split = ParsePhotoSplit(TextOf(get("split")));
  if (!split) {
    return bad("split", "train, dev or test");
  }
  record.kind = *kind;
  record.split = *split;
  if (!IsCountryCode(get("country_code"))) {
    return bad("country_code", "two capital letters (ISO 3166-1 alpha-2)");
  }
  record.country_code = get("country_code").get<std::string>();
  const Json latitude = get("latitude");
  const Json longitude = get("longitude");
  if (latitude.is_number() && longitude.is_number()) {
    record.point = LatLng::FromDegrees(latitude.get<double>(), longitude.get<double>());
  }
  if (!record.point && !(latitude.is_null() && longitude.is_null())) {
    return Error{ErrorCode::kInvalidInput,
                 "latitude, longitude: expected degrees, or null for both, found " +
                     DumpJson(latitude, -1) + ", " + DumpJson(longitude, -1)};
  }
  return record;
}

}  // namespace

std::string_view PhotoKindName(PhotoKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::string_view PhotoSplitName(PhotoSplit split) {
  return kSplitNames[static_cast<size_t>(split)];
}

std::optional<PhotoKind> ParsePhotoKind(std::string_view text) {
  return Find<PhotoKind>(kKindNames, text);
}

std::optional<PhotoSplit> ParsePhotoSplit(std::string_view text) {
  return Find<PhotoSplit>(kSplitNames, text);
}

Result<std::vector<PhotoRecord>> ParsePhotoManifest(std::string_view jsonl) {
  std::vector<PhotoRecord> records;
  size_t number = 0;
  for (std::string_view text : Split(jsonl, '\n')) {
    ++number;
    if (Trim(text).empty()) {
      continue;
    }
    const std::string place = "manifest line " + std::to_string(number);
    auto json = ParseJson(text);
    if (!json.ok()) {
      return std::move(json).error().Wrap(place);
    }
    if (!json->is_object()) {
      return Error{ErrorCode::kInvalidInput, place + ": expected a JSON object"};
    }
    auto record = ParseRecord(*json);
    if (!record.ok()) {
      return std::move(record).error().Wrap(place);
    }
    records.push_back(std::move(record).value());
  }
  return records;
}

std::string FormatPhotoManifest(const std::vector<PhotoRecord>& records) {
  std::string text;
  for (const PhotoRecord& record : records) {
    nlohmann::ordered_json line;
    line["image"] = record.image;
    line["kind"] = kKindNames[static_cast<size_t>(record.kind)];
    line["split"] = kSplitNames[static_cast<size_t>(record.split)];
    line["country_code"] = record.country_code;
    line["latitude"] = record.point ? nlohmann::ordered_json(record.point->latitude_deg) : nullptr;
    line["longitude"] =
        record.point ? nlohmann::ordered_json(record.point->longitude_deg) : nullptr;
    text += line.dump() + "\n";
  }
  return text;
}

}  // namespace gre
