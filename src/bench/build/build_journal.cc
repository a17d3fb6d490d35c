#include "bench/build/build_journal.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

constexpr char kHeader[] = R"({"schema":"gre.build/1"})";

}  // namespace

Result<BuildJournal> BuildJournal::Open(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(LineAppender appender, LineAppender::Open(path));
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  BuildJournal journal(std::move(appender));
  if (text.empty()) {
    GRE_RETURN_IF_ERROR(journal.appender_.Append(kHeader));
    return journal;
  }
  size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (number == 1 && line != kHeader) {
      return Error{ErrorCode::kInvalidInput,
                   path +
                       ": expected the journal of a build, found another file; name another "
                       "--out or remove it"};
    }
    if (number == 1 || line.empty()) continue;
    const auto json = ParseJson(line);
    if (!json.ok() || !json->is_object() || !json->contains("value")) {
      return Error{ErrorCode::kInvalidInput, path + ":" + std::to_string(number) +
                                                 ": expected a result of a build; remove the file "
                                                 "to start anew"};
    }
    journal.results_.insert_or_assign(
        Key{Text(*json, "stage"), Text(*json, "photo"), Text(*json, "settings")},
        DumpJson(json->at("value")));
  }
  return journal;
}

std::optional<std::string> BuildJournal::Find(const std::string& stage, const std::string& photo,
                                              const std::string& settings) const {
  const auto found = results_.find({stage, photo, settings});
  if (found == results_.end()) return std::nullopt;
  return found->second;
}

Status BuildJournal::Add(const std::string& stage, const std::string& photo,
                         const std::string& settings, std::string value) {
  const Json line = {
      {"stage", stage}, {"photo", photo}, {"settings", settings}, {"value", Json::parse(value)}};
  GRE_RETURN_IF_ERROR(appender_.Append(DumpJson(line)));
  results_.insert_or_assign({stage, photo, settings}, std::move(value));
  return {};
}

}  // namespace gre
