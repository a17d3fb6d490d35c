#include "image/face_detector.h"

#include <algorithm>
#include <filesystem>

#include <dlfcn.h>

namespace gre {

double LargestFaceShare(const RgbImage& image, const std::vector<FaceBox>& faces) {
  const double area = static_cast<double>(image.width) * image.height;
  double largest = 0;
  for (const FaceBox& face : faces) {
    largest = std::max(largest, static_cast<double>(face.width) * face.height / area);
  }
  return largest;
}

Result<std::unique_ptr<FaceDetector>> LoadFaceDetector() {
  constexpr char kLibrary[] = "libgre_faces.so";
  std::error_code error;
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const std::filesystem::path& path :
       {folder / kLibrary, folder.parent_path() / "lib" / kLibrary,
        folder.parent_path() / "bin" / kLibrary}) {
    if (!std::filesystem::exists(path, error)) continue;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return Error{ErrorCode::kUnavailable, dlerror()};
    const auto entry = reinterpret_cast<FaceDetectorEntry>(dlsym(library, kFaceDetectorSymbol));
    std::string reason = "no detector in " + path.string();
    FaceDetector* detector = entry == nullptr ? nullptr : entry(&reason);
    if (detector == nullptr) return Error{ErrorCode::kUnavailable, reason};
    return std::unique_ptr<FaceDetector>(detector);
  }
  return Error{ErrorCode::kUnavailable,
               "finding faces needs the packages libopencv-objdetect-dev and opencv-data: run "
               "tools/setup/install_packages.sh faces, then build again"};
}

}  // namespace gre
