#include "model/model_report.h"

namespace gre {

std::string JoinProblems(const std::vector<std::string>& problems, size_t most) {
  std::string text;
  for (size_t i = 0; i < problems.size() && i < most; ++i) {
    text += (i == 0 ? "" : "; ") + problems[i];
  }
  if (problems.size() > most) text += " (and " + std::to_string(problems.size() - most) + " more)";
  return text;
}

}  // namespace gre
