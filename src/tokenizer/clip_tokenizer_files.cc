// The files from which a ClipTokenizer is read.
#include "tokenizer/clip_tokenizer_files.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "core/file.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/clip_tokenizer.h"
#include "tokenizer/json_fields.h"

namespace gre {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kMaxFileBytes = size_t{128} << 20;
constexpr std::string_view kSuffix = "</w>";

// The bytes that a spelled piece stands for, "</w>" being kEndOfWord; nothing for other spellings.
std::optional<std::string> PieceBytes(std::string_view spelled) {
  const bool ends_word = spelled.size() > kSuffix.size() && spelled.ends_with(kSuffix);
  if (ends_word) spelled.remove_suffix(kSuffix.size());
  std::string bytes;
  if (spelled.empty() || spelled.size() > kMaxPieceBytes || !AppendSpelledBytes(spelled, bytes)) {
    return std::nullopt;
  }
  // As a part of a longer piece this byte would read as the end of the word; no text holds it.
  if (bytes.size() > 1 && bytes.find(kEndOfWord) != std::string::npos) return std::nullopt;
  if (ends_word) bytes.push_back(kEndOfWord);
  return bytes;
}

Result<PieceTable> ReadPieces(const element& value, const std::string& path) {
  object vocab;
  if (value.get(vocab)) return Unexpected(path, "an object", Describe(value));
  constexpr size_t kUsualPieceBytes = 8;
  PieceTable pieces(vocab.size(), vocab.size() * kUsualPieceBytes);
  for (const auto [spelled, id_value] : vocab) {
    const std::string place = path + "[\"" + std::string(spelled) + "\"]";
    if (!id_value.is_int64()) return Unexpected(place, "an id", Describe(id_value));
    GRE_ASSIGN_OR_RETURN(const int32_t id, ReadTokenId(id_value, place));
    const auto bytes = PieceBytes(spelled);
    if (!bytes) {
      return Unexpected(place, "1 to 65536 characters of the byte-level alphabet", "others");
    }
    if (!pieces.Add(id, *bytes)) {
      return Unexpected(place, "each piece and each id once", "one again");
    }
  }
  return pieces;
}

// One merge in its two halves.
Result<BpeModel::Merge> ReadMerge(std::string_view left, std::string_view right,
                                  const PieceTable& pieces, const std::string& place) {
  const auto find = [&](std::string_view spelled) {
    const auto bytes = PieceBytes(spelled);
    return bytes ? pieces.Find(*bytes) : PieceTable::kNone;
  };
  const BpeModel::Merge merge = {find(left), find(right)};
  if (merge.left == PieceTable::kNone || merge.right == PieceTable::kNone) {
    return Unexpected(place, "two pieces of the vocabulary",
                      '"' + std::string(left) + " " + std::string(right) + '"');
  }
  return merge;
}

Status CheckNormalizer(const JsonFields& root) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("normalizer"));
  GRE_ASSIGN_OR_RETURN(const JsonFields normalizer,
                       JsonFields::Open(value, "normalizer", {"type", "normalizers"}));
  GRE_RETURN_IF_ERROR(normalizer.ExpectText("type", "Sequence"));
  GRE_ASSIGN_OR_RETURN(const array steps, normalizer.List("normalizers"));
  // Replace turns runs of white space into one space, which the pattern drops anyway.
  constexpr std::string_view kSteps[] = {"NFC", "Replace", "Lowercase"};
  if (steps.size() != std::size(kSteps)) {
    return Unexpected("normalizer.normalizers", "NFC, Replace and Lowercase",
                      std::to_string(steps.size()) + " entries");
  }
  for (size_t i = 0; i < std::size(kSteps); ++i) {
    GRE_ASSIGN_OR_RETURN(
        const JsonFields step,
        JsonFields::Open(steps.at(i).value(), "normalizer.normalizers[" + std::to_string(i) + "]",
                         {"type", "pattern", "content"}));
    GRE_RETURN_IF_ERROR(step.ExpectText("type", kSteps[i]));
    if (kSteps[i] == "Replace") GRE_RETURN_IF_ERROR(step.ExpectText("content", " "));
  }
  return {};
}

