// The benchmarks' own field names, as their releases and the code that reads them have it.
#include "bench/import/import_formats.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/yfcc_table.h"

namespace gre {
namespace {

// GREval-Bench: GREval-Bench.json, an array (or lines) of sample_id, image_path, gt_cot, gt_lat,
// gt_lon.
constexpr std::string_view kGrevalIds[] = {"sample_id", "id", "image_path", "image"};
constexpr std::string_view kGrevalImages[] = {"image_path", "image"};
constexpr std::string_view kGrevalLatitudes[] = {"gt_lat", "latitude", "lat"};
constexpr std::string_view kGrevalLongitudes[] = {"gt_lon", "gt_lng", "longitude", "lon"};
constexpr std::string_view kGrevalChains[] = {"gt_cot"};
constexpr LabelColumn kGrevalLabels[] = {
    {"category", "category"}, {"environment", "environment"}, {"indicator", "indicator"}};

// Tables of the GeoEstimation release (im2gps3k_places365.csv, yfcc4k_places365.csv): IMG_ID,
// AUTHOR, LAT, LON, S3_Label, S16_Label, S365_Label, Prob_…; derived ones: path or id, lat, lon.
constexpr std::string_view kFlickrIds[] = {"img_id", "image_id", "id", "path", "file", "image"};
constexpr std::string_view kLatitudes[] = {"lat", "latitude", "gt_lat"};
constexpr std::string_view kLongitudes[] = {"lon", "lng", "longitude", "gt_lon", "gt_lng"};
constexpr std::string_view kCountries[] = {"country_code", "country"};
constexpr std::string_view kScenes[] = {"indoor", "natural", "urban"};
constexpr std::string_view kEnvironments[] = {"indoor", "outdoor", "outdoor"};
constexpr LabelColumn kFlickrLabels[] = {{"s3_label", "scene", kScenes},
                                         {"s3_label", "environment", kEnvironments},
                                         {"s16_label", "places365_16"},
                                         {"s365_label", "places365"}};

// GWS15k: never released with photos; tables of it hold path, lat, lon or image_id, city, country,
// lat, lon, heading, or lines of ID, LAT, LON, city, country.
constexpr std::string_view kStreetIds[] = {"image_id", "id",       "path",    "img_id",
                                           "image",    "filename", "pano_id", "panoid"};
constexpr LabelColumn kStreetLabels[] = {{"city", "city"}, {"region", "region"}};

// OSV-5M: test.csv with id, latitude, longitude, country, region, sub-region, city, … and photos
// named ID.jpg.
constexpr std::string_view kOsvIds[] = {"id", "image_id"};
constexpr std::string_view kOsvLatitudes[] = {"latitude", "lat"};
constexpr std::string_view kOsvLongitudes[] = {"longitude", "lon", "lng"};
constexpr std::string_view kOsvCountries[] = {"country", "unique_country"};
constexpr LabelColumn kOsvLabels[] = {{"region", "region"},
                                      {"sub-region", "sub-region"},
                                      {"city", "city"},
                                      {"land_cover", "land_cover"},
                                      {"drive_side", "drive_side"},
                                      {"climate", "climate"},
                                      {"soil", "soil"}};

constexpr BenchmarkFormat kFormats[] = {
    {.name = "greval",
     .title = "GREval-Bench",
     .published_records = 3000,
     .ids = kGrevalIds,
     .latitudes = kGrevalLatitudes,
     .longitudes = kGrevalLongitudes,
     .images = kGrevalImages,
     .chains = kGrevalChains,
     .labels = kGrevalLabels,
     .remark = "the released file holds neither scene categories nor indicators nor separate key "
               "steps: scores by scene and indicator cannot be computed from it"},
    {.name = "im2gps3k",
     .title = "Im2GPS3k",
     .published_records = 3000,
     .ids = kFlickrIds,
     .latitudes = kLatitudes,
     .longitudes = kLongitudes,
     .labels = kFlickrLabels,
     .remark = "scenes were named by a classifier, not by people"},
    {.name = "yfcc4k",
     .title = "YFCC4k",
     .published_records = 4536,
     .ids = kFlickrIds,
     .latitudes = kLatitudes,
     .longitudes = kLongitudes,
     .labels = kFlickrLabels},
    {.name = "gws15k",
     .title = "GWS15k",
     .published_records = 15000,
     .ids = kStreetIds,
     .latitudes = kLatitudes,
     .longitudes = kLongitudes,
     .countries = kCountries,
     .labels = kStreetLabels,
     .remark = "the photos of GWS15k were never released: those of this table may differ from the "
               "published evaluation's"},
    {.name = "streetview",
     .title = "Google StreetView",
     .ids = kStreetIds,
     .latitudes = kLatitudes,
     .longitudes = kLongitudes,
     .countries = kCountries,
     .labels = kStreetLabels,
     .remark = "the form of the published labels is not documented: any table of image, latitude "
               "and longitude is read"},
    {.name = "osv5m",
     .title = "OSV-5M",
     .published_records = 210122,
     .ids = kOsvIds,
     .latitudes = kOsvLatitudes,
     .longitudes = kOsvLongitudes,
     .countries = kOsvCountries,
     .labels = kOsvLabels},
};

std::string TextOf(const FieldValue& value) {
  return value.kind == FieldValue::Kind::kNumber ? FormatShortest(value.number)
                                                 : std::string(Trim(value.text));
}

// Cells that pandas wrote for what is missing. "NA" is Namibia.
std::string LabelOf(const FieldValue& value) {
  std::string text = TextOf(value);
  if (text == "NaN" || text == "nan") text.clear();
  return text;
}

// Tables and records under field names.
class NamedRows {
 public:
  NamedRows(const BenchmarkFormat& format, RecordFile file)
      : format_(format), file_(std::move(file)) {}

