#include "cli/results_journal.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/excerpt.h"
#include "core/json.h"
#include "core/strings.h"
#include "localizer/locate_json.h"
#include "localizer/locate_json_reader.h"

namespace gre {
namespace {

constexpr std::string_view kRecordStart = R"({"schema":"gre.locate/1","file":)";
constexpr std::string_view kOutputStart = R"({"schema":"gre.output/1","sha256":)";
constexpr std::string_view kHeaderStart = R"({"schema":"gre.predictions/1",)";
constexpr size_t kMaxReasonBytes = 200;
constexpr char kOutputSchema[] = "gre.output/1";

// Whether `line` may be what is left of one that a killed run, or a failing machine, could not
// finish.
bool IsTornLine(std::string_view line) {
  const auto begins_as = [&](std::string_view start) {
    return line.substr(0, start.size()) == start.substr(0, line.size());
  };
  return begins_as(kRecordStart) || begins_as(kOutputStart) || begins_as(kHeaderStart) ||
         line.find_first_not_of('\0') == std::string_view::npos;
}

Error SystemError(const std::string& path) {
  return {ErrorCode::kUnavailable, path + ": cannot write: " + std::strerror(errno)};
}

}  // namespace

Result<FileLock> FileLock::Take(const std::string& path) {
  constexpr int kTries = 100;  // the file may come and go with other runs
  for (int attempt = 0;; ++attempt) {
    bool created = true;
    UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (fd.get() < 0 && errno == EEXIST) {
      created = false;
      fd = UniqueFd(open(path.c_str(), O_RDWR | O_CLOEXEC));
    }
    if (fd.get() < 0) {
      if (errno == ENOENT && attempt < kTries) {
        continue;
      }
      return SystemError(path);
    }
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return Error{ErrorCode::kUnavailable,
                   path + ": another run is writing this file; wait for it, or name another file"};
    }  // a file system without locks: go on without
    struct stat mine {};
    struct stat current {};
    if (fstat(fd.get(), &mine) == 0 && stat(path.c_str(), &current) == 0 &&
        mine.st_ino == current.st_ino && mine.st_dev == current.st_dev) {
      return FileLock(std::move(fd), path, created);
    }  // it was replaced while the lock was taken
  }
}

FileLock::~FileLock() {
  if (fd_.get() >= 0 && created_) {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0 && info.st_size == 0) {
      unlink(path_.c_str());
    }
  }
}

// What a journal file holds.
struct ResultsJournal::Content {
  std::vector<Record> records;
  std::set<std::string> outputs;
  bool is_ours = true;        // nothing else in it
  std::string damage;         // else the first line that is something else: "PATH:LINE: what"
  bool same_settings = true;  // as this run's
  bool has_header = false;    // this run's
  bool lacks_line_end = false;
};

Result<ResultsJournal::Content> ResultsJournal::Read(const std::string& path) const {
  Content content;
  if (!FileExists(path)) {
    return content;
  }
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, size_t{1} << 40));
  size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    const bool is_last = line.data() + line.size() == text.data() + text.size();
    if (line.empty() && is_last) {
      break;
    }
    const Result<Json> json = ParseJson(line);
    if (line == options_.header) {
      content.has_header = true;
      content.lacks_line_end = is_last;
      continue;
    }
    if (json.ok() && line.starts_with(kHeaderStart)) {  // of other settings
      content.same_settings = false;
      content.lacks_line_end = is_last;
      continue;
    }
    if (json.ok() && json->is_object() && json->value("schema", Json()) == kOutputSchema &&
        json->value("sha256", Json()).is_string()) {
      content.outputs.insert((*json)["sha256"].get<std::string>());
      content.lacks_line_end = is_last;
      continue;
    }
    const Result<LocateResult> result = ReadLocateJson(line);
    const Json run = json.ok() && json->is_object() ? json->value("run", Json()) : Json();
    const auto text_of = [&](const char* key) {
      const Json value = run.is_object() ? run.value(key, Json()) : Json();
      return value.is_string() ? value.get<std::string>() : std::string();
    };
    if (!result.ok() || text_of("settings").empty()) {
      content.is_ours = is_last && IsTornLine(line);
      content.damage = path + ":" + std::to_string(number) + ": " +
                       (result.ok() ? "a result without this program's settings"
                                    : Excerpt(result.error().message, kMaxReasonBytes));
      return content;
    }
    content.same_settings = content.same_settings && text_of("settings") == options_.settings_hash;
    content.lacks_line_end = is_last;
    content.records.push_back({text_of("source"), text_of("input"), *result});
  }
  return content;
}

