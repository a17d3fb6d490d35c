#pragma once

#include <optional>
#include <string>

namespace gre::testing {

// The folder of all-MiniLM-L6-v2: $GRE_MINILM, else where tools/setup/fetch_minilm.sh puts it;
// nothing where that has not run.
std::optional<std::string> MiniLmDirectory();

}  // namespace gre::testing
