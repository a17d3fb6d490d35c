#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"
#include "store/database.h"

namespace gre {

// Whether a record's photo lies in the dataset's images.
enum class PhotoPresence { kPresent, kWanted, kFailed, kNone };
std::string_view PhotoPresenceName(
    PhotoPresence presence);  // "present", "wanted", "failed", "none"

// One record of a dataset (table photos, dataset/schema.cc). Text fields are empty where unknown.
struct Photo {
  int64_t number = 0;  // assigned by Add
  std::string id;
  std::string source;
  std::string url;
  PhotoPresence presence = PhotoPresence::kNone;
  std::string sha256;
  std::string extension;
  int64_t width = 0, height = 0, bytes = 0;
  std::optional<LatLng> point;
  std::optional<double> precision_km;
  std::string country_code;  // ISO 3166-1 alpha-2: of the truth, given or looked up from the point
  std::string kind;          // "street", "travel"
  std::string source_split;
  std::string author, licence, taken;
  std::string extra = "{}";  // JSON object: the source's other fields
  std::optional<int64_t> perceptual_hash;
  int64_t duplicate_group = 0;  // 0: not checked yet
};

// What a stage found out about a photo.
struct PhotoFinding {
  int64_t photo = 0;
  std::string stage;   // "import", "check"
  std::string reason;  // a key: "zero_coordinates", "near_duplicate", …
  bool drops = false;  // the photo takes no part in what follows
  std::string detail;
};

// The condition, on a row of photos, that no finding drops it: for statements of other tables.
inline constexpr std::string_view kPhotoIsKept =
    "NOT EXISTS (SELECT 1 FROM findings WHERE findings.photo = photos.number AND drops = 1)";

// Where a photo was taken, without the rest of its record.
struct PhotoPlace {
  int64_t number = 0;
  std::optional<LatLng> point;
  std::string country_code;
};

// Reads and writes the photos of a dataset and what was found out about them. Writers put many
// calls into one Database::InTransaction.
class PhotoTable {
 public:
  explicit PhotoTable(Database& database) : database_(&database) {}

  // The number of the new record; 0 when a record of this id is there already.
  Result<int64_t> Add(const Photo& photo);
  // Everything that a download or a decoder tells: presence, sha256, extension, width, height,
  // bytes.
  Status SetImage(const Photo& photo);
  Status SetDuplicateGroup(int64_t photo, int64_t group);

  Result<std::optional<Photo>> Find(const std::string& id);
  Result<std::optional<Photo>> Get(int64_t number);

  // Of the newest record; 0 where there is none.
  Result<int64_t> LastNumber();

  enum class Which { kAll, kKept, kWanted };  // kKept: that no finding drops
  // At most `limit` records behind number `after`, in order; an empty page is the end.
  Result<std::vector<Photo>> Page(Which which, int64_t after, size_t limit);
  Result<std::vector<PhotoPlace>> Places(Which which, int64_t after, size_t limit);
  Result<int64_t> Count(Which which);

  // Replaces a finding of the same photo, stage and reason.
  Status AddFinding(const PhotoFinding& finding);
  Status RemoveFinding(int64_t photo, const std::string& stage, const std::string& reason);
  // Finds the photos whose coordinates others have too: a finding of `stage` that drops nothing,
  // with their number. Returns how many photos that are.
  Result<int64_t> FlagDuplicatedCoordinates(const std::string& stage, const std::string& reason);
  // Photos that failed for this reason become wanted, the findings go.
  Result<int64_t> WantAgain(const std::string& stage, const std::string& reason);
  // A stage that runs again starts without its earlier findings.
  Status ClearFindings(const std::string& stage);
  Result<std::vector<PhotoFinding>> Findings(int64_t photo);

  struct FindingCount {
    std::string stage, reason;
    bool drops = false;
    int64_t photos = 0;
  };
  Result<std::vector<FindingCount>> CountFindings();

 private:
  Database* database_;
};

}  // namespace gre
