#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "core/file.h"
#include "core/result.h"

namespace gre {

// Results that were costly to get (a model's answers, what a photo shows): one line of JSON each. A
// command that is killed at any moment goes on with it; results of other settings stay, unused.
// Not thread-safe.
class ResultJournal {
 public:
  // A new file, or one that an earlier run left. `schema` is what its first line says, for example
  // "gre.build/1"; kInvalidInput for a file of another kind.
  static Result<ResultJournal> Open(const std::string& path, std::string_view schema);

  // `subject` names what the result is about by its content (the hash of a photo, of a text),
  // `settings` whatever else it depends on. `value` is JSON.
  [[nodiscard]] std::optional<std::string> Find(const std::string& stage,
                                                const std::string& subject,
                                                const std::string& settings) const;
  Status Add(const std::string& stage, const std::string& subject, const std::string& settings,
             std::string value);

 private:
  explicit ResultJournal(LineAppender appender) : appender_(std::move(appender)) {}
  using Key = std::tuple<std::string, std::string, std::string>;
  LineAppender appender_;
  std::map<Key, std::string> results_;
};

}  // namespace gre
