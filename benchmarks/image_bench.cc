// image_bench ROUNDS MAX_PIXELS FILE...
//
// Decodes, resizes and patches each photo ROUNDS times on one thread and prints one line a round
// and file: milliseconds for decode, resize and patches, then the SHA-256 of the resized bytes, so
// that benchmarks/image_peer.py can check the answers before it compares times.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "core/file.h"
#include "core/sha256.h"
#include "image/decode.h"
#include "image/patches.h"
#include "image/resize.h"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: image_bench ROUNDS MAX_PIXELS FILE...\n");
    return 2;
  }
  using Clock = std::chrono::steady_clock;
  const auto ms = [](Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double, std::milli>(end - begin).count();
  };
  gre::SmartResizeOptions options;
  options.max_pixels = std::atoll(argv[2]);
  for (int i = 3; i < argc; ++i) {
    const auto bytes = gre::ReadFile(argv[i]);
    if (!bytes.ok()) {
      std::fprintf(stderr, "%s\n", bytes.error().message.c_str());
      return 1;
    }
    for (int round = 0; round < std::atoi(argv[1]); ++round) {
      const auto begin = Clock::now();
      const auto photo = gre::DecodeImage(*bytes, argv[i]);
      if (!photo.ok()) {
        std::fprintf(stderr, "%s\n", photo.error().message.c_str());
        return 1;
      }
      const auto decoded = Clock::now();
      const auto size = gre::SmartResize({photo->width, photo->height}, options).value();
      const gre::RgbImage resized = gre::Resize(*photo, size, gre::ResizeFilter::kBicubic);
      const auto shrunk = Clock::now();
      const size_t floats = gre::PatchFloats(resized, {});
      const auto patches = std::make_unique_for_overwrite<float[]>(floats);  // as a tensor's memory
      gre::WritePatches(resized, {}, {patches.get(), floats});
      const auto end = Clock::now();
      const std::string digest = gre::Sha256Hex(
          {reinterpret_cast<const char*>(resized.pixels.data()), resized.pixels.size()});
      std::printf("%.3f %.3f %.3f %s\n", ms(begin, decoded), ms(decoded, shrunk), ms(shrunk, end),
                  digest.c_str());
    }
  }
}
