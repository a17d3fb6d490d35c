#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace gre {

// What `gre model info` and `gre model check` tell about a model directory.
struct ModelReport {
  struct File {
    std::string name;
    int64_t bytes = 0;
  };

  std::string architecture;
  std::vector<std::string> problems;  // everything that keeps it from loading, one line each
  std::vector<std::string> notes;     // oddities that do not
  std::string stored_dtype;           // "bfloat16"
  int64_t text_parameters = 0;
  int64_t vision_parameters = 0;
  int64_t layers = 0;
  int64_t hidden_size = 0;
  int64_t vocab_size = 0;
  int64_t context_tokens = 0;
  int64_t kv_values_per_token = 0;  // numbers that one token adds to the cache
  std::vector<File> files;
};

std::vector<ModelReport::File> FilesOf(const Checkpoint& checkpoint);

// "a; b; c (and 7 more)"
std::string JoinProblems(const std::vector<std::string>& problems, size_t most = 5);

}  // namespace gre
