#pragma once

#include <optional>
#include <string>

#include "core/result.h"

namespace gre {

// What a model server answered instead of a completion.
struct ServerRefusal {
  std::string server;
  std::string model;
  int status = 0;
  std::string message;                     // its own words, safe to show; may be empty
  std::optional<std::string> retry_after;  // as sent
};

// The error for a status other than 2xx, with advice for what the status usually means.
Error DescribeRefusal(const ServerRefusal& refusal);

}  // namespace gre
