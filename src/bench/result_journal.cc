#include "bench/result_journal.h"

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

}  // namespace

Result<ResultJournal> ResultJournal::Open(const std::string& path, std::string_view schema) {
  const std::string header = DumpJson(Json{{"schema", schema}});
  GRE_ASSIGN_OR_RETURN(LineAppender appender, LineAppender::Open(path));
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ResultJournal journal(std::move(appender));
  if (text.empty()) {
    GRE_RETURN_IF_ERROR(journal.appender_.Append(header));
    return journal;
  }
  size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (number == 1 && line != header) {
      return Error{ErrorCode::kInvalidInput,
                   Concat({path, ": expected results that begin with ", header,
                           ", found another file; name another one or remove it"})};
    }
    if (number == 1 || line.empty()) continue;
    const auto json = ParseJson(line);
    if (!json.ok() || !json->is_object() || !json->contains("value")) {
      return Error{ErrorCode::kInvalidInput, path + ":" + std::to_string(number) +
                                                 ": expected a line with a result; remove the "
                                                 "file to start anew"};
    }
    journal.results_.insert_or_assign(
        Key{Text(*json, "stage"), Text(*json, "photo"), Text(*json, "settings")},
        DumpJson(json->at("value")));
  }
  return journal;
}

std::optional<std::string> ResultJournal::Find(const std::string& stage, const std::string& subject,
                                               const std::string& settings) const {
  const auto found = results_.find({stage, subject, settings});
  if (found == results_.end()) return std::nullopt;
  return found->second;
}

Status ResultJournal::Add(const std::string& stage, const std::string& subject,
                          const std::string& settings, std::string value) {
  const Json line = {
      {"stage", stage}, {"photo", subject}, {"settings", settings}, {"value", Json::parse(value)}};
  GRE_RETURN_IF_ERROR(appender_.Append(DumpJson(line)));
  results_.insert_or_assign({stage, subject, settings}, std::move(value));
  return {};
}

}  // namespace gre
