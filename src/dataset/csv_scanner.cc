#include "dataset/csv_scanner.h"

#include <algorithm>
#include <utility>

namespace gre {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

}  // namespace

CsvScanner::CsvScanner(std::string name, std::string_view text, char separator)
    : name_(std::move(name)), text_(text), separator_(separator) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

Result<bool> CsvScanner::Next(std::vector<std::string>& cells) {
  while (at_ < text_.size() && IsLineEnd(text_[at_])) {
    line_ += text_[at_] == '\n' || text_.substr(at_, 2) != "\r\n" ? 1 : 0;
    ++at_;
  }
  begin_ = line_;
  begin_at_ = at_;
  if (at_ == text_.size()) {
    cells.clear();
    return false;
  }
  size_t count = 0;
  for (bool more = true; more; ++count) {
    if (count == cells.size()) cells.emplace_back();
    GRE_RETURN_IF_ERROR(NextCell(cells[count]));
    more = at_ < text_.size() && text_[at_] == separator_;
    if (more) ++at_;
  }
  cells.resize(count);
  return true;
}

bool CsvScanner::AtEndOfCell() const {
  return at_ == text_.size() || text_[at_] == separator_ || IsLineEnd(text_[at_]);
}

Status CsvScanner::CheckLength() {
  if (at_ - begin_at_ <= kMaxRecordBytes) return {};
  at_ = text_.size();
  return Error{ErrorCode::kInvalidInput, Place() + ": expected records of at most " +
                                             std::to_string(kMaxRecordBytes >> 20) +
                                             " MiB, found a longer one; a quote may not be closed"};
}

Status CsvScanner::NextCell(std::string& cell) {
  cell.clear();
  if (at_ == text_.size() || text_[at_] != '"') {
    const size_t begin = at_;
    while (!AtEndOfCell()) ++at_;
    GRE_RETURN_IF_ERROR(CheckLength());
    cell.assign(text_.substr(begin, at_ - begin));
    return {};
  }
  const size_t opened = line_;
  for (++at_; at_ < text_.size(); ++at_) {
    const size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) break;
    const std::string_view plain = text_.substr(at_, quote - at_);
    at_ = quote + 1;
    GRE_RETURN_IF_ERROR(CheckLength());
    line_ += static_cast<size_t>(std::ranges::count(plain, '\n'));
    cell += plain;
    if (at_ == text_.size() || text_[at_] != '"') {
      if (AtEndOfCell()) return {};
      return Error{ErrorCode::kInvalidInput,
                   name_ + ":" + std::to_string(line_) +
                       ": expected a separator or the line's end after a quoted cell"};
    }
    cell += '"';
  }
  return Error{ErrorCode::kInvalidInput,
               name_ + ":" + std::to_string(opened) + ": a quoted cell is not closed"};
}

}  // namespace gre
