#include "knowledge/places_index.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/strings.h"
#include "geo/sphere.h"
#include "knowledge/name_folding.h"

namespace gre {
namespace {

struct Header {
  std::array<char, 8> magic;
  uint32_t byte_order;
  uint32_t places;
  uint64_t grid_cells;
  uint64_t grid_blocks;
  uint64_t names;
  uint64_t text_bytes;
  uint64_t csv_bytes;  // of the table it was built from
};

constexpr std::array<char, 8> kMagic = {'G', 'R', 'E', 'G', 'A', 'Z', '0', '3'};
constexpr uint32_t kByteOrder = 0x01020304;
constexpr std::string_view kCsvHeader = "lat,lon,name,admin1,admin2,cc";

// One line of RFC 4180 with six fields; a quoted field may hold commas and doubled quotes, but no
// line breaks.
bool SplitCsvLine(std::string_view line, std::array<std::string, 6>& fields) {
  size_t field = 0;
  for (std::string& text : fields) {
    text.clear();
  }
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields[field] += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      if (++field == fields.size()) {
        return false;
      }
    } else {
      fields[field] += c;
    }
  }
  return !quoted && field + 1 == fields.size();
}

class TextPool {
 public:
  uint32_t Add(const std::string& text) {
    const auto [at, added] = offsets_.emplace(text, static_cast<uint32_t>(bytes_.size()));
    if (added) {
      bytes_.append(text.c_str(), std::strlen(text.c_str()) + 1);
    }
    return at->second;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::unordered_map<std::string, uint32_t> offsets_;
};

struct Table {
  std::vector<PlacesIndex::Record> records;
  std::vector<PlacesIndex::Name> names;
  std::vector<KdTree::Point> on_sphere;
  std::vector<DegreeGrid::Site> in_degrees;
  TextPool texts;

  void Add(const LatLng& point, const std::array<std::string, 6>& fields) {
    const auto place = static_cast<uint32_t>(records.size());
    const auto latitude_e5 = static_cast<int32_t>(std::lround(point.latitude_deg * 1e5));
    const auto longitude_e5 = static_cast<int32_t>(std::lround(point.longitude_deg * 1e5));
    records.push_back({.latitude_e5 = latitude_e5,
                       .longitude_e5 = longitude_e5,
                       .name = texts.Add(fields[2]),
                       .region = texts.Add(fields[3]),
                       .sub_region = texts.Add(fields[4]),
                       .country_code = {fields[5][0], fields[5][1]},
                       .unused = {}});
    const Vector3 vector = ToUnitVector(point);
    on_sphere.push_back({vector.x, vector.y, vector.z});
    in_degrees.push_back({latitude_e5, longitude_e5});
    const std::string folded = FoldName(fields[2]);
    names.push_back({PlacesIndex::HashName(folded), place});
    if (const std::string merged = MergeDigraphs(folded); merged != folded) {
      names.push_back({PlacesIndex::HashName(merged), place});
    }
  }
};

Result<Table> ReadCsv(std::string_view csv) {
  Table table;
  std::array<std::string, 6> fields;
  size_t number = 0;
  for (std::string_view line : Split(csv, '\n')) {
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (number == 1) {
      if (line != kCsvHeader) {
        return Error{ErrorCode::kInvalidInput,
                     "places table: line 1: expected '" + std::string(kCsvHeader) + "'"};
      }
      continue;
    }
    if (line.empty()) {
      continue;
    }
    const bool six = SplitCsvLine(line, fields);
    const auto latitude_deg = six ? ParseDouble(fields[0]) : std::nullopt;
    const auto longitude_deg = six ? ParseDouble(fields[1]) : std::nullopt;
    const auto position = latitude_deg && longitude_deg
                              ? LatLng::FromDegrees(*latitude_deg, *longitude_deg)
                              : std::nullopt;
    if (!position || fields[5].size() != 2) {
      return Error{ErrorCode::kInvalidInput,
                   "places table: line " + std::to_string(number) +
                       ": expected coordinates, a name and a two-letter country code"};
    }
    if (!fields[2].empty()) {
      table.Add(*position, fields);
    }
  }
  return table;
}

// The arrays of the file one after the other, each a multiple of eight bytes but the last.
template <typename Item>
void Append(std::span<const Item> items, std::string* bytes) {
  static_assert(std::is_trivially_copyable_v<Item>);
  bytes->append(reinterpret_cast<const char*>(items.data()), items.size_bytes());
}

class SectionReader {
 public:
  explicit SectionReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // Too few bytes: an empty span, and ok() is false from then on.
  template <typename Item>
  std::span<const Item> Take(uint64_t count) {
    if (count > bytes_.size() / sizeof(Item)) {
      ok_ = false;
      return {};
    }
    const std::span<const Item> items(reinterpret_cast<const Item*>(bytes_.data()),
                                      static_cast<size_t>(count));
    bytes_ = bytes_.subspan(items.size_bytes());
    return items;
  }

