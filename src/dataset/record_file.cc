#include "dataset/record_file.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/csv_scanner.h"

namespace gre {
namespace {

constexpr int kLookedAt = 16;  // records whose keys make the fields of a JSON file
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kJsonSpace = " \t\r\n";
namespace dom = simdjson::dom;

void Fill(const dom::element& element, FieldValue& value) {
  value.text.clear();
  value.number = 0;
  switch (element.type()) {
    case dom::element_type::STRING:
      value.kind = FieldValue::Kind::kText;
      value.text = std::string_view(element);
      return;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      value.kind = FieldValue::Kind::kNumber;
      value.number = element.get_double().value();
      return;
    case dom::element_type::BOOL:
      value.kind = FieldValue::Kind::kBool;
      value.text = bool(element) ? "true" : "false";
      return;
    case dom::element_type::NULL_VALUE:
      value.kind = FieldValue::Kind::kNull;
      return;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
      value.kind = FieldValue::Kind::kOther;
      value.text = simdjson::minify(element);
      return;
  }
}

// The element at `path`: the key itself, else its part before a dot and the rest inside that.
bool Find(const dom::element& record, std::string_view path, dom::element& found) {
  if (!record.is_object()) return false;
  if (record.at_key(path).get(found) == simdjson::SUCCESS) return true;
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) return false;
  dom::element inner;
  return record.at_key(path.substr(0, dot)).get(inner) == simdjson::SUCCESS &&
         Find(inner, path.substr(dot + 1), found);
}

void AddFields(const dom::element& record, const std::string& prefix, int depth,
               std::vector<std::string>& fields) {
  for (const auto& [key, value] : record.get_object()) {
    std::string field = prefix;
    field += key;
    fields.push_back(field);
    if (value.is_object() && depth > 1) AddFields(value, field.append("."), depth - 1, fields);
  }
}

}  // namespace

std::optional<double> FieldValue::AsNumber() const {
  if (kind == Kind::kNumber) return number;
  if (kind != Kind::kText) return std::nullopt;
  std::string_view digits = Trim(text);
  constexpr std::string_view kDegree = "\xC2\xB0";
  if (digits.ends_with(kDegree)) digits = Trim(digits.substr(0, digits.size() - kDegree.size()));
  return ParseDouble(digits);
}

class RecordFile::Source {
 public:
  Source(std::string name, std::shared_ptr<const void> owner)
      : name_(std::move(name)), owner_(std::move(owner)) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual Status Start() = 0;
  virtual Result<bool> Next(std::span<const std::string> names,
                            std::vector<FieldValue>& values) = 0;
  [[nodiscard]] virtual size_t line() const = 0;
  [[nodiscard]] virtual std::string_view json() const { return {}; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  [[nodiscard]] std::string Place() const { return name_ + ":" + std::to_string(line()); }

 protected:
  std::vector<std::string> fields_;

 private:
  std::string name_;
  std::shared_ptr<const void> owner_;  // of the text
};

class RecordFile::CsvSource final : public RecordFile::Source {
 public:
  CsvSource(std::string name, std::string_view text, std::shared_ptr<const void> owner,
            char separator)
      : Source(name, std::move(owner)), scanner_(std::move(name), text, separator) {}

  Status Start() override {
    GRE_ASSIGN_OR_RETURN(const bool has_header, scanner_.Next(fields_));
    if (!has_header) {
      return Error{ErrorCode::kInvalidInput, name() + ": expected a header line, found nothing"};
    }
    for (std::string& field : fields_) field = Trim(field);
    for (auto it = fields_.begin(); it != fields_.end(); ++it) {
      if (!it->empty() && std::find(fields_.begin(), it, *it) != it) {
        return Error{ErrorCode::kInvalidInput, Place() + ": the column '" + *it + "' stands twice"};
      }
    }
    return {};
  }

