#include "experiment/stage_folder.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/strings.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

struct Record {
  std::string settings;
  double seconds = 0;
  bool finished = false;
};

Result<Record> ReadRecord(const std::string& path) {
  if (!FileExists(path)) return Record{};
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  GRE_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  if (!json.is_object() || !json.contains("settings") || !json["settings"].is_string() ||
      !json.contains("seconds") || !json["seconds"].is_number() || !json.contains("finished") ||
      !json["finished"].is_boolean()) {
    return Error{ErrorCode::kInvalidInput, path + ": expected settings, seconds and finished"};
  }
  return Record{json["settings"].get<std::string>(), json["seconds"].get<double>(),
                json["finished"].get<bool>()};
}

Status WriteRecord(const std::string& path, const Record& record) {
  const nlohmann::ordered_json json = {
      {"settings", record.settings}, {"seconds", record.seconds}, {"finished", record.finished}};
  return WriteFileAtomically(path, json.dump() + "\n");
}

}  // namespace

Result<FinishedStage> RunStage(const std::string& name, const std::string& folder,
                               const std::string& settings, const std::function<Status()>& work) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{ErrorCode::kUnavailable, Concat({folder, ": ", error.message()})};
  const std::string path = folder + "/stage.json";
  GRE_ASSIGN_OR_RETURN(Record record, ReadRecord(path));
  const std::string hash = Sha256Hex(settings);
  if (!record.settings.empty() && record.settings != hash) {
    return Error{
        ErrorCode::kInvalidArgument,
        Concat({folder, ": the stage '", name,
                "' was begun with other settings or data; remove the folder to do it anew, "
                "or choose another run.directory"})};
  }
  if (record.finished) return FinishedStage{name, hash, record.seconds};
  LogInfo(Concat({"stage ", name}));
  record.settings = hash;
  GRE_RETURN_IF_ERROR(WriteRecord(path, record));
  const auto start = Clock::now();
  const Status done = work();
  record.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  record.finished = done.ok();
  GRE_RETURN_IF_ERROR(WriteRecord(path, record));
  GRE_RETURN_IF_ERROR(Status(done));
  LogInfo(Concat({"stage ", name, ": done in ", FormatFixed(record.seconds, 0), " s"}));
  return FinishedStage{name, hash, record.seconds};
}

}  // namespace gre