Result<ResultsJournal> ResultsJournal::Open(Options options) {
  ResultsJournal journal(std::move(options));
  if (!journal.options_.read_only) {
    GRE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(journal.options_.path));
    journal.lock_.emplace(std::move(lock));
  }
  GRE_RETURN_IF_ERROR(journal.Choose());
  return journal;
}

// Which of the two files this run goes on with.
Status ResultsJournal::Choose() {
  GRE_ASSIGN_OR_RETURN(Content beside, Read(new_path()));
  if (!beside.is_ours) {
    return Error{ErrorCode::kInvalidArgument,
                 new_path() + " exists and holds something else than results (" + beside.damage +
                     "); remove or rename it"};
  }
  const bool goes_on_beside = beside.same_settings && !beside.records.empty();
  replaces_ = options_.replace || goes_on_beside;
  if (options_.replace) {
    if (!options_.read_only && unlink(new_path().c_str()) != 0 && errno != ENOENT) {
      return SystemError(new_path());
    }
    return StartAppending({});
  }
  Content content;
  if (goes_on_beside) {
    content = std::move(beside);
  } else {
    GRE_ASSIGN_OR_RETURN(content, Read(options_.path));
  }
  if (!content.is_ours && content.records.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 options_.name +
                     " exists and holds something else than results of this program; "
                     "--force overwrites it"};
  }
  if (!content.is_ours) {
    return Error{ErrorCode::kInvalidArgument,
                 content.damage + "; remove this line to go on with the " +
                     std::to_string(content.records.size()) +
                     " results before it and those behind it, or --force overwrites the file"};
  }
  if (!content.same_settings) {
    return Error{ErrorCode::kInvalidArgument,
                 options_.name +
                     " holds results of other settings (model, samples, seed, ...); "
                     "name another file, or --force overwrites it"};
  }
  outputs_ = std::move(content.outputs);
  for (Record& record : content.records) {
    Remember(std::move(record));
  }
  return StartAppending(content);
}

Status ResultsJournal::StartAppending(const Content& content) {
  if (options_.read_only) {
    return {};
  }
  const std::string path = replaces_ ? new_path() : options_.path;
  if (replaces_) {
    GRE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Take(path));
    new_lock_.emplace(std::move(lock));
  }
  if (content.lacks_line_end) {  // a whole record: only its end is missing
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (fd.get() < 0 || write(fd.get(), "\n", 1) != 1) {
      return SystemError(path);
    }
  }
  GRE_ASSIGN_OR_RETURN(appender_, LineAppender::Open(path));
  if (options_.header.empty() || content.has_header) return {};
  return appender_->Append(options_.header);
}

void ResultsJournal::Remember(Record record) {
  const auto [at, is_new] = index_.try_emplace(record.key(), records_.size());
  if (is_new) {
    records_.push_back(std::move(record));
  } else {
    records_[at->second] = std::move(record);
    has_superseded_lines_ = true;
  }
}

std::string ResultsJournal::Line(const Record& record) const {
  std::string line = LocateJson(record.result);
  line.pop_back();  // the closing brace
  return line + ",\"run\":" +
         DumpJson(Json{{"settings", options_.settings_hash},
                       {"source", record.source},
                       {"input", record.state}}) +
         "}";
}

const ResultsJournal::Record* ResultsJournal::Find(const Key& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &records_[found->second];
}

Status ResultsJournal::Add(Record record) {
  GRE_RETURN_IF_ERROR(appender_->Append(Line(record)));
  Remember(std::move(record));
  return {};
}

Status ResultsJournal::AddOutput(const std::string& content_hash) {
  if (!outputs_.insert(content_hash).second) {
    return {};
  }
  return appender_->Append(DumpJson(Json{{"schema", kOutputSchema}, {"sha256", content_hash}}));
}

Status ResultsJournal::Complete() {
  if (!replaces_ && !has_superseded_lines_) {
    return {};
  }
  GRE_ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(options_.path));
  if (!options_.header.empty()) GRE_RETURN_IF_ERROR(file.Write(options_.header + "\n"));
  for (const Record& record : records_) {
    GRE_RETURN_IF_ERROR(file.Write(Line(record) + "\n"));
  }
  for (const std::string& output : outputs_) {
    GRE_RETURN_IF_ERROR(
        file.Write(DumpJson(Json{{"schema", kOutputSchema}, {"sha256", output}}) + "\n"));
  }
  GRE_RETURN_IF_ERROR(file.Commit());
  if (replaces_) {
    unlink(new_path().c_str());
  }
  return {};
}

}  // namespace gre
