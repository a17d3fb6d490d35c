#include "generation/server_refusal.h"

namespace gre {

Error DescribeRefusal(const ServerRefusal& refusal) {
  const std::string said = refusal.server + ": the server answered " +
                           std::to_string(refusal.status) +
                           (refusal.message.empty() ? "" : " (" + refusal.message + ")");
  const std::string root = "is --api-url the root of its API, such as …/v1?";
  switch (refusal.status) {
    case 400:
      return {ErrorCode::kInvalidArgument,
              said + ": check that --api-model '" + refusal.model +
                  "' takes images and that photo and answer fit it (--max-pixels, "
                  "--max-new-tokens); --api-dialect chooses the fields that are sent"};
    case 401:
    case 403:
      return {ErrorCode::kRefused,
              said + ": check the key (--api-key-env or --api-key-file) and its rights"};
    case 404:
      return {ErrorCode::kNotFound, said + ": check --api-model '" + refusal.model + "'; " + root};
    case 413:
      return {ErrorCode::kInvalidArgument,
              said + ": the photo is too large for it, lower --max-pixels"};
    case 422:
      return {ErrorCode::kInvalidArgument,
              said + ": it does not understand the request, try another --api-dialect"};
    case 429:
      return {ErrorCode::kUnavailable,
              said + ": rate or quota limit; lower --concurrency or try later" +
                  (refusal.retry_after ? " (Retry-After: " + *refusal.retry_after + ")" : "")};
    default:
      return {refusal.status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
              refusal.status >= 500 ? said : said + ": " + root};
  }
}

}  // namespace gre
