#include "cli/results_file.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "report/locate_json.h"
#include "report/locate_json_reader.h"
#include "report/map_files.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kExtensions = {".json", ".jsonl", ".geojson",
                                                         ".kml",  ".csv",   ".html"};

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
  ResultsFile file(std::move(options));
  const fs::path path = file.options_.path;
  file.extension_ = AsciiLower(path.extension().string());
  if (std::find(kExtensions.begin(), kExtensions.end(), file.extension_) == kExtensions.end()) {
    return Error{
        ErrorCode::kInvalidArgument,
        "--out '" + path.string() +
            "': expected a name that ends in .json, .jsonl, .geojson, .kml, .csv or .html"};
  }
  std::error_code error;
  const fs::path folder = fs::absolute(path, error).parent_path();
  if (error || !fs::is_directory(folder, error)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--out '" + path.string() + "': there is no folder " + folder.string()};
  }
  if (file.is_json_lines()) {
    file.journal_path_ = path.string();
  } else {
    const fs::path runs = fs::path(file.options_.cache_dir) / "runs";
    fs::create_directories(runs, error);
    if (error) {
      return Error{ErrorCode::kUnavailable, runs.string() + ": " + error.message()};
    }
    const std::string whole = (folder / path.filename()).lexically_normal().string();
    file.journal_path_ = (runs / (Sha256Hex(whole).substr(0, 16) + ".jsonl")).string();
  }
  if (!file.options_.force) {
    if (!file.is_json_lines() && FileExists(path.string()) && !FileExists(file.journal_path_)) {
      return Error{ErrorCode::kInvalidArgument,
                   path.string() +
                       " exists and is not of an earlier run that can be continued; "
                       "--force overwrites it"};
    }
    GRE_RETURN_IF_ERROR(file.ReadEarlier());
  }
  // The journal as it counts now: without failures (they are tried again) and torn lines.
  std::string kept;
  for (const auto& [id, entry] : file.earlier_) {
    kept += file.Line(entry.result, entry.fingerprint) + "\n";
  }
  GRE_RETURN_IF_ERROR(WriteFileAtomically(file.journal_path_, kept));
  GRE_ASSIGN_OR_RETURN(file.journal_, LineAppender::Open(file.journal_path_));
  return file;
}

Status ResultsFile::ReadEarlier() {
  if (!FileExists(journal_path_)) {
    return {};
  }
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(journal_path_));
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty()) {
      continue;
    }
    const bool is_torn = line.data() + line.size() == text.data() + text.size();
    if (is_torn) {  // no line end: the run was killed while it wrote
      break;
    }
    const Result<Json> json = ParseJson(line);
    const Result<LocateResult> result = ReadLocateJson(line);
    const Json* run =
        json.ok() && json->is_object() && json->contains("run") ? &(*json)["run"] : nullptr;
    if (!result.ok() || run == nullptr || !run->is_object()) {
      return Error{ErrorCode::kInvalidArgument,
                   options_.path +
                       " exists and holds something else than results of gre locate; "
                       "--force overwrites it"};
    }
    if (run->value("settings", "") != options_.settings_hash) {
      return Error{ErrorCode::kInvalidArgument,
                   options_.path +
                       " holds results of other settings (model, samples, seed, ...); "
                       "name another file, or --force overwrites it"};
    }
    if (result->status != LocateStatus::kFailed) {
      earlier_[result->file] = {run->value("input", ""), *result};
    }
  }
  return {};
}

std::string ResultsFile::Line(const LocateResult& result, const std::string& fingerprint) const {
  std::string line = LocateJson(result);
  line.pop_back();  // the closing brace
  return line + ",\"run\":" +
         DumpJson(Json{{"settings", options_.settings_hash}, {"input", fingerprint}}) + "}";
}

const LocateResult* ResultsFile::Find(const std::string& id, const std::string& fingerprint) const {
  const auto found = earlier_.find(id);
  const bool same =
      found != earlier_.end() && !fingerprint.empty() && found->second.fingerprint == fingerprint;
  return same ? &found->second.result : nullptr;
}

Status ResultsFile::Add(const LocateResult& result, const std::string& fingerprint) {
  return journal_->Append(Line(result, fingerprint));
}

Status ResultsFile::Finish(const std::vector<LocateResult>& results) const {
  if (is_json_lines()) {
    return {};  // it is all there
  }
  std::string content;
  if (extension_ == ".json") {
    content = FormatJsonFile(results, options_.single);
  } else if (extension_ == ".geojson") {
    content = FormatGeoJson(results);
  } else if (extension_ == ".kml") {
    content = FormatKml(results);
  } else if (extension_ == ".csv") {
    content = FormatCsv(results);
  } else {
    content = FormatHtml(results, options_.html);
  }
  return WriteFileAtomically(options_.path, content);
}

}  // namespace gre
