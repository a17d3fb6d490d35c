#include <algorithm>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/import/list_spellings.h"
#include "dataset/import/photo_finder.h"
#include "dataset/import/sources.h"

namespace gre {
namespace {

enum Wanted : size_t {
  kId,
  kFile,
  kUrl,
  kLatitude,
  kLongitude,
  kLatitudeLongitude,
  kLongitudeLatitude,
  kCountry,
  kPrecision,
  kKind,
  kSplit,
  kAuthor,
  kLicence,
  kTaken,
  kFixed
};

std::string TextOf(const FieldValue& value) {
  return value.kind == FieldValue::Kind::kNumber ? FormatShortest(value.number)
                                                 : std::string(Trim(value.text));
}

class ListReader {
 public:
  ListReader(RecordFile file, const ImportOptions& options)
      : file_(std::move(file)),
        options_(options),
        finder_(options.root.empty() ? FolderOf(file_.name()) : options.root,
                !options.root.empty()) {}

  Status Read(const RecordSink& sink) {
    GRE_RETURN_IF_ERROR(Resolve());
    size_t last_line = 0;
    for (std::vector<FieldValue> values;;) {
      const Result<bool> more = file_.Next(names_, values);
      if (more.ok() && !*more) return {};
      SourceRecord record;
      record.place = file_.Place();
      if (!more.ok()) {
        // what cannot be read and does not move on is the end of the file
        if (file_.line() == last_line) return more.error();
        last_line = file_.line();
        record.rejected = "unreadable_record";
        record.detail = WithoutPlace(more.error().message);
      } else {
        Fill(values, record);
      }
      GRE_RETURN_IF_ERROR(sink(std::move(record)));
    }
  }

 private:
  static std::string FolderOf(const std::string& file) {
    const std::string folder = std::filesystem::path(file).parent_path().string();
    return folder.empty() ? "." : folder;
  }

  Status Resolve() {
    const ListFields& fields = options_.fields;
    const auto resolve = [&](const std::string& given, std::string_view option,
                             std::span<const std::string_view> spellings) -> Status {
      GRE_ASSIGN_OR_RETURN(std::string name, ResolveField(file_, given, option, spellings));
      names_.push_back(std::move(name));
      return {};
    };
    GRE_RETURN_IF_ERROR(resolve(fields.id, "--id", kIdSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.file, "--file", kFileSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.url, "--url", kUrlSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.latitude, "--lat", kLatitudeSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.longitude, "--lon", kLongitudeSpellings));
    GRE_RETURN_IF_ERROR(
        resolve(fields.latitude_longitude, "--lat-lon", kLatitudeLongitudeSpellings));
    GRE_RETURN_IF_ERROR(
        resolve(fields.longitude_latitude, "--lon-lat", kLongitudeLatitudeSpellings));
    GRE_RETURN_IF_ERROR(ChooseCoordinates());
    GRE_RETURN_IF_ERROR(resolve(fields.country, "--country", kCountrySpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.precision, "--precision", kPrecisionSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.kind, "--kind", kKindSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.split, "--split", kSplitSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.author, "--author", kAuthorSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.licence, "--licence", kLicenceSpellings));
    GRE_RETURN_IF_ERROR(resolve(fields.taken, "--taken", kTakenSpellings));
    GRE_RETURN_IF_ERROR(CheckFields());
    KeepTheRest();
    return {};
  }

  // What a flag names goes before what has a usual name, two fields before one.
  Status ChooseCoordinates() {
    const ListFields& fields = options_.fields;
    const bool two = !fields.latitude.empty() || !fields.longitude.empty();
    const int given = static_cast<int>(two) + static_cast<int>(!fields.latitude_longitude.empty()) +
                      static_cast<int>(!fields.longitude_latitude.empty());
    if (given > 1) {
      return Error{ErrorCode::kInvalidArgument,
                   "expected --lat with --lon, or --lat-lon, or --lon-lat, found several of them"};
    }
    if (given == 1 && !two) {
      names_[kLatitude].clear();
      names_[kLongitude].clear();
    }
    if (names_[kLatitude].empty() != names_[kLongitude].empty()) {
      return Missing("both a latitude and a longitude", "--lat and --lon");
    }
    if (!names_[kLatitude].empty()) names_[kLatitudeLongitude].clear();
    if (!names_[kLatitude].empty() || !names_[kLatitudeLongitude].empty()) {
      names_[kLongitudeLatitude].clear();
    }
    return {};
  }

  [[nodiscard]] Status CheckFields() const {
    if (names_[kLatitude].empty() && names_[kLatitudeLongitude].empty() &&
        names_[kLongitudeLatitude].empty()) {
      const std::span<const std::string_view> spellings(kPairSpellings);
      const auto pair =
          file_.FindField(names_[kCountry].empty() ? spellings : spellings.first(kSurePairs));
      if (pair) {
        return Error{ErrorCode::kInvalidArgument,
                     file_.name() + ": the field '" + *pair +
                         "' may hold two coordinates and nobody says which comes first: name it "
                         "with --lat-lon or --lon-lat"};
      }
      if (names_[kCountry].empty()) {
        return Missing("latitude and longitude, or country", "--lat and --lon, or --country");
      }
    }
    if (options_.photos && names_[kFile].empty() && names_[kUrl].empty()) {
      return Missing("the photo's file or URL",
                     "--file or --url, or import without photos by --no-photos");
    }
    if (names_[kId].empty() && names_[kFile].empty() && names_[kUrl].empty()) {
      return Missing("an id", "--id");
    }
    return {};
  }

