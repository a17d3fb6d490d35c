#pragma once

#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace gre {

// A folder that appears under its name when it is complete: until Commit it is "OUT.partial", which
// is locked against a second writer and emptied of what an earlier one left.
class ExportFolder {
 public:
  // kInvalidArgument where `out` exists and is not empty: without `force`, or when it holds no
  // export (export.json). kUnavailable where another process is writing it.
  static Result<ExportFolder> Create(const std::string& out, bool force);

  // Where to write.
  [[nodiscard]] const std::string& path() const { return partial_; }
  // Call once, last: the folder takes its name, in place of an earlier export.
  Status Commit();

 private:
  ExportFolder(std::string out, UniqueFd lock);
  std::string out_;
  std::string partial_;
  UniqueFd lock_;
};

inline constexpr char kExportMarker[] = "export.json";

}  // namespace gre
