#include "cli/api_key.h"

#include <utility>

#include "core/file.h"
#include "core/strings.h"
#include "net/secrets.h"

namespace gre {
namespace {

constexpr char kDefaultVariable[] = "GRE_API_KEY";

}  // namespace

Result<std::string> ReadApiKey(const ApiKeySource& source, const Environment& environment) {
  std::string place = source.file;
  std::string text;
  if (!source.file.empty()) {
    if (!source.variable.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "--api-key-file and --api-key-env exclude each other"};
    }
    GRE_ASSIGN_OR_RETURN(text, ReadFile(source.file, 64 << 10));
  } else {
    place = source.variable.empty() ? kDefaultVariable : source.variable;
    text = environment(place).value_or("");
  }
  std::string key(Trim(text));
  const bool named = !source.file.empty() || !source.variable.empty();
  if (key.empty() && named) {
    return Error{ErrorCode::kInvalidArgument,
                 place + (source.file.empty() ? ": this variable is not set or empty"
                                              : ": this file holds no key")};
  }
  if (Status status = CheckSecret(key); !status.ok()) {
    return std::move(status).error().Wrap(place);
  }
  return key;
}

}  // namespace gre
