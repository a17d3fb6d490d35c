// The public sets' own field names, as their releases and the code that reads them have it.
#include <algorithm>

#include "dataset/import/list_fields.h"

namespace gre {
namespace {

// Tables of the GeoEstimation release (github.com/TIBHannover/GeoEstimation, releases v1.0 and
// pytorch): IMG_ID, AUTHOR, LAT, LON, S3_Label, S16_Label, S365_Label, Prob_…. mp16_places365.csv
// is MP-16, im2gps3k_places365.csv Im2GPS3k. IMG_ID of MP-16 is a path, "98/f2/2385393232.jpg",
// which some archives spell 98_f2_2385393232.jpg.
constexpr std::string_view kFlickrTerms = "Flickr (YFCC100M), Creative Commons";

const ListPreset kPresets[] = {
    {.name = "mp16",
     .title = "MP-16",
     .fields = {.id = "IMG_ID",
                .file = "IMG_ID",
                .latitude = "LAT",
                .longitude = "LON",
                .author = "AUTHOR"},
     .source = kFlickrTerms},
    // huggingface.co/datasets/Jia-py/MP16-Pro: MP16_Pro_filtered.csv and MP16_Pro_places365.csv,
    // the same with neighbourhood, city, county, state, region, country, country_code, continent.
    {.name = "mp16-pro",
     .title = "MP16-Pro",
     .fields = {.id = "IMG_ID",
                .file = "IMG_ID",
                .latitude = "LAT",
                .longitude = "LON",
                .country = "country"},
     .source = kFlickrTerms},
    {.name = "im2gps3k",
     .title = "Im2GPS3k",
     .fields = {.id = "IMG_ID",
                .file = "IMG_ID",
                .latitude = "LAT",
                .longitude = "LON",
                .author = "AUTHOR"},
     .source = "Flickr, Creative Commons"},
    // huggingface.co/datasets/osv5m/osv5m (osv5m.py names the columns of train.csv and test.csv):
    // id, latitude, longitude, thumb_original_url, country, sequence, captured_at, …,
    // unique_country, creator_username, creator_id; photos are named ID.jpg.
    {.name = "osv5m",
     .title = "OSV-5M",
     .fields = {.id = "id",
                .file = "id",
                .latitude = "latitude",
                .longitude = "longitude",
                .country = "country",
                .author = "creator_username",
                .taken = "captured_at",
                .suffix = ".jpg"},
     .source = "Mapillary, CC BY-SA"},
    // github.com/cvdfoundation/google-landmark: train.csv is id, url, landmark_id and
    // train_attribution.csv id, url, author, license, title. Neither holds coordinates: they have
    // to be joined to it under the names below.
    {.name = "google-landmarks",
     .title = "Google Landmarks v2",
     .fields = {.id = "id", .url = "url", .latitude = "latitude", .longitude = "longitude"},
     .source = "Wikimedia Commons, free licences"},
};

}  // namespace

std::vector<std::string> ListPresetNames() {
  std::vector<std::string> names;
  for (const ListPreset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

Result<ListPreset> FindListPreset(std::string_view name) {
  const auto* const preset = std::ranges::find(kPresets, name, &ListPreset::name);
  if (preset != std::end(kPresets)) return *preset;
  std::string names;
  for (const ListPreset& known : kPresets) (names += names.empty() ? "" : ", ") += known.name;
  return Error{ErrorCode::kInvalidArgument,
               "--preset: expected one of " + names + ", found '" + std::string(name) + "'"};
}

ListFields Merged(const ListFields& given, const ListFields& preset) {
  ListFields fields = given;
  const auto fill = [](std::string& field, const std::string& other) {
    if (field.empty()) field = other;
  };
  fill(fields.id, preset.id);
  fill(fields.file, preset.file);
  fill(fields.url, preset.url);
  if (given.latitude_longitude.empty() && given.longitude_latitude.empty()) {
    fill(fields.latitude, preset.latitude);
    fill(fields.longitude, preset.longitude);
  }
  fill(fields.country, preset.country);
  fill(fields.precision, preset.precision);
  fill(fields.kind, preset.kind);
  fill(fields.split, preset.split);
  fill(fields.author, preset.author);
  fill(fields.licence, preset.licence);
  fill(fields.taken, preset.taken);
  fill(fields.suffix, preset.suffix);
  return fields;
}

}  // namespace gre
