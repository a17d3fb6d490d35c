#pragma once

#include <string>

#include "cli/settings.h"
#include "core/result.h"

namespace gre {

// Where a server's key comes from; never the command line, where other users of the machine could
// read it.
struct ApiKeySource {
  std::string variable;  // --api-key-env: "" = GRE_API_KEY, where it is set
  std::string file;      // --api-key-file
};

// The key; "" where none is named and GRE_API_KEY is not set. Errors name the source, not the key.
Result<std::string> ReadApiKey(const ApiKeySource& source, const Environment& environment);

}  // namespace gre
