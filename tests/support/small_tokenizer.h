#pragma once

#include <string>

namespace gre {

// A tokenizer.json of the supported shape whose vocabulary is the 256 bytes, a handful of merges
// and Qwen's five chat markers: small enough to read, large enough to test with.
std::string SmallTokenizerJson();

}  // namespace gre
