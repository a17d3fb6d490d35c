#include "cli/results_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <unistd.h>

#include "cli/settings.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "localizer/locate_json.h"
#include "report/map_files.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kExtensions = {".json", ".jsonl", ".geojson",
                                                         ".kml",  ".csv",   ".html"};
constexpr int kSinglePictureSide = 1280;  // pixels
constexpr int kPictureSide = 560;

Error BadOutput(const std::string& path, const std::string& why) {
  return {ErrorCode::kInvalidArgument, "--out '" + path + "': " + why};
}

// Where the file really lies, behind symbolic links, if something can be written there.
Result<fs::path> CheckTarget(const std::string& given) {
  const std::string extension = AsciiLower(fs::path(given).extension().string());
  if (std::find(kExtensions.begin(), kExtensions.end(), extension) == kExtensions.end()) {
    return BadOutput(given,
                     "expected a name that ends in .json, .jsonl, .geojson, .kml, .csv or .html");
  }
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(given, error), error);
  if (error) {
    return Error{ErrorCode::kUnavailable,
                 "--out '" + given + "': cannot reach its folder: " + error.message()};
  }
  const fs::path folder = path.parent_path();
  if (!fs::is_directory(folder, error)) {
    return BadOutput(given, "there is no folder " + folder.string());
  }
  if (fs::exists(path, error) && !fs::is_regular_file(path, error)) {
    return BadOutput(given, "this is no regular file");
  }
  for (const fs::path& place : {folder, path}) {
    if (fs::exists(place, error) && access(place.c_str(), W_OK) != 0) {
      return Error{ErrorCode::kUnavailable,
                   "--out '" + given + "': no permission to write " + place.string()};
    }
  }
  return path;
}

// The journal of a file that cannot be one itself. Only its owner may look: it says where photos
// were taken.
Result<std::string> JournalPath(const std::string& cache_dir, const fs::path& path) {
  if (cache_dir.empty()) {
    return NoHome();
  }
  return (fs::path(cache_dir) / "runs" / (Sha256Hex(path.string()).substr(0, 16) + ".jsonl"))
      .string();
}

Status MakePrivateFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  return error ? Status(Error{ErrorCode::kUnavailable, folder.string() + ": " + error.message()})
               : Status();
}

std::string FormatJsonFile(const std::vector<LocateResult>& results, bool single) {
  if (single && results.size() == 1) {
    return LocateJson(results[0], 2) + "\n";
  }
  std::string out = "[";
  for (const LocateResult& result : results) {
    out += (out.size() > 1 ? ",\n" : "\n") + LocateJson(result);
  }
  return out + "\n]\n";
}

}  // namespace

Result<ResultsFile> ResultsFile::Open(Options options) {
  GRE_ASSIGN_OR_RETURN(const fs::path path, CheckTarget(options.path));
  const std::string extension = AsciiLower(path.extension().string());
  const bool is_journal = extension == ".jsonl";
  std::string journal_path = path.string();
  if (!is_journal) {
    GRE_ASSIGN_OR_RETURN(journal_path, JournalPath(options.cache_dir, path));
    if (!options.read_only) {
      GRE_RETURN_IF_ERROR(MakePrivateFolder(fs::path(journal_path).parent_path()));
    }
  }
  std::error_code error;
  const bool is_there = fs::exists(path, error) && fs::file_size(path, error) > 0;
  GRE_ASSIGN_OR_RETURN(
      ResultsJournal journal,
      ResultsJournal::Open({.path = journal_path,
                            .name = options.path,
                            .settings_hash = options.settings_hash,
                            .header = is_journal ? options.header : std::string(),
                            .replace = options.force && (is_there || FileExists(journal_path)),
                            .read_only = options.read_only}));
  if (!is_journal && is_there && !journal.replaces()) {
    GRE_ASSIGN_OR_RETURN(const std::string content, ReadFile(path.string(), size_t{1} << 40));
    if (!journal.IsOutput(Sha256Hex(content))) {
      return Error{ErrorCode::kInvalidArgument,
                   options.path +
                       " exists and is not as an earlier run left it, so that it cannot be "
                       "continued; --force overwrites it"};
    }
  }
  options.path = path.string();
  return ResultsFile(std::move(options), extension, journal_path, std::move(journal));
}

const LocateResult* ResultsFile::Find(const ResultsJournal::Key& key,
                                      const std::string& state) const {
  const ResultsJournal::Record* record = journal_.Find(key);
  const bool is_done = record != nullptr && !state.empty() && record->state == state &&
                       record->result.status != LocateStatus::kFailed;
  return is_done ? &record->result : nullptr;
}

std::string ResultsFile::PicturePath(const ResultsJournal::Record& record) const {
  const std::string name = Sha256Hex(record.result.file + "\n" + record.source).substr(0, 16);
  return fs::path(journal_path_).replace_extension(".photos") / (name + ".jpg");
}

Status ResultsFile::Add(ResultsJournal::Record record, const RgbImage* photo) {
  if (extension_ == ".html" && photo != nullptr) {  // before the record: it may be gone later
    const fs::path path = PicturePath(record);
    const Result<std::string> jpeg =
        MakeThumbnail(*photo, options_.single ? kSinglePictureSide : kPictureSide);
    if (jpeg.ok()) {
      GRE_RETURN_IF_ERROR(MakePrivateFolder(path.parent_path()));
      GRE_RETURN_IF_ERROR(WriteFileAtomically(path.string(), *jpeg));
    }
  }
  return journal_.Add(std::move(record));
}

std::string ResultsFile::Format(const std::vector<const ResultsJournal::Record*>& records) const {
  std::vector<LocateResult> results;
  results.reserve(records.size());
  for (const ResultsJournal::Record* record : records) {
    results.push_back(record->result);
  }
  if (extension_ == ".json") {
    return FormatJsonFile(results, options_.single);
  }
  if (extension_ == ".geojson") {
    return FormatGeoJson(results);
  }
  if (extension_ == ".kml") {
    return FormatKml(results);
  }
  if (extension_ == ".csv") {
    return FormatCsv(results);
  }
  HtmlOptions html = options_.html;
  html.photo = [&, next = size_t{0}](const LocateResult&, int) mutable {
    const Result<std::string> jpeg = ReadFile(PicturePath(*records[next++]));
    return jpeg.ok() ? *jpeg : std::string();
  };
  return FormatHtml(results, html);
}

Status ResultsFile::Finish(const std::vector<ResultsJournal::Key>& order, bool complete) {
  if (journal_.replaces() && !complete) {
    return {};
  }
  if (extension_ != ".jsonl") {
    std::vector<const ResultsJournal::Record*> records;
    std::set<ResultsJournal::Key> taken;
    const auto take = [&](const ResultsJournal::Record* record) {
      if (record != nullptr && taken.insert(record->key()).second) {
        records.push_back(record);
      }
    };
    for (const ResultsJournal::Key& key : order) {
      take(journal_.Find(key));
    }
    for (const ResultsJournal::Record& record : journal_.records()) {
      take(&record);
    }
    const std::string content = Format(records);
    GRE_RETURN_IF_ERROR(journal_.AddOutput(Sha256Hex(content)));
    GRE_RETURN_IF_ERROR(WriteFileAtomically(options_.path, content));
  }
  return journal_.Complete();
}

}  // namespace gre
