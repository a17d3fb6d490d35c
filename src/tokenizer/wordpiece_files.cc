// The files from which a WordPieceTokenizer is read.
#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "core/file.h"
#include "core/json.h"
#include "tokenizer/json_fields.h"
#include "tokenizer/wordpiece.h"

namespace gre {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kMaxFileBytes = size_t{128} << 20;
constexpr int64_t kMaxWordChars = 1 << 16;

Status ReadNormalizer(const JsonFields& root, WordPieceOptions& options) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("normalizer"));
  GRE_ASSIGN_OR_RETURN(const JsonFields fields,
                       JsonFields::Open(value, "normalizer",
                                        {"type", "clean_text", "handle_chinese_chars",
                                         "strip_accents", "lowercase"}));
  GRE_RETURN_IF_ERROR(fields.ExpectText("type", "BertNormalizer"));
  GRE_ASSIGN_OR_RETURN(options.clean_text, fields.Flag("clean_text"));
  GRE_ASSIGN_OR_RETURN(options.split_han, fields.Flag("handle_chinese_chars"));
  GRE_ASSIGN_OR_RETURN(options.lower_case, fields.Flag("lowercase"));
  options.strip_accents = options.lower_case;
  if (!fields.Lacks("strip_accents")) {
    GRE_ASSIGN_OR_RETURN(options.strip_accents, fields.Flag("strip_accents"));
  }
  return {};
}

// ["[CLS]", 101]
Result<std::string> ReadPair(const JsonFields& fields, std::string_view key) {
  GRE_ASSIGN_OR_RETURN(const array pair, fields.List(key));
  std::string_view token;
  if (pair.size() != 2 || pair.at(0).get(token)) {
    return Unexpected(fields.Path(key), "a token and its id", "others");
  }
  return std::string(token);
}

// {"SpecialToken": {"id": "[CLS]", "type_id": 0}} gives its token, {"Sequence": …} the text "".
Result<std::string> ReadTemplatePart(const element& value, const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const JsonFields part,
                       JsonFields::Open(value, path, {"SpecialToken", "Sequence"}));
  if (!part.Lacks("Sequence")) return std::string();
  GRE_ASSIGN_OR_RETURN(const element token_value, part.Get("SpecialToken"));
  GRE_ASSIGN_OR_RETURN(const JsonFields token,
                       JsonFields::Open(token_value, part.Path("SpecialToken"), {"id", "type_id"}));
  return token.Text("id");
}

Status ReadPostProcessor(const JsonFields& root, WordPieceOptions& options) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("post_processor"));
  GRE_ASSIGN_OR_RETURN(const JsonFields fields, JsonFields::Open(value, "post_processor",
                                                                 {"type", "single", "pair",
                                                                  "special_tokens", "sep", "cls"}));
  GRE_ASSIGN_OR_RETURN(const std::string type, fields.Text("type"));
  if (type == "BertProcessing") {
    GRE_ASSIGN_OR_RETURN(options.begin, ReadPair(fields, "cls"));
    GRE_ASSIGN_OR_RETURN(options.end, ReadPair(fields, "sep"));
    return {};
  }
  if (type != "TemplateProcessing") {
    return Unexpected(fields.Path("type"), R"("TemplateProcessing" or "BertProcessing")",
                      '"' + type + '"');
  }
  GRE_ASSIGN_OR_RETURN(const array parts, fields.List("single"));
  std::vector<std::string> tokens;
  for (const element& part : parts) {
    GRE_ASSIGN_OR_RETURN(
        std::string token,
        ReadTemplatePart(part, "post_processor.single[" + std::to_string(tokens.size()) + "]"));
    tokens.push_back(std::move(token));
  }
  if (tokens.size() != 3 || tokens[0].empty() || !tokens[1].empty() || tokens[2].empty()) {
    return Unexpected(fields.Path("single"), "a token, the text and a token", "others");
  }
  options.begin = tokens[0];
  options.end = tokens[2];
  return {};
}

