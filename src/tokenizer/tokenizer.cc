#include "tokenizer/tokenizer.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <unicode/normalizer2.h>

#include "core/check.h"
#include "core/file.h"
#include "core/strings.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/qwen_splitter.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/unicode_text.h"

namespace gre {
namespace {

constexpr size_t kMaxFileBytes = size_t{128} << 20;

// Whether a text (well-formed UTF-8) is in normalisation form C already.
class Nfc {
 public:
  static bool IsNormalized(std::string_view text) {
    // Every character below U+0300 is inert under NFC.
    const bool below_u0300 = std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
    if (below_u0300) return true;
    UErrorCode error = U_ZERO_ERROR;
    const bool normalized = Instance().isNormalizedUTF8(Piece(text), error);
    GRE_CHECK(U_SUCCESS(error));
    return normalized;
  }

 private:
  static const icu::Normalizer2& Instance() {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
    GRE_CHECK(U_SUCCESS(error) && nfc != nullptr);
    return *nfc;
  }
  static icu::StringPiece Piece(std::string_view text) {
    return {text.data(), static_cast<int32_t>(text.size())};
  }
};

std::vector<const AddedToken*> Select(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<const AddedToken*> selected;
  for (const AddedToken& token : tokens) {
    if (token.normalized == normalized) selected.push_back(&token);
  }
  return selected;
}

// Matching normalised added tokens happens on normalised text, so they are normalised too.
TokenizerFile NormalizeAddedTokens(TokenizerFile file) {
  for (AddedToken& token : file.added_tokens) {
    if (token.normalized) token.content = NormalizeUnicode(token.content, NormalForm::kNfc);
  }
  return file;
}

}  // namespace

struct Tokenizer::Impl {
  explicit Impl(TokenizerFile content)
      : file(NormalizeAddedTokens(std::move(content))),
        before_normalization(Select(file.added_tokens, false)),
        after_normalization(Select(file.added_tokens, true)) {
    size = file.model.pieces().size();
    for (const AddedToken& token : file.added_tokens) {
      added_by_id[token.id] = &token;
      size = std::max(size, token.id + 1);
    }
  }

  // Calls `rest` with the stretches between matches, in order, and appends the matches' ids.
  template <typename Rest>
  static void SplitAtAdded(const AddedTokenMatcher& matcher, std::string_view text,
                           std::vector<int32_t>& ids, const Rest& rest) {
    for (size_t begin = 0; begin < text.size();) {
      const auto [token, match] = matcher.FindFirst(text, begin);
      if (match > begin) rest(text.substr(begin, match - begin));
      if (token == nullptr) return;
      ids.push_back(token->id);
      begin = match + token->content.size();
    }
  }

  void EncodePieces(std::string_view normalized, std::vector<int32_t>& ids) const {
    for (size_t begin = 0; begin < normalized.size();) {
      const size_t end = QwenPieceEnd(normalized, begin);
      file.model.Encode(normalized.substr(begin, end - begin), ids);
      begin = end;
    }
  }

  void EncodeText(std::string_view text, bool recognise_added, std::vector<int32_t>& ids) const {
    std::string buffer;
    if (!Nfc::IsNormalized(text)) text = buffer = NormalizeUnicode(text, NormalForm::kNfc);
    if (!recognise_added) return EncodePieces(text, ids);
    SplitAtAdded(after_normalization, text, ids,
                 [&](std::string_view rest) { EncodePieces(rest, ids); });
  }

  [[nodiscard]] const AddedToken* FindAdded(int32_t id) const {
    const auto found = added_by_id.find(id);
    return found == added_by_id.end() ? nullptr : found->second;
  }

  TokenizerFile file;
  AddedTokenMatcher before_normalization;
  AddedTokenMatcher after_normalization;
  std::unordered_map<int32_t, const AddedToken*> added_by_id;
  int32_t size = 0;
};

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::FromJson(std::string_view json) {
  Result<TokenizerFile> file = ReadTokenizerJson(json);
  if (!file.ok()) return std::move(file).error().Wrap("tokenizer.json");
  return Tokenizer(std::make_unique<const Impl>(std::move(file).value()));
}

Result<Tokenizer> Tokenizer::FromFile(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxFileBytes));
  Result<TokenizerFile> file = ReadTokenizerJson(json);
  if (!file.ok()) return std::move(file).error().Wrap(path);
  return Tokenizer(std::make_unique<const Impl>(std::move(file).value()));
}

std::vector<int32_t> Tokenizer::Encode(std::string_view text, bool recognise_added) const {
  std::string buffer;
  if (!IsValidUtf8(text)) text = buffer = ReplaceInvalidUtf8(text);
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3 + 1);
  if (recognise_added) {
    Impl::SplitAtAdded(impl_->before_normalization, text, ids,
                       [&](std::string_view rest) { impl_->EncodeText(rest, true, ids); });
  } else {
    impl_->EncodeText(text, false, ids);
  }
  return ids;
}

std::string Tokenizer::Decode(std::span<const int32_t> ids, bool skip_special) const {
  std::string bytes;
  for (const int32_t id : ids) {
    if (!skip_special || !IsSpecial(id)) bytes.append(TokenBytes(id));
  }
  return IsValidUtf8(bytes) ? bytes : ReplaceInvalidUtf8(bytes);
}

std::string_view Tokenizer::TokenBytes(int32_t id) const {
  const AddedToken* added = impl_->FindAdded(id);
  return added != nullptr ? std::string_view(added->content) : impl_->file.model.pieces().Bytes(id);
}

bool Tokenizer::IsSpecial(int32_t id) const {
  const AddedToken* added = impl_->FindAdded(id);
  return added != nullptr && added->special;
}

std::optional<int32_t> Tokenizer::TokenId(std::string_view token) const {
  for (const AddedToken& added : impl_->file.added_tokens) {
    if (added.content == token) return added.id;
  }
  const int32_t id = impl_->file.model.pieces().Find(token);
  return id == PieceTable::kNone ? std::nullopt : std::optional(id);
}

int32_t Tokenizer::size() const { return impl_->size; }

}  // namespace gre
