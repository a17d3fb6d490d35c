#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/cancellation.h"
#include "core/result.h"
#include "net/hub_listing.h"
#include "net/retry.h"

namespace gre {

struct HubOptions {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT
  std::string token;                                // HF_TOKEN; never logged
  std::string cache_dir;                            // HF_HUB_CACHE: holds models--ORG--NAME folders
  RetryPolicy retry;
};

struct FetchProgress {
  std::string_view file;
  int64_t file_bytes = 0;   // of this file, so far
  int64_t done_bytes = 0;   // of all wanted files, so far
  int64_t total_bytes = 0;  // of all wanted files
};
using FetchCallback = std::function<void(const FetchProgress&)>;

// Which files a model directory needs: configuration, tokenizer and safetensors; never pickles or
// code.
bool IsModelFile(std::string_view path);

// "ORG/NAME" with letters, digits, '.', '_' and '-' only.
Status ValidateRepoId(std::string_view repo);

// The files of `repo` at `revision` (branch, tag or commit).
Result<HubListing> ListRepo(const HubOptions& options, const std::string& repo,
                            const std::string& revision, const CancellationToken& cancellation);

// Downloads what `wanted` accepts into the Hugging Face cache layout and returns the snapshot
// folder. Files that are there are kept; a part of a file left by an earlier run is continued;
// every file is checked against the hub's checksum before it gets its name. Safe to interrupt at
// any moment and to run again; a second run beside the first is refused. Refuses file names that
// leave the folder, a disk without room, and to send the token unencrypted.
Result<std::string> FetchModel(const HubOptions& options, const std::string& repo,
                               const std::string& revision,
                               const std::function<bool(std::string_view)>& wanted,
                               const FetchCallback& progress,
                               const CancellationToken& cancellation);

// The newest snapshot folder of `repo` in the cache that holds a config.json, kNotFound otherwise.
Result<std::string> FindCachedModel(const std::string& cache_dir, const std::string& repo);

}  // namespace gre
