#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "image/image.h"

namespace gre {

// A face as an axis-parallel box in pixels of the image, inside of it.
struct FaceBox {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Faces whose side is a smaller part of the photo's shorter side are not looked for: who asks wants
// to know whether a face fills the photo, and small ones take most of the time.
inline constexpr double kLeastFaceSide = 0.15;

// Finds faces that look at the camera. One call at a time per object.
class FaceDetector {
 public:
  virtual ~FaceDetector() = default;
  virtual Result<std::vector<FaceBox>> Detect(const RgbImage& image) = 0;
  // What results depend on: "OpenCV 4.6.0, haarcascade_frontalface_default".
  [[nodiscard]] virtual const std::string& name() const = 0;
};

// The largest share of the image's area that one of the boxes covers; 0 without boxes.
double LargestFaceShare(const RgbImage& image, const std::vector<FaceBox>& faces);

// OpenCV's packaged detector (Viola and Jones 2001 with Haar features, as trained by Lienhart),
// from libgre_faces.so beside the program: few photos need it, and OpenCV takes longer to load than
// the program. kUnavailable says which package is missing. The library stays loaded.
Result<std::unique_ptr<FaceDetector>> LoadFaceDetector();

// The library's only symbol.
inline constexpr char kFaceDetectorSymbol[] = "gre_face_detector";
using FaceDetectorEntry = FaceDetector* (*)(std::string* error);

}  // namespace gre
