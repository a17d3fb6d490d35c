#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "dataset/check/photo_look.h"
#include "geo/lat_lng.h"
#include "store/database.h"

namespace gre {

inline constexpr std::string_view kCheckStage = "check";

// A photo that lies in the dataset's images.
struct PhotoFile {
  int64_t number = 0;
  std::string id, sha256, extension;
};
// What photos are compared by.
struct PhotoFingerprint {
  int64_t number = 0;
  std::string sha256;
  uint64_t hash = 0;
};
struct DroppedPhoto {
  int64_t number = 0;
  std::string id, stage, reason, detail;
};

// What `gre dataset check` reads and writes beside PhotoTable. Pages hold at most `limit` rows
// behind number `after`, in order; an empty one is the end.
class CheckTable {
 public:
  explicit CheckTable(Database& database) : database_(&database) {}

  // Photos that no look is stored of, or, `with_faces`, none for faces.
  Result<int64_t> CountUnseen(bool with_faces);
  Result<std::vector<PhotoFile>> Unseen(int64_t after, size_t limit, bool with_faces);
  // Also the photo's size and perceptual hash.
  Status StoreLook(int64_t photo, const PhotoLook& look);

  // Findings that looks alone decide.
  Status AddUnreadable();
  Status AddBlank();
  Status AddTiny(int64_t min_side);
  Status AddGraphics(const DrawnShares& from, bool drop);
  Status AddFaces(double max_share);
  Status AddPrivateMetadata();

  Result<std::vector<PhotoFingerprint>> Fingerprints(int64_t after, size_t limit);
  // The numbers of all photos that a finding drops, ascending.
  Result<std::vector<int64_t>> DroppedNumbers();
  // Every photo is its own group.
  Status ResetGroups();
  Result<std::string> IdOf(int64_t photo);

  Result<int64_t> CountDropped();
  Result<int64_t> CountWithoutPicture();
  // Every finding that drops a photo, by photo.
  Status ForEachDropped(const std::function<Status(const DroppedPhoto&)>& visit);

 private:
  Database* database_;
};

}  // namespace gre
