#include "dataset/import/import.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/file.h"
#include "core/strings.h"
#include "dataset/import/record_importer.h"
#include "dataset/import/sources.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

std::string BaseName(const std::string& source) {
  fs::path path = fs::path(source).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  if (path.filename() == "." || path.filename() == "..") path = fs::weakly_canonical(path);
  return path.filename().string();
}

// Tar files in the folder itself: one deep below photos is no data set.
bool HoldsShards(const std::string& folder) {
  std::error_code error;
  bool shards = false;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    if (IsPhotoFile(it->path().string())) return false;
    shards = shards || IsShard(it->path().string());
  }
  return shards;
}

Status ReadSource(SourceFormat format, const std::string& source, const ImportOptions& options,
                  const RecordSink& sink) {
  switch (format) {
    case SourceFormat::kFolder:
      return ReadFolderSource(source, options, sink);
    case SourceFormat::kPhotoFolder:
      return ReadPhotoFolderSource(source, options, sink);
    case SourceFormat::kList:
      return ReadListSource(source, options, sink);
    case SourceFormat::kYfcc:
      return ReadYfccSource(source, options, sink);
    case SourceFormat::kShards:
      return ReadShardSource(source, options, sink);
    case SourceFormat::kConversations:
      return ReadConversationSource(source, options, sink);
    case SourceFormat::kAuto:
      break;
  }
  return Error{ErrorCode::kInternal, source + ": its format is not known"};
}

}  // namespace

Result<SourceFormat> DetectFormat(const std::string& source) {
  if (DirectoryExists(source)) {
    if (FileExists(source + "/splits.csv")) return SourceFormat::kPhotoFolder;
    GRE_ASSIGN_OR_RETURN(const bool conversations, HoldsConversations(source));
    if (conversations) return SourceFormat::kConversations;
    if (HoldsShards(source)) return SourceFormat::kShards;
    return SourceFormat::kFolder;
  }
  if (!FileExists(source)) {
    return Error{ErrorCode::kNotFound, source + ": expected a file or a folder, found nothing"};
  }
  if (IsShard(source)) return SourceFormat::kShards;
  const std::string lower = AsciiLower(source);
  constexpr std::array<std::string_view, 5> kLists = {".csv", ".tsv", ".json", ".jsonl", ".ndjson"};
  const auto ends = [&](std::string_view extension) { return lower.ends_with(extension); };
  if (std::ranges::any_of(kLists, ends)) {
    GRE_ASSIGN_OR_RETURN(const bool conversations, HoldsConversations(source));
    return conversations ? SourceFormat::kConversations : SourceFormat::kList;
  }
  return Error{
      ErrorCode::kInvalidInput,
      source + ": expected a folder, a list (.csv, .tsv, .json, .jsonl) or a shard (.tar)"};
}

Result<ImportReport> ImportInto(Dataset& dataset, const ImportOptions& options,
                                const CancellationToken& cancellation,
                                const std::function<void(const ImportProgress&)>& progress) {
  if (options.sources.empty()) {
    return Error{ErrorCode::kInvalidArgument, "expected at least one source: --from SOURCE"};
  }
  std::vector<SourceFormat> formats;
  for (const std::string& source : options.sources) {
    SourceFormat format = options.format;
    if (format == SourceFormat::kAuto) {
      GRE_ASSIGN_OR_RETURN(format, DetectFormat(source));
    }
    formats.push_back(format);
  }
  ImportReport report;
  int64_t seen = 0;
  for (size_t i = 0; i < options.sources.size() && !report.interrupted; ++i) {
    const std::string& source = options.sources[i];
    RecordImporter importer(dataset, options,
                            options.source_name.empty() ? BaseName(source) : options.source_name,
                            report);
    const Status read = ReadSource(formats[i], source, options, [&](SourceRecord record) -> Status {
      if (cancellation.IsCancelled()) {
        return Error{ErrorCode::kCancelled, source + ": interrupted"};
      }
      if (progress) progress({.done = ++seen});
      return importer.Add(std::move(record));
    });
    const bool cancelled = !read.ok() && read.error().code == ErrorCode::kCancelled;
    // what was read before an error is right, and a run that is interrupted keeps it
    GRE_RETURN_IF_ERROR(importer.Finish());
    if (!read.ok() && !cancelled) return read.error();
    report.interrupted = cancelled;
  }
  if (report.added > 0) {
    PhotoTable photos(dataset.database());
    // one statement, so a transaction of its own
    GRE_ASSIGN_OR_RETURN(const int64_t duplicated,
                         photos.FlagDuplicatedCoordinates("import", "duplicated_coordinates"));
    if (duplicated > 0) report.flagged["duplicated_coordinates"] = duplicated;
  }
  if (options.photos && options.download && !report.interrupted) {
    GRE_ASSIGN_OR_RETURN(report.downloads, DownloadWanted(dataset, options.downloads, cancellation,
                                                          [&](int64_t done, int64_t total) {
                                                            if (progress)
                                                              progress({true, done, total});
                                                          }));
    report.interrupted = cancellation.IsCancelled();
  }
  return report;
}

}  // namespace gre
