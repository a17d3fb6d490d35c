#include "bench/chains/chain_scorers.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/testing/plane_embedder.h"

namespace gre {
namespace {

TEST(ChainScorers, CosinesStandRowByRowAndTokensOfEachSideTogether) {
  PlaneEmbedder embedder;
  ChainScorers scorers;
  UseEmbedder(embedder, scorers);
  EXPECT_EQ(scorers.embedder, "plane");
  const std::vector<std::string> texts = {"east", "north"};
  const std::vector<std::string> references = {"east", "between", ""};
  const auto cosines = scorers.similarity(texts, references);
  ASSERT_TRUE(cosines.ok());
  ASSERT_EQ(cosines->size(), 6u);
  EXPECT_NEAR(cosines->at(0), 1, 1e-6);
  EXPECT_NEAR(cosines->at(1), 0.6, 1e-6);
  EXPECT_NEAR(cosines->at(3), 0, 1e-6);
  EXPECT_NEAR(cosines->at(4), 0.8, 1e-6);
  // Precision: east finds east (1), north finds between (0.8); recall: 1 and 0.8.
  EXPECT_NEAR(scorers.inference(texts, references).value(), 0.9, 1e-6);
  EXPECT_TRUE(std::isnan(scorers.inference(texts, std::vector<std::string>{""}).value()));
}

TEST(ChainScorers, CaptionsAreComparedWithPhotoAndReferences) {
  PlaneClip clip;
  ChainScorers scorers;
  UseClip(
      clip,
      [](const TruthRecord& truth) -> Result<RgbImage> {
        if (truth.id == "gone") return Error{ErrorCode::kNotFound, "gone"};
        return WhitePhoto();
      },
      scorers);
  TruthRecord truth = {.id = "a", .captions = {"between"}};
  const std::vector<std::string> captions = {"east", "north"};
  // east: CLIPScore 2.5, reference 0.6, harmonic mean 2 * 2.5 * 0.6 / 3.1; north: no likeness, 0.
  EXPECT_NEAR(scorers.caption(truth, captions).value(), 2 * 2.5 * 0.6 / 3.1 / 2, 1e-6);
  truth.id = "gone";
  EXPECT_TRUE(std::isnan(scorers.caption(truth, captions).value()));
}

}  // namespace
}  // namespace gre
