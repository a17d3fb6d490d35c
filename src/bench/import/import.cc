#include "bench/import/import.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bench/import/import_formats.h"
#include "core/file.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/photo_id.h"
#include "dataset/photo_index.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

// The ids of a list to keep.
class IdList {
 public:
  static Result<IdList> Read(const std::string& path) {
    constexpr size_t kMaxBytes = size_t{1} << 28;
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxBytes));
    IdList list;
    for (const std::string_view line : Split(text, '\n')) {
      const std::string_view row = Trim(line);
      const std::string_view id = row.substr(0, row.find_first_of(" \t,;"));
      if (!id.empty()) list.stems_.emplace(IdStem(id), false);
    }
    return list;
  }

  bool Take(std::string_view id) {
    const auto found = stems_.find(std::string(IdStem(id)));
    if (found == stems_.end()) return false;
    found->second = true;
    return true;
  }

  [[nodiscard]] size_t CountUnseen() const {
    return static_cast<size_t>(
        std::ranges::count_if(stems_, [](const auto& stem) { return !stem.second; }));
  }

 private:
  std::unordered_map<std::string, bool> stems_;  // -> seen
};

class Importer {
 public:
  Importer(const BenchmarkFormat& format, const std::string& path, const ImportOptions& options)
      : format_(format), path_(path), options_(options) {}

  Result<ImportedBenchmark> Run() {
    if (!options_.photos.empty()) {
      GRE_ASSIGN_OR_RETURN(photos_, PhotoIndex::Open(options_.photos));
    }
    if (!options_.ids.empty()) {
      GRE_ASSIGN_OR_RETURN(ids_, IdList::Read(options_.ids));
    }
    GRE_RETURN_IF_ERROR(ReadImportRows(format_, path_, options_.fields, [&](ImportRow row) {
      if (!IsCancelled()) Take(row);  // passing over the rest takes no time
    }));
    if (IsCancelled()) return Error{ErrorCode::kCancelled, path_ + ": reading was interrupted"};
    GRE_RETURN_IF_ERROR(CheckWhole());
    AddRemarks();
    return std::move(read_);
  }

 private:
  [[nodiscard]] bool IsCancelled() const {
    return options_.cancellation != nullptr && options_.cancellation->IsCancelled();
  }

  void Take(ImportRow& row) {
    ++rows_;
    std::string reason = std::move(row.error);
    if (reason.empty()) reason = Add(row);
    if (!reason.empty()) {
      read_.dropped.push_back({std::move(row.place), std::move(row.id), std::move(reason)});
    }
  }

  // Adds the row's record; else says why not.
  std::string Add(const ImportRow& row) {
    if (row.id.empty()) return "expected an id, found nothing";
    if (ids_ && !ids_->Take(row.id)) return "not in " + options_.ids;
    TruthRecord record = {.id = row.id};
    if (std::string reason = ReadPoint(row, record); !reason.empty()) return reason;
    if (!row.country.empty()) {
      if (const Country* country = FindCountryByName(row.country)) {
        record.country_code = country->code;
      } else {
        ++unknown_countries_;
        example_country_ = row.country;
      }
    }
    record.image = row.image.empty() ? row.id : row.image;
    if (photos_) {
      Result<std::string> image = photos_->Find(record.image);
      if (!image.ok()) return std::move(image).error().message;
      record.image = std::move(*image);
    }
    const auto [seen, is_new] = places_.try_emplace(row.id, row.place);
    if (!is_new) return "the id also stands in " + seen->second;
    for (const auto& [label, value] : row.labels) record.labels.emplace(label, value);
    if (!row.chain.empty()) record.key_steps.push_back(row.chain);
    zero_ += *record.point == LatLng{0, 0} ? 1 : 0;
    read_.records.push_back(std::move(record));
    return "";
  }

  std::string ReadPoint(const ImportRow& row, TruthRecord& record) {
    const auto latitude = row.latitude.AsNumber();
    const auto longitude = row.longitude.AsNumber();
    record.point =
        latitude && longitude ? LatLng::FromDegrees(*latitude, *longitude) : std::nullopt;
    if (record.point) return "";
    std::string reason =
        WrongCoordinates({row.latitude_field, row.latitude}, {row.longitude_field, row.longitude});
    if (latitude && longitude && LatLng::FromDegrees(*longitude, *latitude)) {
      ++exchanged_;
      reason += " (possible only when exchanged)";
    }
    return reason;
  }

