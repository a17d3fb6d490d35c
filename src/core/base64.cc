#include "core/base64.h"

#include <openssl/evp.h>

#include "core/check.h"

namespace gre {

std::string Base64Encode(std::string_view bytes) {
  GRE_CHECK(bytes.size() < (size_t{1} << 30));             // EVP_EncodeBlock counts in int
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // it also writes a closing zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

}  // namespace gre
