#include "model/model_report.h"

namespace gre {

std::vector<ModelReport::File> FilesOf(const Checkpoint& checkpoint) {
  std::vector<ModelReport::File> files;
  for (const Checkpoint::File& file : checkpoint.files()) {
    files.push_back({file.name, static_cast<int64_t>(file.map->bytes().size())});
  }
  return files;
}

std::string JoinProblems(const std::vector<std::string>& problems, size_t most) {
  std::string text;
  for (size_t i = 0; i < problems.size() && i < most; ++i) {
    text += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > most) text += " (and " + std::to_string(problems.size() - most) + " more)";
  return text;
}

}  // namespace gre