  [[nodiscard]] bool AtEnd() const { return ok_ && bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace

uint32_t PlacesIndex::HashName(std::string_view folded) {
  return static_cast<uint32_t>(HashSeed(0, folded));
}

Result<std::string> PlacesIndex::Build(std::string_view csv) {
  GRE_ASSIGN_OR_RETURN(Table table, ReadCsv(csv));
  std::ranges::sort(table.names, {},
                    [](const Name& name) { return std::pair(name.hash, name.place); });
  std::vector<KdTree::Leaf> leaves;
  std::vector<KdTree::Split> splits;
  KdTree::Build(table.on_sphere, &leaves, &splits);
  DegreeGrid::Arrays grid = DegreeGrid::Build(table.in_degrees);
  if (grid.cells.size() % 2 != 0) {
    grid.cells.push_back(grid.cells.back());  // an empty cell, so that what follows is aligned
  }
  const Header header = {kMagic,
                         kByteOrder,
                         static_cast<uint32_t>(table.records.size()),
                         grid.cells.size(),
                         grid.blocks.size(),
                         table.names.size(),
                         table.texts.bytes().size(),
                         csv.size()};
  std::string bytes;
  Append<Header>({&header, 1}, &bytes);
  Append<KdTree::Leaf>(leaves, &bytes);
  Append<KdTree::Split>(splits, &bytes);
  Append<uint32_t>(grid.degrees, &bytes);
  Append<uint32_t>(grid.cells, &bytes);
  Append<DegreeGrid::Block>(grid.blocks, &bytes);
  Append<Record>(table.records, &bytes);
  Append<Name>(table.names, &bytes);
  Append<char>(table.texts.bytes(), &bytes);
  return bytes;
}

Result<PlacesIndex> PlacesIndex::Open(std::shared_ptr<const void> owner,
                                      std::span<const std::byte> bytes, uint64_t csv_bytes) {
  const Error unusable = {ErrorCode::kInvalidInput, "places index: damaged or of another version"};
  Header header;
  if (bytes.size() < sizeof(header)) {
    return unusable;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic || header.byte_order != kByteOrder || header.csv_bytes != csv_bytes) {
    return unusable;
  }
  SectionReader reader(bytes.subspan(sizeof(header)));
  PlacesIndex index;
  index.owner_ = std::move(owner);
  const size_t leaf_count = KdTree::LeafCount(header.places);
  const auto leaves = reader.Take<KdTree::Leaf>(leaf_count);
  const auto splits = reader.Take<KdTree::Split>(leaf_count);
  const auto degrees = reader.Take<uint32_t>(DegreeGrid::kDegrees);
  const auto cells = reader.Take<uint32_t>(header.grid_cells);
  const auto blocks = reader.Take<DegreeGrid::Block>(header.grid_blocks);
  index.records_ = reader.Take<Record>(header.places);
  index.names_ = reader.Take<Name>(header.names);
  index.texts_ = reader.Take<char>(header.text_bytes);
  if (!reader.AtEnd() || (!index.texts_.empty() && index.texts_.back() != '\0')) {
    return unusable;
  }
  index.sphere_ = KdTree(leaves, splits);
  index.degrees_ = DegreeGrid(degrees, cells, blocks);
  if (!index.degrees_.IsSound()) {
    return unusable;
  }
  return index;
}

std::string_view PlacesIndex::Text(uint32_t offset) const {
  return offset < texts_.size() ? std::string_view(texts_.data() + offset) : std::string_view();
}

}  // namespace gre
