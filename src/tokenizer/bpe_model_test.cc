#include "tokenizer/bpe_model.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.h"

namespace gre {
namespace {

PieceTable Bytes() {
  PieceTable pieces(256, 256);
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    pieces.Add(byte, {&c, 1});
  }
  return pieces;
}

// The definition, done the slow way: join the leftmost pair of lowest rank until none is left.
std::vector<int32_t> EncodeByDefinition(const PieceTable& pieces,
                                        const std::vector<BpeModel::Merge>& merges,
                                        std::string_view text) {
  std::vector<int32_t> ids;
  for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  for (;;) {
    size_t best_rank = merges.size();
    size_t best = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      for (size_t rank = 0; rank < best_rank; ++rank) {
        if (merges[rank].left == ids[i] && merges[rank].right == ids[i + 1]) {
          best_rank = rank;
          best = i;
        }
      }
    }
    if (best_rank == merges.size()) return ids;
    const std::string joined =
        std::string(pieces.Bytes(ids[best])).append(pieces.Bytes(ids[best + 1]));
    ids[best] = pieces.Find(joined);
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

// Random merge tables over three letters give pieces that encode to themselves and pieces that do
// not, ranks that rise and fall along a word, and words on both sides of the scan/heap border.
TEST(BpeModelTest, EqualsTheDefinitionOnRandomMergeTables) {
  Random random(5);
  for (int table = 0; table < 60; ++table) {
    PieceTable pieces = Bytes();
    std::vector<BpeModel::Merge> merges;
    std::vector<int32_t> ids = {'a', 'b', 'c'};
    for (int tries = 0; tries < 24; ++tries) {
      const BpeModel::Merge merge = {ids[random.Below(ids.size())], ids[random.Below(ids.size())]};
      const std::string joined =
          std::string(pieces.Bytes(merge.left)).append(pieces.Bytes(merge.right));
      const bool listed = std::any_of(merges.begin(), merges.end(), [&](const BpeModel::Merge& m) {
        return m.left == merge.left && m.right == merge.right;
      });
      if (listed || joined.size() > 12) continue;
      if (pieces.Find(joined) == PieceTable::kNone) {
        ids.push_back(pieces.size());
        pieces.Add(pieces.size(), joined);
      }
      merges.push_back(merge);
    }
    for (size_t i = merges.size(); i > 1; --i) std::swap(merges[i - 1], merges[random.Below(i)]);
    const Result<BpeModel> model = BpeModel::Create(pieces, merges);
    ASSERT_TRUE(model.ok()) << model.error().message;
    for (int word = 0; word < 60; ++word) {
      std::string text;
      for (uint64_t n = random.Below(100) + 1; n > 0; --n) {
        text += static_cast<char>('a' + random.Below(3));
      }
      const std::vector<int32_t> expected = EncodeByDefinition(pieces, merges, text);
      for (int repeat = 0; repeat < 2; ++repeat) {  // the second time answers from the memo
        std::vector<int32_t> encoded;
        model->Encode(text, encoded);
        ASSERT_EQ(encoded, expected) << text;
      }
    }
    for (const int32_t id : ids) {
      for (int repeat = 0; repeat < 2; ++repeat) {
        std::vector<int32_t> encoded;
        model->Encode(pieces.Bytes(id), encoded);
        ASSERT_EQ(encoded, EncodeByDefinition(pieces, merges, pieces.Bytes(id)));
      }
    }
  }
}

TEST(BpeModelTest, EncodesAMegabyteWithoutSpacesQuickly) {
  PieceTable pieces = Bytes();
  pieces.Add(256, "aa");
  const std::vector<BpeModel::Merge> merges = {{'a', 'a'}};
  const Result<BpeModel> model = BpeModel::Create(std::move(pieces), merges);
  ASSERT_TRUE(model.ok());
  std::vector<int32_t> ids;
  model->Encode(std::string(1 << 20, 'a'), ids);
  EXPECT_EQ(ids.size(), size_t{1} << 19);
}

TEST(BpeModelTest, RefusesTablesThatCannotEncode) {
  PieceTable no_newline(256, 256);
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c != '\n') no_newline.Add(byte, {&c, 1});
  }
  EXPECT_THAT(BpeModel::Create(std::move(no_newline), {}).error().message,
              testing::HasSubstr("'Ċ' is missing"));

  const std::vector<BpeModel::Merge> dangling = {{'a', 'b'}};
  EXPECT_THAT(BpeModel::Create(Bytes(), dangling).error().message,
              testing::HasSubstr("model.merges[0]: expected a merge into a piece"));

  PieceTable pieces = Bytes();
  pieces.Add(256, "ab");
  const std::vector<BpeModel::Merge> twice = {{'a', 'b'}, {'a', 'b'}};
  EXPECT_THAT(BpeModel::Create(std::move(pieces), twice).error().message,
              testing::HasSubstr("model.merges[1]: expected each merge once"));
}

}  // namespace
}  // namespace gre
