#include "support/small_tokenizer.h"

#include <nlohmann/json.hpp>

namespace gre {
namespace {

using nlohmann::json;

// GPT-2's printable spelling of a byte, as tokenizer files use it.
std::string Spell(int byte) {
  static const auto* const table = [] {
    auto* spelled = new int[256];
    int next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      spelled[b] = printable ? b : next++;
    }
    return spelled;
  }();
  const int c = table[byte];
  if (c < 0x80) return {static_cast<char>(c)};
  return {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
}

}  // namespace

std::string SmallTokenizerJson() {
  json vocab = json::object();
  for (int byte = 0; byte < 256; ++byte) vocab[Spell(byte)] = byte;
  json merges = json::array();
  const std::string space = Spell(' ');
  for (const auto& [left, right] :
       std::initializer_list<std::pair<std::string, std::string>>{{space, space},
                                                                  {"t", "h"},
                                                                  {"th", "e"},
                                                                  {"i", "n"},
                                                                  {space, "the"},
                                                                  {"a", "a"},
                                                                  {"aa", "aa"},
                                                                  {"a", "b"},
                                                                  {"b", "c"},
                                                                  {Spell(0xC3), Spell(0xA9)}}) {
    vocab[left + right] = 256 + static_cast<int>(merges.size());
    merges.push_back(left + " " + right);
  }
  json added = json::array();
  const auto add = [&](const char* content, bool special) {
    added.push_back({{"id", static_cast<int>(vocab.size() + added.size())},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", special}});
  };
  for (const char* marker :
       {"<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"}) {
    add(marker, true);
  }
  add("<tool_call>", false);
  const json byte_level = {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", false},
                           {"use_regex", false}};
  const json split = {
      {"type", "Split"},
      {"pattern",
       {{"Regex",
         R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
         R"(\s*[\r\n]+|\s+(?!\S)|\s+)"}}},
      {"behavior", "Isolated"},
      {"invert", false}};
  return json{{"version", "1.0"},
              {"truncation", nullptr},
              {"padding", nullptr},
              {"added_tokens", added},
              {"normalizer", {{"type", "NFC"}}},
              {"pre_tokenizer",
               {{"type", "Sequence"}, {"pretokenizers", json::array({split, byte_level})}}},
              {"post_processor", byte_level},
              {"decoder", byte_level},
              {"model",
               {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", nullptr},
                {"continuing_subword_prefix", ""},
                {"end_of_word_suffix", ""},
                {"fuse_unk", false},
                {"byte_fallback", false},
                {"vocab", vocab},
                {"merges", merges}}}}
      .dump();
}

}  // namespace gre
