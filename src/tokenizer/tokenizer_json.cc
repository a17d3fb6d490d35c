#include "tokenizer/tokenizer_json.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>

#include <simdjson.h>

#include "tokenizer/byte_alphabet.h"
#include "tokenizer/json_fields.h"
#include "tokenizer/qwen_splitter.h"

namespace gre {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;
using Fields = JsonFields;

// {"type": "ByteLevel"}; trim_offsets concerns character offsets only.
Status CheckByteLevel(const element& value, std::string path, bool is_pre_tokenizer) {
  GRE_ASSIGN_OR_RETURN(const Fields fields,
                       Fields::Open(value, std::move(path),
                                    {"type", "add_prefix_space", "trim_offsets", "use_regex"}));
  GRE_RETURN_IF_ERROR(fields.ExpectText("type", "ByteLevel"));
  if (!is_pre_tokenizer) return {};  // decoders and post-processors ignore the two flags below
  GRE_ASSIGN_OR_RETURN(const bool prefix, fields.Flag("add_prefix_space"));
  if (prefix) return Unexpected(fields.Path("add_prefix_space"), "false", "true");
  GRE_ASSIGN_OR_RETURN(const bool regex, fields.Flag("use_regex"));
  if (regex) return Unexpected(fields.Path("use_regex"), "false", "true");
  return {};
}

Status CheckSplit(const element& value, std::string path) {
  GRE_ASSIGN_OR_RETURN(const Fields split, Fields::Open(value, std::move(path),
                                                        {"type", "pattern", "behavior", "invert"}));
  GRE_RETURN_IF_ERROR(split.ExpectText("type", "Split"));
  GRE_RETURN_IF_ERROR(split.ExpectText("behavior", "Isolated"));
  GRE_RETURN_IF_ERROR(split.ExpectFalse("invert"));
  GRE_ASSIGN_OR_RETURN(const element pattern_value, split.Get("pattern"));
  GRE_ASSIGN_OR_RETURN(const Fields pattern,
                       Fields::Open(pattern_value, split.Path("pattern"), {"Regex"}));
  return pattern.ExpectText("Regex", kQwenSplitPattern);
}

Status CheckPipeline(const Fields& root) {
  GRE_ASSIGN_OR_RETURN(const element normalizer_value, root.Get("normalizer"));
  GRE_ASSIGN_OR_RETURN(const Fields normalizer,
                       Fields::Open(normalizer_value, "normalizer", {"type"}));
  GRE_RETURN_IF_ERROR(normalizer.ExpectText("type", "NFC"));

  GRE_ASSIGN_OR_RETURN(const element pre_value, root.Get("pre_tokenizer"));
  GRE_ASSIGN_OR_RETURN(const Fields pre,
                       Fields::Open(pre_value, "pre_tokenizer", {"type", "pretokenizers"}));
  GRE_RETURN_IF_ERROR(pre.ExpectText("type", "Sequence"));
  GRE_ASSIGN_OR_RETURN(const array steps, pre.List("pretokenizers"));
  if (steps.size() != 2) {
    return Unexpected(pre.Path("pretokenizers"), "Split and ByteLevel",
                      std::to_string(steps.size()) + " entries");
  }
  GRE_RETURN_IF_ERROR(CheckSplit(steps.at(0).value(), "pre_tokenizer.pretokenizers[0]"));
  GRE_RETURN_IF_ERROR(CheckByteLevel(steps.at(1).value(), "pre_tokenizer.pretokenizers[1]", true));

  GRE_ASSIGN_OR_RETURN(const element decoder, root.Get("decoder"));
  GRE_RETURN_IF_ERROR(CheckByteLevel(decoder, "decoder", false));
  const Result<element> post = root.Get("post_processor");
  if (!post.ok() || post->is_null()) return {};
  return CheckByteLevel(*post, "post_processor", false);
}

Result<PieceTable> ReadVocab(const Fields& model) {
  GRE_ASSIGN_OR_RETURN(const element value, model.Get("vocab"));
  object vocab;
  if (value.get(vocab)) return Unexpected("model.vocab", "an object", Describe(value));
  constexpr size_t kUsualPieceBytes = 8;
  PieceTable pieces(vocab.size(), vocab.size() * kUsualPieceBytes);
  std::string bytes;
  for (const auto [spelled, id_value] : vocab) {
    const auto path = [&, spelled = spelled] {
      return "model.vocab[\"" + std::string(spelled) + "\"]";
    };
    if (!id_value.is_int64()) return Unexpected(path(), "an id", Describe(id_value));
    const int64_t id = id_value.get_int64().value();
    if (id < 0 || id >= kMaxTokenId) return ReadTokenId(id_value, path()).error();
    bytes.clear();
    if (spelled.empty() || spelled.size() > kMaxPieceBytes || !AppendSpelledBytes(spelled, bytes)) {
      return Unexpected(path(), "1 to 65536 characters of the byte-level alphabet", "others");
    }
    if (!pieces.Add(static_cast<int32_t>(id), bytes)) {
      return Unexpected(path(), "each piece and each id once", "one again");
    }
  }
  return pieces;
}

// The two halves of a merge, in either spelling: "a b" or ["a", "b"].
std::optional<std::pair<std::string_view, std::string_view>> SplitMerge(const element& value) {
  std::string_view joined;
  if (!value.get(joined)) {
    const size_t space = joined.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    return std::pair{joined.substr(0, space), joined.substr(space + 1)};
  }
  array pair;
  std::string_view left;
  std::string_view right;
  if (value.get(pair) || pair.size() != 2 || pair.at(0).get(left) || pair.at(1).get(right)) {
    return std::nullopt;
  }
  return std::pair{left, right};
}

Result<std::vector<BpeModel::Merge>> ReadMerges(const Fields& model, const PieceTable& pieces) {
  GRE_ASSIGN_OR_RETURN(const array list, model.List("merges"));
  std::vector<BpeModel::Merge> merges;
  merges.reserve(std::min<size_t>(list.size(), kMaxTokenId));
  std::string bytes;
  const auto find = [&](std::string_view spelled) {
    bytes.clear();
    if (!AppendSpelledBytes(spelled, bytes)) return PieceTable::kNone;
    return pieces.Find(bytes);
  };
  for (const element& value : list) {
    const auto path = [&] { return "model.merges[" + std::to_string(merges.size()) + "]"; };
    const auto halves = SplitMerge(value);
    if (!halves) return Unexpected(path(), "\"a b\" or [\"a\", \"b\"]", Describe(value));
    const BpeModel::Merge merge = {find(halves->first), find(halves->second)};
    if (merge.left == PieceTable::kNone || merge.right == PieceTable::kNone) {
      return Unexpected(path(), "two pieces of the vocabulary", Describe(value));
    }
    merges.push_back(merge);
  }
  return merges;
}

Result<BpeModel> ReadModel(const Fields& root) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("model"));
  GRE_ASSIGN_OR_RETURN(const Fields model,
                       Fields::Open(value, "model",
                                    {"type", "dropout", "unk_token", "continuing_subword_prefix",
                                     "end_of_word_suffix", "fuse_unk", "byte_fallback",
                                     "ignore_merges", "vocab", "merges"}));
  GRE_RETURN_IF_ERROR(model.ExpectText("type", "BPE"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("dropout"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("unk_token"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("continuing_subword_prefix"));
  GRE_RETURN_IF_ERROR(model.ExpectNone("end_of_word_suffix"));
  GRE_RETURN_IF_ERROR(model.ExpectFalse("fuse_unk"));
  GRE_RETURN_IF_ERROR(model.ExpectFalse("byte_fallback"));
  GRE_RETURN_IF_ERROR(model.ExpectFalse("ignore_merges"));
  GRE_ASSIGN_OR_RETURN(PieceTable pieces, ReadVocab(model));
  GRE_ASSIGN_OR_RETURN(const std::vector<BpeModel::Merge> merges, ReadMerges(model, pieces));
  return BpeModel::Create(std::move(pieces), merges);
}

// Ids must be new or, for a token that is also a piece, that piece's own.
Status CheckAddedIds(const std::vector<AddedToken>& tokens, const PieceTable& pieces) {
  std::unordered_set<int32_t> ids;
  std::unordered_set<std::string_view> contents;
  for (const AddedToken& token : tokens) {
    const std::string path = "added_tokens[\"" + token.content + "\"]";
    if (!ids.insert(token.id).second) {
      return Unexpected(path + ".id", "a new id", std::to_string(token.id) + " again");
    }
    if (!contents.insert(token.content).second) {
      return Unexpected(path, "each content once", "it twice");
    }
    const std::string_view piece = pieces.Bytes(token.id);
    if (!piece.empty() && piece != token.content) {
      return Unexpected(path + ".id", "an id outside model.vocab", std::to_string(token.id));
    }
  }
  return {};
}

Result<std::vector<AddedToken>> ReadAddedTokens(const Fields& root) {
  GRE_ASSIGN_OR_RETURN(const array list, root.List("added_tokens"));
  std::vector<AddedToken> tokens;
  for (const element& value : list) {
    GRE_ASSIGN_OR_RETURN(const Fields fields,
                         Fields::Open(value, "added_tokens[" + std::to_string(tokens.size()) + "]",
                                      {"id", "content", "single_word", "lstrip", "rstrip",
                                       "normalized", "special"}));
    AddedToken token;
    GRE_ASSIGN_OR_RETURN(const element id, fields.Get("id"));
    GRE_ASSIGN_OR_RETURN(token.id, ReadTokenId(id, fields.Path("id")));
    GRE_ASSIGN_OR_RETURN(const element content, fields.Get("content"));
    std::string_view text;
    if (content.get(text) || text.empty() || text.size() > kMaxPieceBytes) {
      return Unexpected(fields.Path("content"), "1 to 65536 bytes of text", Describe(content));
    }
    token.content = text;
    GRE_RETURN_IF_ERROR(fields.ExpectFalse("single_word"));
    GRE_RETURN_IF_ERROR(fields.ExpectFalse("lstrip"));
    GRE_RETURN_IF_ERROR(fields.ExpectFalse("rstrip"));
    GRE_ASSIGN_OR_RETURN(token.normalized, fields.Flag("normalized"));
    GRE_ASSIGN_OR_RETURN(token.special, fields.Flag("special"));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace

Result<TokenizerFile> ReadTokenizerJson(std::string_view json) {
  simdjson::dom::parser parser;
  GRE_ASSIGN_OR_RETURN(const element document, ParseJsonDocument(json, parser));
  GRE_ASSIGN_OR_RETURN(
      const Fields root,
      Fields::Open(document, "",
                   {"version", "truncation", "padding", "added_tokens", "normalizer",
                    "pre_tokenizer", "post_processor", "decoder", "model"}));
  GRE_RETURN_IF_ERROR(root.ExpectText("version", "1.0"));
  GRE_RETURN_IF_ERROR(CheckPipeline(root));
  GRE_ASSIGN_OR_RETURN(BpeModel model, ReadModel(root));
  GRE_ASSIGN_OR_RETURN(std::vector<AddedToken> added_tokens, ReadAddedTokens(root));
  GRE_RETURN_IF_ERROR(CheckAddedIds(added_tokens, model.pieces()));
  return TokenizerFile{std::move(model), std::move(added_tokens)};
}

}  // namespace gre