Result<PieceTable> ReadModel(const JsonFields& root, WordPieceOptions& options) {
  GRE_ASSIGN_OR_RETURN(const element value, root.Get("model"));
  GRE_ASSIGN_OR_RETURN(const JsonFields model,
                       JsonFields::Open(value, "model",
                                        {"type", "unk_token", "continuing_subword_prefix",
                                         "max_input_chars_per_word", "vocab"}));
  // Files of old versions of tokenizers do not name the type.
  if (!model.Lacks("type")) GRE_RETURN_IF_ERROR(model.ExpectText("type", "WordPiece"));
  GRE_ASSIGN_OR_RETURN(options.unknown, model.Text("unk_token"));
  GRE_ASSIGN_OR_RETURN(options.continuation, model.Text("continuing_subword_prefix"));
  GRE_ASSIGN_OR_RETURN(const element chars, model.Get("max_input_chars_per_word"));
  int64_t max_chars = 0;
  if (chars.get(max_chars) || max_chars < 1 || max_chars > kMaxWordChars) {
    return Unexpected(model.Path("max_input_chars_per_word"), "an integer from 1 to 65536",
                      Describe(chars));
  }
  options.max_word_chars = static_cast<int>(max_chars);
  GRE_ASSIGN_OR_RETURN(const element vocab_value, model.Get("vocab"));
  object vocab;
  if (vocab_value.get(vocab)) {
    return Unexpected("model.vocab", "an object", Describe(vocab_value));
  }
  constexpr size_t kUsualPieceBytes = 8;
  PieceTable pieces(vocab.size(), vocab.size() * kUsualPieceBytes);
  for (const auto [piece, id_value] : vocab) {
    const auto path = [&, piece = piece] { return "model.vocab[\"" + std::string(piece) + "\"]"; };
    if (!id_value.is_int64()) return Unexpected(path(), "an id", Describe(id_value));
    GRE_ASSIGN_OR_RETURN(const int32_t id, ReadTokenId(id_value, path()));
    if (piece.empty() || piece.size() > kMaxPieceBytes) {
      return Unexpected(path(), "1 to 65536 bytes", std::to_string(piece.size()));
    }
    if (!pieces.Add(id, piece)) {
      return Unexpected(path(), "each piece and each id once", "one again");
    }
  }
  return pieces;
}

// tokenizer_config.json: what it says about case, accents and ideographs goes before the other
// files. Tokens stand as "[CLS]" or {"content": "[CLS]", …}.
class TokenizerConfig {
 public:
  static Result<TokenizerConfig> Read(const std::string& path) {
    TokenizerConfig config(path);
    if (!FileExists(path)) return config;
    GRE_ASSIGN_OR_RETURN(config.json_, ReadJsonFile(path));
    if (!config.json_.is_object()) {
      return Error{ErrorCode::kInvalidInput, path + ": expected a JSON object"};
    }
    return config;
  }

  void ReadTokens(WordPieceOptions& options) const {
    ReadToken("unk_token", options.unknown);
    ReadToken("cls_token", options.begin);
    ReadToken("sep_token", options.end);
  }

  [[nodiscard]] Status ReadFlags(WordPieceOptions& options) const {
    const bool was_lower = options.lower_case;
    GRE_RETURN_IF_ERROR(ReadFlag("do_lower_case", options.lower_case));
    if (options.lower_case != was_lower) options.strip_accents = options.lower_case;
    GRE_RETURN_IF_ERROR(ReadFlag("strip_accents", options.strip_accents));
    return ReadFlag("tokenize_chinese_chars", options.split_han);
  }

 private:
  explicit TokenizerConfig(std::string path) : path_(std::move(path)) {}

  void ReadToken(const char* key, std::string& token) const {
    const Json value = json_.value(key, Json());
    const Json text = value.is_object() ? value.value("content", Json()) : value;
    if (text.is_string()) token = text.get<std::string>();
  }

  [[nodiscard]] Status ReadFlag(const char* key, bool& flag) const {
    const Json value = json_.value(key, Json());
    if (value.is_null()) return {};
    if (!value.is_boolean()) {
      constexpr size_t kShown = 80;
      return Unexpected(path_ + ": " + key, "true or false", DumpJson(value).substr(0, kShown));
    }
    flag = value.get<bool>();
    return {};
  }