Status CheckPreTokenizer(const JsonFields& root) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("pre_tokenizer"));
  GRE_ASSIGN_OR_RETURN(const JsonFields pre,
                       JsonFields::Open(value, "pre_tokenizer", {"type", "pretokenizers"}));
  GRE_RETURN_IF_ERROR(pre.ExpectText("type", "Sequence"));
  GRE_ASSIGN_OR_RETURN(const array steps, pre.List("pretokenizers"));
  if (steps.size() != 2) {
    return Unexpected("pre_tokenizer.pretokenizers", "Split and ByteLevel",
                      std::to_string(steps.size()) + " entries");
  }
  GRE_ASSIGN_OR_RETURN(const JsonFields split,
                       JsonFields::Open(steps.at(0).value(), "pre_tokenizer.pretokenizers[0]",
                                        {"type", "pattern", "behavior", "invert"}));
  GRE_RETURN_IF_ERROR(split.ExpectText("type", "Split"));
  GRE_RETURN_IF_ERROR(split.ExpectText("behavior", "Removed"));
  GRE_ASSIGN_OR_RETURN(const bool invert, split.Flag("invert"));
  if (!invert) return Unexpected(split.Path("invert"), "true", "false");
  GRE_ASSIGN_OR_RETURN(const element pattern_value, split.Get("pattern"));
  GRE_ASSIGN_OR_RETURN(const JsonFields pattern,
                       JsonFields::Open(pattern_value, split.Path("pattern"), {"Regex"}));
  GRE_RETURN_IF_ERROR(pattern.ExpectText("Regex", kClipSplitPattern));
  GRE_ASSIGN_OR_RETURN(const JsonFields bytes,
                       JsonFields::Open(steps.at(1).value(), "pre_tokenizer.pretokenizers[1]",
                                        {"type", "add_prefix_space", "trim_offsets", "use_regex"}));
  GRE_RETURN_IF_ERROR(bytes.ExpectText("type", "ByteLevel"));
  return bytes.ExpectFalse("add_prefix_space");
}

// Special tokens that the vocabulary lacks stand here.
Status AddSpecialTokens(const JsonFields& root, PieceTable& pieces) {
  if (root.Lacks("added_tokens")) return {};
  GRE_ASSIGN_OR_RETURN(const array list, root.List("added_tokens"));
  size_t index = 0;
  for (const element& value : list) {
    GRE_ASSIGN_OR_RETURN(const JsonFields token,
                         JsonFields::Open(value, "added_tokens[" + std::to_string(index++) + "]",
                                          {"id", "content", "single_word", "lstrip", "rstrip",
                                           "normalized", "special"}));
    GRE_ASSIGN_OR_RETURN(const std::string content, token.Text("content"));
    if (content != kClipBegin && content != kClipEnd) continue;
    GRE_ASSIGN_OR_RETURN(const element id_value, token.Get("id"));
    GRE_ASSIGN_OR_RETURN(const int32_t id, ReadTokenId(id_value, token.Path("id")));
    if (!pieces.Add(id, content) && pieces.Find(content) != id) {
      return Unexpected(token.Path("id"), "an id of its own", std::to_string(id));
    }
  }
  return {};
}

struct ClipVocabulary {
  PieceTable pieces;
  std::vector<BpeModel::Merge> merges;
};

Result<ClipVocabulary> ReadModel(const JsonFields& root) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("model"));
  GRE_ASSIGN_OR_RETURN(
      const JsonFields model,
      JsonFields::Open(
          value, "model",
          {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
           "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"}));
  if (!model.Lacks("type")) GRE_RETURN_IF_ERROR(model.ExpectText("type", "BPE"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("dropout"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("continuing_subword_prefix"));
  GRE_RETURN_IF_ERROR(model.ExpectText("end_of_word_suffix", kSuffix));
  GRE_RETURN_IF_ERROR(model.ExpectFalse("ignore_merges"));
  GRE_ASSIGN_OR_RETURN(const element vocab, model.Get("vocab"));
  GRE_ASSIGN_OR_RETURN(PieceTable pieces, ReadPieces(vocab, "model.vocab"));
  GRE_ASSIGN_OR_RETURN(const array list, model.List("merges"));
  std::vector<BpeModel::Merge> merges;
  for (const element& pair : list) {
    const std::string place = "model.merges[" + std::to_string(merges.size()) + "]";
    std::string_view left;
    std::string_view right;
    array halves;
    if (!pair.get(left)) {
      const size_t space = left.find(' ');
      if (space != std::string_view::npos) right = left.substr(space + 1);
      left = left.substr(0, space);
    } else if (pair.get(halves) || halves.size() != 2 || halves.at(0).get(left) ||
               halves.at(1).get(right)) {
      return Unexpected(place, "\"a b\" or [\"a\", \"b\"]", Describe(pair));
    }
    GRE_ASSIGN_OR_RETURN(const BpeModel::Merge merge, ReadMerge(left, right, pieces, place));
    merges.push_back(merge);
  }
  return ClipVocabulary{std::move(pieces), std::move(merges)};
}

Result<std::vector<BpeModel::Merge>> ReadMergeLines(std::string_view text,
                                                    const PieceTable& pieces) {
  std::vector<BpeModel::Merge> merges;
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view merge = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (merge.ends_with('\r')) merge.remove_suffix(1);
    if (merge.empty() || (line == 1 && merge.starts_with("#version"))) continue;
    const std::string place = "merges.txt: line " + std::to_string(line);
    const size_t space = merge.find(' ');
    if (space == std::string_view::npos) return Unexpected(place, "two pieces", "one");
    GRE_ASSIGN_OR_RETURN(const BpeModel::Merge read,
                         ReadMerge(merge.substr(0, space), merge.substr(space + 1), pieces, place));
    merges.push_back(read);
  }
  return merges;
}

}  // namespace