  // The columns that mean nothing here are kept all the same.
  void KeepTheRest() {
    const std::string name = AsciiLower(file_.name());
    if (!name.ends_with(".csv") && !name.ends_with(".tsv")) return;  // JSON is kept as such
    for (const std::string& field : file_.fields()) {
      if (field.empty() || std::ranges::find(names_, field) != names_.end()) continue;
      names_.push_back(field);
    }
  }

  [[nodiscard]] Error Missing(std::string_view what, std::string_view option) const {
    return {ErrorCode::kInvalidInput, file_.name() + ": expected a field with " +
                                          std::string(what) + ", found " + DescribeFields(file_) +
                                          "; name it with " + std::string(option)};
  }

  [[nodiscard]] std::string WithoutPlace(const std::string& message) const {
    const std::string prefix = file_.Place() + ": ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }

  void Fill(const std::vector<FieldValue>& values, SourceRecord& record) {
    record.id = TextOf(values[kId]);
    std::string file = TextOf(values[kFile]);
    record.url = TextOf(values[kUrl]);
    if (record.url.empty() && (file.starts_with("http://") || file.starts_with("https://"))) {
      record.url = std::exchange(file, "");
    }
    if (record.id.empty()) record.id = file.empty() ? record.url : file;
    if (options_.photos && !file.empty()) FindPhoto(file, record);
    FillTruth(values, record);
    record.kind = TextOf(values[kKind]);
    record.split = TextOf(values[kSplit]);
    record.author = TextOf(values[kAuthor]);
    record.licence = TextOf(values[kLicence]);
    record.taken = TextOf(values[kTaken]);
    FillExtra(values, record);
  }

  void FindPhoto(const std::string& file, SourceRecord& record) {
    Result<std::string> path = finder_.Find(file + options_.fields.suffix);
    if (path.ok()) {
      record.path = std::move(*path);
    } else if (record.url.empty()) {
      record.missing_file = path.error().message;
    }
  }

  void FillTruth(const std::vector<FieldValue>& values, SourceRecord& record) const {
    record.truth.latitude = values[kLatitude];
    record.truth.longitude = values[kLongitude];
    for (const Wanted field : {kLatitudeLongitude, kLongitudeLatitude}) {
      const FieldValue& both = values[field];
      if (names_[field].empty() || !both.present() || Trim(both.text).empty()) continue;
      const auto pair = SplitPair(both.text);
      if (!pair) {
        record.truth.latitude = both;
      } else {
        const bool latitude_first = field == kLatitudeLongitude;
        record.truth.latitude = latitude_first ? pair->first : pair->second;
        record.truth.longitude = latitude_first ? pair->second : pair->first;
      }
    }
    record.truth.country = TextOf(values[kCountry]);
    if (const auto km = values[kPrecision].AsNumber(); km && *km >= 0) {
      record.precision_km = *km;
    } else {
      record.truth.centroid = values[kPrecision].text.find("centroid") != std::string::npos;
      if (options_.fields.precision_all_km > 0) {
        record.precision_km = options_.fields.precision_all_km;
      }
    }
  }

  // Whatever has no column of its own.
  void FillExtra(const std::vector<FieldValue>& values, SourceRecord& record) const {
    Json extra = Json::object();
    if (file_.json().empty()) {
      for (size_t i = kFixed; i < names_.size(); ++i) {
        if (values[i].present()) extra[names_[i]] = values[i].text;
      }
    } else if (Result<Json> parsed = ParseJson(file_.json()); parsed.ok()) {
      extra = std::move(*parsed);
      // an integer of more than 53 bits
      if (const auto id = extra.find(names_[kId]); id != extra.end() && id->is_number_integer()) {
        record.id = id->dump();
      }
      for (size_t i = 0; i < kFixed; ++i) {
        if (i != kPrecision) extra.erase(names_[i]);
      }
    }
    if (values[kPrecision].present() && !values[kPrecision].AsNumber()) {
      extra[names_[kPrecision]] = values[kPrecision].text;
    } else {
      extra.erase(names_[kPrecision]);
    }
    if (!extra.empty()) record.extra = DumpJson(extra);
  }

  RecordFile file_;
  const ImportOptions& options_;
  PhotoFinder finder_;
  std::vector<std::string> names_;  // Wanted, then the rest
};

}  // namespace

Status ReadListSource(const std::string& source, const ImportOptions& options,
                      const RecordSink& sink) {
  GRE_ASSIGN_OR_RETURN(RecordFile file, RecordFile::Open(source));
  return ListReader(std::move(file), options).Read(sink);
}

}  // namespace gre
