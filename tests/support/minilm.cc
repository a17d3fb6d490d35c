#include "support/minilm.h"

#include <cstdlib>
#include <filesystem>

namespace gre::testing {

std::optional<std::string> MiniLmDirectory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string folder = variable("GRE_MINILM");
  if (folder.empty()) {
    const std::string cache = variable("XDG_CACHE_HOME");
    folder =
        (cache.empty() ? variable("HOME") + "/.cache" : cache) + "/gre/models/all-MiniLM-L6-v2";
  }
  if (!std::filesystem::exists(folder + "/model.safetensors")) return std::nullopt;
  return folder;
}

}  // namespace gre::testing