// Puts the merges that end words before those of the file.
Result<ClipTokenizer> ClipTokenizer::Create(PieceTable pieces,
                                            std::vector<BpeModel::Merge> merges) {
  const auto find = [&](std::string_view bytes) { return pieces.Find(bytes); };
  const int32_t begin = find(kClipBegin);
  const int32_t end = find(kClipEnd);
  for (const auto& [name, id] : {std::pair{kClipBegin, begin}, std::pair{kClipEnd, end}}) {
    if (id == PieceTable::kNone) {
      return Unexpected("vocabulary", "the token \"" + std::string(name) + '"', "none");
    }
  }
  std::vector<BpeModel::Merge> ends;
  for (int byte = 0; byte < 256; ++byte) {
    const char bytes[] = {static_cast<char>(byte), kEndOfWord};
    const int32_t single = find({bytes, 1});
    const int32_t mark = find({&kEndOfWord, 1});
    if (single == PieceTable::kNone || find({bytes, 2}) == PieceTable::kNone) {
      return Unexpected("vocabulary",
                        "all 256 single bytes with and without \"" + std::string(kSuffix) + '"',
                        '\'' + SpellByte(static_cast<unsigned char>(byte)) + "' missing");
    }
    ends.push_back({single, mark});
  }
  merges.insert(merges.begin(), ends.begin(), ends.end());
  GRE_ASSIGN_OR_RETURN(BpeModel model, BpeModel::Create(std::move(pieces), merges));
  return ClipTokenizer(std::move(model), begin, end);
}

Result<ClipTokenizer> ClipTokenizer::FromJson(std::string_view json) {
  simdjson::dom::parser parser;
  GRE_ASSIGN_OR_RETURN(const element document, ParseJsonDocument(json, parser));
  GRE_ASSIGN_OR_RETURN(
      const JsonFields root,
      JsonFields::Open(document, "",
                       {"version", "truncation", "padding", "added_tokens", "normalizer",
                        "pre_tokenizer", "post_processor", "decoder", "model"}));
  GRE_RETURN_IF_ERROR(root.ExpectText("version", "1.0"));
  GRE_RETURN_IF_ERROR(CheckNormalizer(root));
  GRE_RETURN_IF_ERROR(CheckPreTokenizer(root));
  GRE_ASSIGN_OR_RETURN(ClipVocabulary vocabulary, ReadModel(root));
  GRE_RETURN_IF_ERROR(AddSpecialTokens(root, vocabulary.pieces));
  return Create(std::move(vocabulary.pieces), std::move(vocabulary.merges));
}

Result<ClipTokenizer> ClipTokenizer::FromVocabulary(std::string_view vocab_json,
                                                    std::string_view merges) {
  simdjson::dom::parser parser;
  Result<element> document = ParseJsonDocument(vocab_json, parser);
  if (!document.ok()) return std::move(document).error().Wrap("vocab.json");
  GRE_ASSIGN_OR_RETURN(PieceTable pieces, ReadPieces(*document, "vocab.json: "));
  GRE_ASSIGN_OR_RETURN(std::vector<BpeModel::Merge> list, ReadMergeLines(merges, pieces));
  return Create(std::move(pieces), std::move(list));
}

Result<ClipTokenizer> ClipTokenizer::FromDirectory(const std::string& directory) {
  const std::string json_path = directory + "/tokenizer.json";
  if (FileExists(json_path)) {
    GRE_ASSIGN_OR_RETURN(const std::string json, ReadFile(json_path, kMaxFileBytes));
    auto tokenizer = FromJson(json);
    if (!tokenizer.ok()) return std::move(tokenizer).error().Wrap(json_path);
    return tokenizer;
  }
  GRE_ASSIGN_OR_RETURN(const std::string vocab, ReadFile(directory + "/vocab.json", kMaxFileBytes));
  GRE_ASSIGN_OR_RETURN(const std::string merges,
                       ReadFile(directory + "/merges.txt", kMaxFileBytes));
  auto tokenizer = FromVocabulary(vocab, merges);
  if (!tokenizer.ok()) return std::move(tokenizer).error().Wrap(directory);
  return tokenizer;
}

}  // namespace gre