  Result<bool> Next(std::span<const std::string> names, std::vector<FieldValue>& values) override {
    values.resize(names.size());
    GRE_ASSIGN_OR_RETURN(const bool more, scanner_.Next(cells_));
    if (!more) return false;
    if (cells_.size() != fields_.size()) {
      return Error{ErrorCode::kInvalidInput,
                   Place() + ": expected " + std::to_string(fields_.size()) +
                       " cells as in the header, found " + std::to_string(cells_.size())};
    }
    for (size_t i = 0; i < names.size(); ++i) {
      const auto column = std::ranges::find(fields_, names[i]);
      FieldValue& value = values[i];
      value.number = 0;
      value.text.clear();
      value.kind = FieldValue::Kind::kMissing;
      if (column == fields_.end() || column->empty()) continue;
      const std::string& cell = cells_[static_cast<size_t>(column - fields_.begin())];
      if (cell.empty()) continue;
      value.kind = FieldValue::Kind::kText;
      value.text = cell;
    }
    return true;
  }

  [[nodiscard]] size_t line() const override { return scanner_.line(); }

 private:
  CsvScanner scanner_;
  std::vector<std::string> cells_;
};

class RecordFile::JsonSource final : public RecordFile::Source {
 public:
  JsonSource(std::string name, std::string_view text, std::shared_ptr<const void> owner)
      : Source(std::move(name), std::move(owner)), text_(text) {
    if (text_.starts_with(kByteOrderMark)) position_.at = kByteOrderMark.size();
    SkipSpace();
    is_array_ = position_.at < text_.size() && text_[position_.at] == '[';
    if (is_array_) ++position_.at;
  }

  // Looks at the first records without taking them. The first one must be right; what is wrong in
  // the others Next will say.
  Status Start() override {
    const Position start = position_;
    for (int i = 0; i < kLookedAt; ++i) {
      const Result<bool> more = Slice();
      if (i == 0 && !more.ok()) return more.error();
      if (!more.ok() || !*more) break;
      dom::element record;
      if (Parse(record)) {
        AddFields(record, "", 3, fields_);
      } else if (i == 0) {
        return BadRecord();
      }
    }
    position_ = start;
    std::ranges::sort(fields_);
    fields_.erase(std::unique(fields_.begin(), fields_.end()), fields_.end());
    return {};
  }

  Result<bool> Next(std::span<const std::string> names, std::vector<FieldValue>& values) override {
    values.resize(names.size());
    GRE_ASSIGN_OR_RETURN(const bool more, Slice());
    if (!more) return false;
    dom::element record;
    if (!Parse(record)) return BadRecord();
    for (size_t i = 0; i < names.size(); ++i) {
      dom::element found;
      if (Find(record, names[i], found)) {
        Fill(found, values[i]);
      } else {
        values[i] = {};
      }
    }
    return true;
  }

  [[nodiscard]] size_t line() const override { return line_; }
  [[nodiscard]] std::string_view json() const override { return record_; }

 private:
  void SkipSpace() {
    for (; position_.at < text_.size() &&
           kJsonSpace.find(text_[position_.at]) != std::string_view::npos;
         ++position_.at) {
      position_.line += text_[position_.at] == '\n' ? 1 : 0;
    }
  }

  // Cuts the next record out of the text.
  Result<bool> Slice() {
    SkipSpace();
    line_ = position_.line;
    if (is_array_) return SliceElement();
    if (position_.at == text_.size()) return false;
    const size_t end = std::min(text_.find('\n', position_.at), text_.size());
    record_ = Trim(text_.substr(position_.at, end - position_.at));
    position_.at = end;
    return CheckSize();
  }

  Result<bool> SliceElement() {
    if (position_.closed) {
      if (position_.at == text_.size()) return false;
      position_.at = text_.size();
      return Error{ErrorCode::kInvalidInput, Place() + ": expected the file's end after its array"};
    }
    if (position_.at < text_.size() && text_[position_.at] == ']' && position_.first) {
      ++position_.at;
      position_.closed = true;
      SkipSpace();
      return SliceElement();
    }
    const size_t begin = position_.at;
    int depth = 0;
    bool quoted = false;
    for (; position_.at < text_.size(); ++position_.at) {
      const char c = text_[position_.at];
      position_.line += c == '\n' ? 1 : 0;
      if (quoted) {
        if (c == '\\') {
          ++position_.at;
        } else {
          quoted = c != '"';
        }
        continue;
      }
      if (c == '"') quoted = true;
      if (c == '[' || c == '{') ++depth;
      if (depth == 0 && (c == ',' || c == ']')) break;
      if (c == ']' || c == '}') --depth;
    }
    position_.at = std::min(position_.at, text_.size());
    record_ = Trim(text_.substr(begin, position_.at - begin));
    if (position_.at == text_.size()) {
      position_.closed = true;
      return Error{ErrorCode::kInvalidInput,
                   Place() +
                       ": expected ',' or ']' after an element, found the file's end: the "
                       "file is cut"};
    }
    position_.closed = text_[position_.at++] == ']';
    if (position_.closed) SkipSpace();
    position_.first = false;
    return CheckSize();
  }

