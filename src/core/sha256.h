#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace gre {

// Incremental SHA-256 (OpenSSL).
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void Update(std::string_view bytes);
  // 64 lower-case hex digits; the object may not be used afterwards.
  std::string HexDigest();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);
// Of a file of any size, which is read in pieces.
Result<std::string> Sha256HexOfFile(const std::string& path);

}  // namespace gre
