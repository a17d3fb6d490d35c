#include "dataset/record_file.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "core/csv_cell.h"
#include "core/excerpt.h"
#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/csv_scanner.h"

namespace gre {
namespace {

constexpr size_t kMaxColumns = 10000;
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

// Whether `text` is a number as JSON writes them (RFC 8259, section 6).
bool IsJsonNumber(std::string_view text) {
  const auto take_digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits()) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits()) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits()) return false;
  }
  return text.empty();
}

// The record with numbers that a double or a 64-bit integer cannot hold as texts, so that one of
// them does not make the record unreadable.
std::string QuoteHugeNumbers(std::string_view record) {
  std::string text;
  bool quoted = false;
  for (size_t i = 0; i < record.size();) {
    const size_t length =
        quoted ? 0 : std::min(record.find_first_not_of("0123456789+-.eE", i), record.size()) - i;
    const std::string_view number = record.substr(i, length);
    if (IsJsonNumber(number)) {
      const bool is_integer = number.find_first_of(".eE") == std::string_view::npos;
      const bool fits = is_integer ? ParseInt(number).has_value() : ParseDouble(number).has_value();
      text.append(fits ? "" : "\"").append(number).append(fits ? "" : "\"");
      i += length;
      continue;
    }
    const char c = record[i++];
    text += c;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted && i < record.size()) text += record[i++];
  }
  return text;
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
    if (fields_.size() > kMaxColumns) {
      return Error{ErrorCode::kInvalidInput, Place() + ": expected at most " +
                                                 std::to_string(kMaxColumns) + " columns, found " +
                                                 std::to_string(fields_.size())};
    }
    for (std::string& field : fields_) field = Trim(field);
    for (auto it = fields_.begin(); it != fields_.end(); ++it) {
      if (!it->empty() && std::find(fields_.begin(), it, *it) != it) {
        return Error{ErrorCode::kInvalidInput,
                     Place() + ": the column '" + Excerpt(*it) + "' stands twice"};
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
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].find('\0') == std::string::npos) continue;
      return Error{ErrorCode::kInvalidInput,
                   Place() + ": column '" + Excerpt(fields_[i]) +
                       "': expected text, found a NUL byte in the cell; is this a text file?"};
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
      value.text = UndefuseCsvCell(cell);
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
    LookForSingleObject();
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

  // One object over several lines, as `gre locate --out x.json` writes it.
  void LookForSingleObject() {
    const std::string_view all = Trim(text_.substr(std::min(position_.at, text_.size())));
    const size_t end = all.find('\n');
    if (!all.starts_with('{') || end == std::string_view::npos || all.size() > kMaxRecordBytes) {
      return;
    }
    dom::element record;
    record_ = all.substr(0, end);
    if (Parse(record)) return;
    record_ = all;
    is_single_ = Parse(record);
  }

  Result<bool> SliceAll() {
    if (position_.at == text_.size()) return false;
    record_ = Trim(text_.substr(position_.at));
    position_.at = text_.size();
    return true;
  }

  // Cuts the next record out of the text.
  Result<bool> Slice() {
    SkipSpace();
    line_ = position_.line;
    if (is_single_) return SliceAll();
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
    if (record_.empty()) return false;  // it may point nowhere, which simdjson does not expect
    simdjson::error_code error = parser_.parse(record_.data(), record_.size()).get(record);
    if (error == simdjson::NUMBER_ERROR) {
      const std::string quoted = QuoteHugeNumbers(record_);
      error = parser_.parse(quoted).get(record);
    }
    return error == simdjson::SUCCESS && record.is_object();
  }

  // Where the last record stops being what it should be, which the fast parser does not say.
  [[nodiscard]] Error BadRecord() const {
    const auto strict = ParseJson(record_);
    std::string what = strict.ok() ? "expected a JSON object {…}, found another value"
                                   : "expected a JSON object: " + strict.error().message;
    // Lines are the file's, not the record's.
    constexpr std::string_view kFirstLine = "line 1, ";
    const size_t first_line = what.find(kFirstLine);
    if (first_line != std::string::npos) what.erase(first_line, kFirstLine.size());
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
  bool is_single_ = false;  // the whole text is one object
  dom::parser parser_;
};

RecordFile::RecordFile(std::unique_ptr<Source> source) : source_(std::move(source)) {}
RecordFile::RecordFile(RecordFile&&) noexcept = default;
RecordFile& RecordFile::operator=(RecordFile&&) noexcept = default;
RecordFile::~RecordFile() = default;

Result<RecordFile> RecordFile::Make(std::string name, std::string_view text,
                                    std::shared_ptr<const void> owner) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      (text.size() > 1 && (text[0] == '\0' || text[1] == '\0'))) {
    return Error{ErrorCode::kInvalidInput,
                 name + ": expected UTF-8, found UTF-16; save the file as UTF-8"};
  }
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
  if (cancellation_ != nullptr && cancellation_->IsCancelled()) {
    return Error{ErrorCode::kCancelled, name() + ": reading was interrupted"};
  }
  return source_->Next(names, values);
}

std::string_view RecordFile::json() const { return source_->json(); }
size_t RecordFile::line() const { return source_->line(); }
std::string RecordFile::Place() const { return source_->Place(); }
const std::string& RecordFile::name() const { return source_->name(); }

}  // namespace gre
