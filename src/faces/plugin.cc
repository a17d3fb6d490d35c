// libgre_faces.so: the one part that links OpenCV (image/face_detector.h).
#include <filesystem>

#include <opencv2/core/version.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include "image/face_detector.h"

namespace gre {
namespace {

constexpr char kCascade[] = "haarcascade_frontalface_default";

class CascadeDetector final : public FaceDetector {
 public:
  explicit CascadeDetector(const cv::CascadeClassifier& cascade)
      : cascade_(cascade), name_(std::string("OpenCV ") + CV_VERSION + ", " + kCascade) {}

  Result<std::vector<FaceBox>> Detect(const RgbImage& image) override {
    // Larger pictures hold no faces that matter: one that covers a share of the area stays
    // findable.
    constexpr int kLongSide = 640;
    constexpr double kScaleStep = 1.1;
    constexpr int kNeighbours = 5;
    try {
      const cv::Mat rgb(image.height, image.width, CV_8UC3,
                        const_cast<uint8_t*>(image.pixels.data()));
      cv::Mat grey;
      cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
      const double scale =
          std::min(1.0, static_cast<double>(kLongSide) / std::max(image.width, image.height));
      if (scale < 1) cv::resize(grey, grey, {}, scale, scale, cv::INTER_AREA);
      cv::equalizeHist(grey, grey);
      std::vector<cv::Rect> found;
      const int least_side = static_cast<int>(kLeastFaceSide * std::min(grey.cols, grey.rows));
      cascade_.detectMultiScale(grey, found, kScaleStep, kNeighbours, 0, {least_side, least_side});
      std::vector<FaceBox> faces;
      faces.reserve(found.size());
      for (const cv::Rect& box : found) {
        faces.push_back({static_cast<int>(box.x / scale), static_cast<int>(box.y / scale),
                         static_cast<int>(box.width / scale),
                         static_cast<int>(box.height / scale)});
      }
      return faces;
    } catch (const cv::Exception& error) {
      return Error{ErrorCode::kInternal, std::string("OpenCV: ") + error.what()};
    }
  }

  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  cv::CascadeClassifier cascade_;
  std::string name_;
};

}  // namespace
}  // namespace gre

extern "C" __attribute__((visibility("default"))) gre::FaceDetector* gre_face_detector(
    std::string* error) {
  for (const char* folder :
       {"/usr/share/opencv4/haarcascades", "/usr/local/share/opencv4/haarcascades"}) {
    const std::string path = std::string(folder) + "/" + gre::kCascade + ".xml";
    if (!std::filesystem::exists(path)) continue;
    try {
      cv::CascadeClassifier cascade(path);
      if (!cascade.empty()) return new gre::CascadeDetector(cascade);
    } catch (const cv::Exception&) {
    }
    *error = path + ": this cascade cannot be read; install the package opencv-data again";
    return nullptr;
  }
  *error =
      std::string(gre::kCascade) +
      ".xml is missing: install the package opencv-data (tools/setup/install_packages.sh faces)";
  return nullptr;
}