  std::string path_;
  Json json_ = Json::object();
};

struct WordPieceFile {
  PieceTable pieces;
  WordPieceOptions options;
};

Result<WordPieceFile> ReadVocabulary(std::string_view text) {
  constexpr size_t kUsualPieces = 32768;
  PieceTable pieces(kUsualPieces, text.size());
  int64_t line = 0;
  for (; !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    const std::string place = "line " + std::to_string(line + 1);
    if (line >= kMaxTokenId) {
      return Unexpected(place, "at most " + std::to_string(kMaxTokenId) + " lines", "more");
    }
    if (piece.size() > kMaxPieceBytes) {
      return Unexpected(place, "at most 65536 bytes", std::to_string(piece.size()));
    }
    if (piece.empty()) continue;  // an id without a piece
    if (!pieces.Add(static_cast<int32_t>(line), piece)) {
      return Unexpected(place, "each piece once", "\"" + std::string(piece) + "\" again");
    }
  }
  return WordPieceFile{std::move(pieces), {}};
}

Result<WordPieceFile> ReadTokenizerJson(std::string_view json) {
  simdjson::dom::parser parser;
  GRE_ASSIGN_OR_RETURN(const element document, ParseJsonDocument(json, parser));
  GRE_ASSIGN_OR_RETURN(
      const JsonFields root,
      JsonFields::Open(document, "",
                       {"version", "truncation", "padding", "added_tokens", "normalizer",
                        "pre_tokenizer", "post_processor", "decoder", "model"}));
  WordPieceOptions options;
  GRE_RETURN_IF_ERROR(root.ExpectText("version", "1.0"));
  GRE_RETURN_IF_ERROR(ReadNormalizer(root, options));
  GRE_ASSIGN_OR_RETURN(const element pre_value, root.Get("pre_tokenizer"));
  GRE_ASSIGN_OR_RETURN(const JsonFields pre,
                       JsonFields::Open(pre_value, "pre_tokenizer", {"type"}));
  GRE_RETURN_IF_ERROR(pre.ExpectText("type", "BertPreTokenizer"));
  GRE_RETURN_IF_ERROR(ReadPostProcessor(root, options));
  GRE_ASSIGN_OR_RETURN(PieceTable pieces, ReadModel(root, options));
  return WordPieceFile{std::move(pieces), std::move(options)};
}

}  // namespace

Result<WordPieceTokenizer> WordPieceTokenizer::FromVocabulary(std::string_view text,
                                                              const WordPieceOptions& options) {
  GRE_ASSIGN_OR_RETURN(WordPieceFile file, ReadVocabulary(text));
  return Create(std::move(file.pieces), options);
}

Result<WordPieceTokenizer> WordPieceTokenizer::FromJson(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(WordPieceFile file, ReadTokenizerJson(json));
  return Create(std::move(file.pieces), file.options);
}

Result<WordPieceTokenizer> WordPieceTokenizer::FromDirectory(const std::string& directory) {
  GRE_ASSIGN_OR_RETURN(const TokenizerConfig config,
                       TokenizerConfig::Read(directory + "/tokenizer_config.json"));
  const bool has_json = FileExists(directory + "/tokenizer.json");
  const std::string path = directory + (has_json ? "/tokenizer.json" : "/vocab.txt");
  GRE_ASSIGN_OR_RETURN(const std::string content, ReadFile(path, kMaxFileBytes));
  auto file = has_json ? ReadTokenizerJson(content) : ReadVocabulary(content);
  if (!file.ok()) return std::move(file).error().Wrap(path);
  if (!has_json) config.ReadTokens(file->options);
  GRE_RETURN_IF_ERROR(config.ReadFlags(file->options));
  auto tokenizer = Create(std::move(file->pieces), file->options);
  if (!tokenizer.ok()) return std::move(tokenizer).error().Wrap(path);
  return tokenizer;
}

}  // namespace gre
