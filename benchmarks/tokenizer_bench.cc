// tokenizer_bench TOKENIZER.json ROUNDS < FRAMED_TEXTS
//
// Encodes the texts of stdin (each a little-endian u32 length and its bytes) on one thread, ROUNDS
// times, and prints one line a round: seconds, then the SHA-256 of all ids (as little-endian i32),
// so that benchmarks/tokenizer_peer.py can check the answers before it compares times.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/sha256.h"
#include "tokenizer/tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER.json ROUNDS < FRAMED_TEXTS\n");
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const auto load_begin = Clock::now();
  const gre::Result<gre::Tokenizer> tokenizer = gre::Tokenizer::FromFile(argv[1]);
  if (!tokenizer.ok()) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message.c_str());
    return 3;
  }
  std::fprintf(stderr, "loaded in %.0f ms\n",
               std::chrono::duration<double, std::milli>(Clock::now() - load_begin).count());

  const std::string input((std::istreambuf_iterator<char>(std::cin)), {});
  std::vector<std::string_view> texts;
  for (size_t i = 0; i + 4 <= input.size();) {
    uint32_t length = 0;
    std::memcpy(&length, input.data() + i, 4);
    texts.push_back(std::string_view(input).substr(i + 4, length));
    i += 4 + length;
  }
  std::vector<std::vector<int32_t>> ids(texts.size());
  for (int round = 0; round < std::atoi(argv[2]); ++round) {
    const auto begin = Clock::now();
    for (size_t i = 0; i < texts.size(); ++i) ids[i] = tokenizer->Encode(texts[i], true);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    gre::Sha256 hash;
    for (const std::vector<int32_t>& text_ids : ids) {
      hash.Update({reinterpret_cast<const char*>(text_ids.data()), text_ids.size() * 4});
    }
    std::printf("%.6f %s\n", seconds, hash.HexDigest().c_str());
  }
}
