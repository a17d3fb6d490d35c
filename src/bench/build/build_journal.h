#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "core/file.h"
#include "core/result.h"

namespace gre {

// What is known of the photos of a benchmark that is being built: one line of JSON a result. A
// build that is killed at any moment goes on with it; results of other settings stay, unused.
// Not thread-safe.
class BuildJournal {
 public:
  // A new file, or one that an earlier build left. kInvalidInput for a file of another kind.
  static Result<BuildJournal> Open(const std::string& path);

  // `photo` names the photo's content, `settings` whatever else the result depends on.
  [[nodiscard]] std::optional<std::string> Find(const std::string& stage, const std::string& photo,
                                                const std::string& settings) const;
  Status Add(const std::string& stage, const std::string& photo, const std::string& settings,
             std::string value);

 private:
  explicit BuildJournal(LineAppender appender) : appender_(std::move(appender)) {}
  using Key = std::tuple<std::string, std::string, std::string>;
  LineAppender appender_;
  std::map<Key, std::string> results_;
};

}  // namespace gre
