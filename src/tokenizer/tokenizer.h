#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Byte-level BPE tokenizer read from a Hugging Face tokenizer.json (shape: docs and
// tokenizer/tokenizer.cc). Immutable and thread-safe after loading.
class Tokenizer {
 public:
  // The whole content of a tokenizer.json. Errors name the field, the expected and the found.
  static Result<Tokenizer> FromJson(std::string_view json);
  static Result<Tokenizer> FromFile(const std::string& path);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // Appends nothing but the ids of `text`. `recognise_added` = false treats text such as
  // "<|im_end|>" as ordinary characters (user text); true matches added tokens first (templates).
  [[nodiscard]] std::vector<int32_t> Encode(std::string_view text, bool recognise_added) const;

  // Text of the ids; unknown ids give nothing, invalid UTF-8 becomes U+FFFD.
  [[nodiscard]] std::string Decode(std::span<const int32_t> ids, bool skip_special) const;

  // Raw bytes of one token (special tokens: their content), empty for unknown ids.
  [[nodiscard]] std::string_view TokenBytes(int32_t id) const;
  [[nodiscard]] bool IsSpecial(int32_t id) const;
  [[nodiscard]] std::optional<int32_t> TokenId(std::string_view token) const;
  // One more than the largest id.
  [[nodiscard]] int32_t size() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gre