  [[nodiscard]] Status CheckWhole() const {
    const auto error = [&](std::string message) -> Status {
      return Error{ErrorCode::kInvalidInput, path_ + ": " + std::move(message)};
    };
    if (exchanged_ > 0 && 100 * exchanged_ > rows_) {
      return error(std::to_string(exchanged_) + " of " + std::to_string(rows_) +
                   " rows have latitudes beyond 90 degrees that are possible as longitudes: the "
                   "two columns are named the wrong way round, as in the first release of "
                   "im2gps3k_places365.csv; name them with --lat and --lon (there: --lat LON --lon "
                   "LAT)");
    }
    if (read_.records.empty()) {
      const std::string why = read_.dropped.empty()
                                  ? "it has no rows"
                                  : "the first is dropped because: " + read_.dropped.front().reason;
      return error("expected records of " + std::string(format_.title) + ", found none of use; " +
                   why);
    }
    const size_t published = format_.published_records;
    if (published > 0 && 4 * read_.records.size() > 5 * published && !options_.any_size) {
      const std::string hint =
          format_.name == "yfcc4k"
              ? " (the list of 25,600 photos that circulates under this name is YFCC26k's)"
          : format_.name == "osv5m" ? " (train.csv holds 4.9 million)"
                                    : "";
      return error("expected the " + std::to_string(published) + " photos of " +
                   std::string(format_.title) + ", found " + std::to_string(read_.records.size()) +
                   ": this is another list" + hint +
                   "; choose its rows with --photos DIR or --ids FILE, or take them all with "
                   "--any-size");
    }
    return {};
  }

  void AddRemarks() {
    const auto remark = [&](std::string text) { read_.remarks.push_back(std::move(text)); };
    const size_t published = format_.published_records;
    if (published > 0 && read_.records.size() != published) {
      remark(std::to_string(read_.records.size()) + " records; " + std::string(format_.title) +
             " was published with " + std::to_string(published) +
             ": compare with published figures in that light");
    }
    if (!format_.remark.empty()) remark(std::string(format_.remark));
    if (zero_ > 0) remark(std::to_string(zero_) + " records lie at exactly 0, 0");
    if (unknown_countries_ > 0) {
      remark(std::to_string(unknown_countries_) + " names of countries are not known, e.g. '" +
             example_country_ + "': their records are kept without one");
    }
    if (ids_ && ids_->CountUnseen() > 0) {
      remark(std::to_string(ids_->CountUnseen()) + " ids of " + options_.ids + " are not in " +
             path_);
    }
  }

  const BenchmarkFormat& format_;
  const std::string& path_;
  const ImportOptions& options_;
  std::optional<PhotoIndex> photos_;
  std::optional<IdList> ids_;
  ImportedBenchmark read_;
  std::unordered_map<std::string, std::string> places_;  // id -> "FILE:LINE"
  size_t rows_ = 0;
  size_t exchanged_ = 0;
  size_t zero_ = 0;
  size_t unknown_countries_ = 0;
  std::string example_country_;
};

}  // namespace

std::vector<std::string_view> BenchmarkFormatNames() {
  std::vector<std::string_view> names;
  for (const BenchmarkFormat& format : BenchmarkFormats()) names.push_back(format.name);
  return names;
}

Result<const BenchmarkFormat*> FindBenchmarkFormat(std::string_view name) {
  const auto formats = BenchmarkFormats();
  const auto found = std::ranges::find(formats, name, &BenchmarkFormat::name);
  if (found != formats.end()) return &*found;
  std::string names;
  for (const BenchmarkFormat& format : formats) {
    names.append(names.empty() ? "" : ", ").append(format.name);
  }
  return Error{ErrorCode::kInvalidArgument, "expected a benchmark's name, one of " + names +
                                                ", found '" + std::string(name) + "'"};
}

std::string_view BenchmarkTitle(const BenchmarkFormat& format) { return format.title; }

Result<ImportedBenchmark> ImportBenchmark(const BenchmarkFormat& format, const std::string& path,
                                          const ImportOptions& options) {
  return Importer(format, path, options).Run();
}

}  // namespace gre
