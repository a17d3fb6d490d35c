#include "knowledge/gazetteer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/log.h"
#include "core/strings.h"
#include "geo/sphere.h"

namespace gre {

// The file is the memory: header, records, texts, in the byte order of the machine that wrote it (a
// cache, never shipped). Records form an implicit k-d tree: the median of a range splits it along
// x, y, z in turn.
struct Gazetteer::Record {
  std::array<float, 3> position;  // unit vector
  int32_t latitude_e5;
  int32_t longitude_e5;
  uint32_t name;    // offset of its text
  uint32_t region;  // likewise
  std::array<char, 2> country_code;
  std::array<char, 2> unused;
};

struct Gazetteer::Query {
  std::array<float, 3> position;
  std::string_view country_code;
  float best = std::numeric_limits<float>::infinity();  // squared chord
  const Record* found = nullptr;
};

namespace {

struct Header {
  std::array<char, 8> magic;
  uint32_t byte_order;
  uint32_t count;
  uint64_t string_bytes;
  uint64_t csv_bytes;  // of the table it was built from
};

constexpr std::array<char, 8> kMagic = {'G', 'R', 'E', 'G', 'A', 'Z', '0', '1'};
constexpr uint32_t kByteOrder = 0x01020304;
constexpr std::string_view kCsvHeader = "lat,lon,name,admin1,admin2,cc";
constexpr size_t kMaxCsvBytes = 256u << 20;

// One line of RFC 4180 with `count` fields; a quoted field may hold commas and doubled quotes, but
// no line breaks.
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

template <typename Iterator>
void BuildTree(Iterator first, Iterator last, size_t axis) {
  if (last - first < 2) {
    return;
  }
  const Iterator middle = first + (last - first) / 2;
  std::nth_element(first, middle, last, [axis](const auto& a, const auto& b) {
    return a.position[axis] < b.position[axis];
  });
  BuildTree(first, middle, (axis + 1) % 3);
  BuildTree(middle + 1, last, (axis + 1) % 3);
}

std::array<float, 3> UnitVector(const LatLng& point) {
  const Vector3 v = ToUnitVector(point);
  return {static_cast<float>(v.x), static_cast<float>(v.y), static_cast<float>(v.z)};
}

}  // namespace

Result<Gazetteer> Gazetteer::FromCsv(std::string_view csv) {
  std::vector<Record> records;
  TextPool texts;
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
    if (fields[2].empty()) {
      continue;
    }
    records.push_back({.position = UnitVector(*position),
                       .latitude_e5 = static_cast<int32_t>(std::lround(*latitude_deg * 1e5)),
                       .longitude_e5 = static_cast<int32_t>(std::lround(*longitude_deg * 1e5)),
                       .name = texts.Add(fields[2]),
                       .region = texts.Add(fields[3]),
                       .country_code = {fields[5][0], fields[5][1]},
                       .unused = {}});
  }
  BuildTree(records.begin(), records.end(), 0);