  Status Read(const TruthFields& fields, const std::function<void(ImportRow)>& take) {
    GRE_RETURN_IF_ERROR(Resolve(fields));
    size_t last_line = 0;
    for (std::vector<FieldValue> values;;) {
      const Result<bool> more = file_.Next(names_, values);
      if (more.ok() && !*more) return {};
      if (!more.ok()) {
        // What cannot be read and does not move on is the end of the file.
        if (file_.line() == last_line) return more.error();
        last_line = file_.line();
        take({.place = file_.Place(), .error = WithoutPlace(more.error().message)});
        continue;
      }
      take(MakeRow(values));
    }
  }

 private:
  enum Wanted : size_t { kId, kLatitude, kLongitude, kImage, kCountry, kChain, kFixed };

  Status Resolve(const TruthFields& fields) {
    const auto resolve = [&](const std::string& given, std::string_view option,
                             std::span<const std::string_view> spellings) -> Status {
      GRE_ASSIGN_OR_RETURN(std::string name, ResolveField(file_, given, option, spellings));
      names_.push_back(std::move(name));
      return {};
    };
    GRE_RETURN_IF_ERROR(resolve(fields.id, "--id", format_.ids));
    GRE_RETURN_IF_ERROR(resolve(fields.latitude, "--lat", format_.latitudes));
    GRE_RETURN_IF_ERROR(resolve(fields.longitude, "--lon", format_.longitudes));
    GRE_RETURN_IF_ERROR(resolve("", "", format_.images));
    GRE_RETURN_IF_ERROR(resolve("", "", format_.countries));
    GRE_RETURN_IF_ERROR(resolve("", "", format_.chains));
    for (const auto& [field, what] :
         {std::pair(kId, "an id (--id)"), std::pair(kLatitude, "a latitude (--lat)"),
          std::pair(kLongitude, "a longitude (--lon)")}) {
      if (!names_[field].empty()) continue;
      return Error{ErrorCode::kInvalidInput, file_.name() + ": expected a field of " +
                                                 std::string(format_.title) + " with " + what +
                                                 ", found " + DescribeFields(file_)};
    }
    for (const LabelColumn& label : format_.labels) {
      names_.push_back(file_.FindField(std::span(&label.column, 1)).value_or(""));
    }
    return {};
  }