  Result<bool> CheckSize() {
    if (record_.size() > kMaxRecordBytes) {
      return Error{ErrorCode::kInvalidInput, Place() + ": expected a record of at most " +
                                                 std::to_string(kMaxRecordBytes >> 20) +
                                                 " MiB, found one of " +
                                                 std::to_string(record_.size() >> 20) + " MiB"};
    }
    return true;
  }

  bool Parse(dom::element& record) {
    // An empty view may point nowhere, which simdjson does not expect.
    return !record_.empty() &&
           parser_.parse(record_.data(), record_.size()).get(record) == simdjson::SUCCESS &&
           record.is_object();
  }

  // Where the last record stops being what it should be, which the fast parser does not say.
  [[nodiscard]] Error BadRecord() const {
    const auto strict = ParseJson(record_);
    const std::string what = strict.ok() ? "expected a JSON object {…}, found another value"
                                         : "expected a JSON object: " + strict.error().message;
    return {ErrorCode::kInvalidInput, Place() + ": " + what};
  }

  struct Position {
    size_t at = 0;
    size_t line = 1;
    bool first = true;    // no element yet
    bool closed = false;  // behind the array's end
  };

  std::string_view text_;
  std::string_view record_;
  Position position_;
  size_t line_ = 1;
  bool is_array_ = false;
  dom::parser parser_;
};

RecordFile::RecordFile(std::unique_ptr<Source> source) : source_(std::move(source)) {}
RecordFile::RecordFile(RecordFile&&) noexcept = default;
RecordFile& RecordFile::operator=(RecordFile&&) noexcept = default;
RecordFile::~RecordFile() = default;

Result<RecordFile> RecordFile::Make(std::string name, std::string_view text,
                                    std::shared_ptr<const void> owner) {
  const std::string lower = AsciiLower(name);
  std::unique_ptr<Source> source;
  if (lower.ends_with(".csv") || lower.ends_with(".tsv")) {
    source = std::make_unique<CsvSource>(std::move(name), text, std::move(owner),
                                         lower.ends_with(".tsv") ? '\t' : ',');
  } else {
    source = std::make_unique<JsonSource>(std::move(name), text, std::move(owner));
  }
  GRE_RETURN_IF_ERROR(source->Start());
  return RecordFile(std::move(source));
}

Result<RecordFile> RecordFile::Open(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()),
                              file->bytes().size());
  return Make(path, text, file);
}

Result<RecordFile> RecordFile::Parse(std::string name, std::string_view text) {
  return Make(std::move(name), text, nullptr);
}

const std::vector<std::string>& RecordFile::fields() const { return source_->fields(); }

bool RecordFile::HasField(std::string_view name) const {
  return std::ranges::find(fields(), name) != fields().end();
}

std::optional<std::string> RecordFile::FindField(
    std::span<const std::string_view> candidates) const {
  for (const std::string_view candidate : candidates) {
    const auto found = std::ranges::find_if(
        fields(), [&](const std::string& field) { return AsciiLower(field) == candidate; });
    if (found != fields().end()) return *found;
  }
  return std::nullopt;
}

Result<bool> RecordFile::Next(std::span<const std::string> names, std::vector<FieldValue>& values) {
  return source_->Next(names, values);
}

std::string_view RecordFile::json() const { return source_->json(); }
size_t RecordFile::line() const { return source_->line(); }
std::string RecordFile::Place() const { return source_->Place(); }
const std::string& RecordFile::name() const { return source_->name(); }

}  // namespace gre