  const Header header = {kMagic, kByteOrder, static_cast<uint32_t>(records.size()),
                         texts.bytes().size(), csv.size()};
  auto bytes = std::make_shared<std::string>();
  bytes->append(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes->append(reinterpret_cast<const char*>(records.data()), records.size() * sizeof(Record));
  bytes->append(texts.bytes());
  const auto view = std::as_bytes(std::span<const char>(*bytes));
  return FromBytes(std::move(bytes), view, csv.size());
}

Result<Gazetteer> Gazetteer::FromBytes(std::shared_ptr<const void> owner,
                                       std::span<const std::byte> bytes, uint64_t csv_bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) {
    return Error{ErrorCode::kInvalidInput, "places index: truncated"};
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  const size_t records_end = sizeof(header) + size_t{header.count} * sizeof(Record);
  if (header.magic != kMagic || header.byte_order != kByteOrder || header.csv_bytes != csv_bytes ||
      bytes.size() < records_end || header.string_bytes != bytes.size() - records_end ||
      (header.string_bytes > 0 && bytes.back() != std::byte{0})) {
    return Error{ErrorCode::kInvalidInput, "places index: damaged or of another version"};
  }
  Gazetteer gazetteer;
  gazetteer.owner_ = std::move(owner);
  gazetteer.records_ = reinterpret_cast<const Record*>(bytes.data() + sizeof(header));
  gazetteer.strings_ = reinterpret_cast<const char*>(bytes.data() + records_end);
  gazetteer.count_ = header.count;
  gazetteer.string_bytes_ = header.string_bytes;
  return gazetteer;
}

Result<Gazetteer> Gazetteer::Open(const std::string& folder) {
  const std::string csv_path = folder + "/places.csv";
  const std::string index_path = folder + "/places.bin";
  if (!FileExists(csv_path)) {
    return Error{
        ErrorCode::kUnavailable,
        csv_path + ": the GeoNames places are not there; run tools/setup/fetch_geodata.sh"};
  }
  GRE_ASSIGN_OR_RETURN(const auto csv, MappedFile::Open(csv_path));
  if (FileExists(index_path)) {
    GRE_ASSIGN_OR_RETURN(const auto map, MappedFile::Open(index_path));
    if (auto opened = FromBytes(map, map->bytes(), csv->bytes().size()); opened.ok()) {
      return opened;
    }
  }
  if (csv->bytes().size() > kMaxCsvBytes) {
    return Error{ErrorCode::kInvalidInput, csv_path + ": larger than any places table"};
  }
  auto built = FromCsv({reinterpret_cast<const char*>(csv->bytes().data()), csv->bytes().size()});
  if (!built.ok()) {
    return std::move(built).error().Wrap(csv_path);
  }
  const auto& bytes = *static_cast<const std::string*>(built->owner_.get());
  if (const Status written = WriteFileAtomically(index_path, bytes); !written.ok()) {
    LogDebug("the places index is rebuilt each time: " + written.error().message);
  }
  return built;
}

Gazetteer::PlaceView Gazetteer::View(const Record& record) const {
  const auto text = [this](uint32_t offset) {
    return offset < string_bytes_ ? std::string_view(strings_ + offset) : std::string_view();
  };
  return {.name = text(record.name),
          .region = text(record.region),
          .country_code = {record.country_code.data(), record.country_code.size()},
          .position = {record.latitude_e5 / 1e5, record.longitude_e5 / 1e5}};
}

void Gazetteer::Search(Query& query, size_t first, size_t last, int axis) const {
  if (first == last) {
    return;
  }
  const size_t middle = first + (last - first) / 2;
  const Record& record = records_[middle];
  float squared = 0;
  for (size_t i = 0; i < 3; ++i) {
    const float d = record.position[i] - query.position[i];
    squared += d * d;
  }
  const std::string_view code(record.country_code.data(), record.country_code.size());
  if (squared < query.best && (query.country_code.empty() || query.country_code == code)) {
    query.best = squared;
    query.found = &record;
  }
  const auto a = static_cast<size_t>(axis);
  const float offset = query.position[a] - record.position[a];
  const int next = (axis + 1) % 3;
  if (offset < 0) {
    Search(query, first, middle, next);
    if (offset * offset < query.best) {
      Search(query, middle + 1, last, next);
    }
  } else {
    Search(query, middle + 1, last, next);
    if (offset * offset < query.best) {
      Search(query, first, middle, next);
    }
  }
}

std::optional<Gazetteer::PlaceView> Gazetteer::Nearest(const LatLng& point,
                                                       std::string_view country_code) const {
  Query query = {.position = UnitVector(point), .country_code = country_code};
  Search(query, 0, count_, 0);
  return query.found == nullptr ? std::nullopt : std::optional(View(*query.found));
}

std::vector<Gazetteer::PlaceView> Gazetteer::PlacesIn(std::string_view country_code) const {
  std::vector<PlaceView> places;
  for (size_t i = 0; i < count_; ++i) {
    if (PlaceView place = View(records_[i]); place.country_code == country_code) {
      places.push_back(place);
    }
  }
  return places;
}

}  // namespace gre