  [[nodiscard]] ImportRow MakeRow(std::span<const FieldValue> values) const {
    ImportRow row = {.place = file_.Place(),
                     .id = TextOf(values[kId]),
                     .image = TextOf(values[kImage]),
                     .latitude = values[kLatitude],
                     .longitude = values[kLongitude],
                     .latitude_field = names_[kLatitude],
                     .longitude_field = names_[kLongitude],
                     .country = LabelOf(values[kCountry]),
                     .chain = values[kChain].text};
    for (size_t i = 0; i < format_.labels.size(); ++i) {
      const LabelColumn& column = format_.labels[i];
      std::string value = LabelOf(values[kFixed + i]);
      if (value.empty()) continue;
      if (!column.values.empty()) {
        const auto number = ParseInt(value);
        if (!number || *number < 0 || static_cast<size_t>(*number) >= column.values.size())
          continue;
        value = column.values[static_cast<size_t>(*number)];
      }
      row.labels.emplace_back(column.label, std::move(value));
    }
    return row;
  }

  [[nodiscard]] std::string WithoutPlace(const std::string& message) const {
    const std::string prefix = file_.Place() + ": ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }

  const BenchmarkFormat& format_;
  RecordFile file_;
  std::vector<std::string> names_;  // Wanted, then the labels
};

// Rows of the YFCC100M table (info.txt of YFCC4k).
Status ReadYfccRows(const std::string& path, const std::function<void(ImportRow)>& take) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()),
                              file->bytes().size());
  size_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view record = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (record.ends_with('\r')) record.remove_suffix(1);
    if (Trim(record).empty()) continue;
    ImportRow row = {.place = path + ":" + std::to_string(line)};
    const Result<YfccRow> parsed = ParseYfccRow(record);
    if (!parsed.ok()) {
      row.error = parsed.error().message;
    } else {
      const auto cell = [](std::string_view content) {
        FieldValue value;
        value.text = content;
        value.kind = content.empty() ? FieldValue::Kind::kMissing : FieldValue::Kind::kText;
        return value;
      };
      row.id = parsed->id;
      row.image = row.id + ".jpg";
      row.latitude = cell(parsed->latitude);
      row.longitude = cell(parsed->longitude);
      if (!parsed->accuracy.empty()) {
        row.labels.emplace_back("flickr_accuracy", parsed->accuracy);
      }
    }
    take(std::move(row));
  }
  return {};
}

// One object of photo name -> lines of its Flickr text, among them "latitude: X" and "longitude: Y"
// (info.json of Im2GPS and Im2GPS3k).
void ReadInfoRows(const std::string& path, const Json& info,
                  const std::function<void(ImportRow)>& take) {
  size_t index = 0;
  for (const auto& [name, lines] : info.items()) {
    ImportRow row = {
        .place = path + ": entry " + std::to_string(++index), .id = name, .image = name};
    for (const Json& line : lines) {
      if (!line.is_string()) continue;
      const std::string text = line.get<std::string>();
      for (const auto& [prefix, value] :
           {std::pair("latitude: ", &row.latitude), std::pair("longitude: ", &row.longitude)}) {
        if (!text.starts_with(prefix)) continue;
        value->kind = FieldValue::Kind::kText;
        value->text = Trim(std::string_view(text).substr(std::string_view(prefix).size()));
      }
    }
    take(std::move(row));
  }
}

bool IsInfoObject(const Json& json) {
  return json.is_object() && !json.empty() &&
         std::ranges::all_of(json, [](const Json& value) { return value.is_array(); });
}

}  // namespace

std::span<const BenchmarkFormat> BenchmarkFormats() { return kFormats; }

Status ReadImportRows(const BenchmarkFormat& format, const std::string& path,
                      const TruthFields& fields, const std::function<void(ImportRow)>& take) {
  const std::string lower = AsciiLower(path);
  if (format.name == "yfcc4k" && lower.ends_with(".txt")) return ReadYfccRows(path, take);
  if (format.ids.data() == kFlickrIds && lower.ends_with(".json")) {
    const auto json = ReadJsonFile(path);
    if (json.ok() && IsInfoObject(*json)) {
      ReadInfoRows(path, *json, take);
      return {};
    }
  }
  GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(path));
  return NamedRows(format, std::move(file)).Read(fields, take);
}

}  // namespace gre
