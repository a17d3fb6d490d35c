#include "bench/build/clue_matcher.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "bench/chains/clip_score.h"

namespace gre {

Result<ClueMatcher> MakeClueMatcher(ImageTextEmbedder& clip, std::vector<std::string> corpus,
                                    size_t count) {
  std::vector<std::string> prompts;
  prompts.reserve(corpus.size());
  for (const std::string& text : corpus) {
    prompts.push_back(std::string("a photo that shows ").append(text));
  }
  GRE_ASSIGN_OR_RETURN(Vectors embedded, clip.EmbedTexts(prompts));
  struct Corpus {
    std::vector<std::string> texts;
    Vectors vectors;
  };
  const auto shared =
      std::make_shared<const Corpus>(Corpus{std::move(corpus), std::move(embedded)});
  return ClueMatcher(
      [&clip, shared, count](const RgbImage& photo) -> Result<std::vector<ClueMatch>> {
        const RgbImage* const images[] = {&photo};
        GRE_ASSIGN_OR_RETURN(const Vectors image, clip.EmbedImages(images));
        std::vector<ClueMatch> matches;
        matches.reserve(shared->texts.size());
        for (size_t i = 0; i < shared->texts.size(); ++i) {
          matches.push_back({shared->texts[i], Cosine(image[0], shared->vectors[i])});
        }
        const size_t kept = std::min(count, matches.size());
        std::ranges::partial_sort(matches, matches.begin() + static_cast<std::ptrdiff_t>(kept),
                                  std::ranges::greater(), &ClueMatch::similarity);
        matches.resize(kept);
        return matches;
      });
}

}  // namespace gre
