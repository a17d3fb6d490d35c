#include "experiment/ablation_records.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/random.h"
#include "core/strings.h"
#include "dataset/teacher/attribute_chain.h"
#include "knowledge/country_facts.h"
#include "reasoning/answer_parser.h"
#include "reasoning/chain.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCriterion = "the country is right";

Result<const Country*> CountryOf(const PhotoRecord& photo) {
  const Country* country = FindCountry(photo.country_code);
  if (country != nullptr) return country;
  return Error{ErrorCode::kInvalidInput, Concat({photo.image,
                                                 ": expected a photo with a country, "
                                                 "found '",
                                                 photo.country_code, "'"})};
}

Json Conversation(const std::string& question, const std::string& answer) {
  return Json::array({Json{{"from", "human"}, {"value", Concat({"<image>\n", question})}},
                      Json{{"from", "gpt"}, {"value", answer}}});
}

Json RecordOf(const PhotoRecord& photo) {
  Json json;
  json["image"] = photo.image;
  if (photo.point) {
    json["gt_lat"] = photo.point->latitude_deg;
    json["gt_lon"] = photo.point->longitude_deg;
  } else {
    json["country_code"] = photo.country_code;
  }
  return json;
}

void AddLine(const Json& json, std::string& lines) {
  lines += json.dump(-1, ' ', false, Json::error_handler_t::replace);
  lines += '\n';
}

// Numbers below `size`, round after round, each in an order of its own.
class Rounds {
 public:
  // `size` > 0.
  Rounds(size_t size, uint64_t seed) : seed_(seed), order_(size) {
    GRE_CHECK(size > 0);
    for (size_t i = 0; i < size; ++i) order_[i] = i;
  }
  size_t Next() {
    if (next_ == 0) {
      Random random(HashSeed(seed_, round_++));
      random.Shuffle(order_);
    }
    const size_t number = order_[next_];
    next_ = (next_ + 1) % order_.size();
    return number;
  }
  // Of the number that Next gave.
  [[nodiscard]] uint64_t round() const { return round_; }

 private:
  uint64_t seed_, round_ = 0;
  std::vector<size_t> order_;
  size_t next_ = 0;
};

}  // namespace

AblationRecords::AblationRecords(const PointSampler& points, const PromptTemplate& locate,
                                 const PromptTemplate& judge, uint64_t seed)
    : points_(&points), locate_(&locate), judge_(&judge), seed_(seed) {}

Result<LatLng> AblationRecords::PointOf(const PhotoRecord& photo, uint64_t draw) const {
  if (photo.point) return RoundToTenth(*photo.point);
  Random random(HashSeed(HashSeed(seed_, draw), photo.image));
  return points_->Draw(photo.country_code, random);
}

Result<std::string> AblationRecords::PlaceReply(const PhotoRecord& photo, uint64_t draw,
                                                bool with_chain) const {
  GRE_ASSIGN_OR_RETURN(const Country* country, CountryOf(photo));
  GRE_ASSIGN_OR_RETURN(const LatLng point, PointOf(photo, draw));
  if (with_chain) return AttributeReply(photo.kind, *country, point);
  return Concat({"<answer>", RenderAnswer(point, 1), "</answer>"});
}

Result<std::string> AblationRecords::JudgedReply(const PhotoRecord& photo, uint64_t draw,
                                                 bool label) const {
  GRE_ASSIGN_OR_RETURN(const Country* country, CountryOf(photo));
  GRE_ASSIGN_OR_RETURN(const LatLng point, PointOf(photo, draw));
  return RenderReply(RenderChain(AttributeChain(photo.kind, *country, point)),
                     label ? "True" : "False");
}

Result<RenderedPrompt> AblationRecords::Question(std::string_view reply) const {
  const ReplyParts parts = SplitReply(reply);
  return judge_->Render({{"chain", std::string(Trim(parts.thinking))},
                         {"answer", std::string(Trim(parts.answer.value_or("")))},
                         {"criterion", std::string(kCriterion)}});
}

Result<std::string> AblationRecords::Places(std::span<const PhotoRecord> photos, size_t count,
                                            bool with_chain) const {
  GRE_ASSIGN_OR_RETURN(const RenderedPrompt prompt, locate_->Render({{"area", ""}}));
  std::string lines;
  Rounds rounds(photos.size(), HashSeed(seed_, "places"));
  for (size_t i = 0; i < count; ++i) {
    const PhotoRecord& photo = photos[rounds.Next()];
    GRE_ASSIGN_OR_RETURN(const std::string reply, PlaceReply(photo, rounds.round(), with_chain));
    Json json = RecordOf(photo);
    json["conversations"] = Conversation(prompt.user, reply);
    AddLine(json, lines);
  }
  return lines;
}

size_t AblationRecords::ColdStartSize(size_t photos, int passes, double judge_share) {
  const auto places = static_cast<double>(photos) * passes;
  return static_cast<size_t>(std::llround(places / (1 - judge_share)));
}

Result<std::string> AblationRecords::ColdStart(std::span<const PhotoRecord> photos, int passes,
                                               double judge_share) const {
  const size_t places = photos.size() * static_cast<size_t>(passes);
  GRE_ASSIGN_OR_RETURN(std::string lines, Places(photos, places, /*with_chain=*/true));
  std::set<std::string> seen;
  for (const PhotoRecord& photo : photos) seen.insert(photo.country_code);
  const std::vector<std::string> countries(seen.begin(), seen.end());
  if (countries.size() < 2) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"the cold start's photos: expected at least two countries, found ",
                         std::to_string(countries.size())})};
  }
  const size_t judged = ColdStartSize(photos.size(), passes, judge_share) - places;
  Rounds rounds(photos.size(), HashSeed(seed_, "judged"));
  for (size_t i = 0; i < judged; ++i) {
    const PhotoRecord& photo = photos[rounds.Next()];
    Random random(HashSeed(HashSeed(seed_, "claims"), i));
    PhotoRecord claimed = photo;
    const bool label = random.Below(2) == 0;
    if (!label) {
      std::vector<std::string> others;
      GRE_ASSIGN_OR_RETURN(const Country* country, CountryOf(photo));
      const bool neighbour = random.Below(2) == 0;
      for (const std::string& code : countries) {
        const Country* other = FindCountry(code);
        const bool fits =
            !neighbour || (other != nullptr && other->subregion == country->subregion);
        if (code != photo.country_code && fits) others.push_back(code);
      }
      if (others.empty()) {  // it stands alone in its sub-region
        std::ranges::copy_if(countries, std::back_inserter(others),
                             [&](const std::string& code) { return code != photo.country_code; });
      }
      claimed.country_code = others[random.Below(others.size())];
    }
    if (!label || !photo.point) claimed.point.reset();
    GRE_ASSIGN_OR_RETURN(const std::string claim, PlaceReply(claimed, random.Next(), true));
    GRE_ASSIGN_OR_RETURN(const RenderedPrompt question, Question(claim));
    GRE_ASSIGN_OR_RETURN(const std::string reply, JudgedReply(photo, random.Next(), label));
    Json json = RecordOf(photo);
    json["conversations"] = Conversation(question.user, reply);
    AddLine(json, lines);
  }
  return lines;
}

Result<std::vector<Candidate>> AblationRecords::Balanced(std::span<const Candidate> candidates,
                                                         size_t count) const {
  std::vector<Candidate> right, wrong;
  for (const Candidate& candidate : candidates) {
    (candidate.label ? right : wrong).push_back(candidate);
  }
  if (right.empty() || wrong.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"chains to be judged: expected right and wrong ones, found ",
                         std::to_string(right.size()), " and ", std::to_string(wrong.size()),
                         "; learn longer before or draw more of them"})};
  }
  Rounds of_right(right.size(), HashSeed(seed_, "right"));
  Rounds of_wrong(wrong.size(), HashSeed(seed_, "wrong"));
  std::vector<Candidate> balanced;
  for (size_t i = 0; i < count; ++i) {
    balanced.push_back(i % 2 == 0 ? right[of_right.Next()] : wrong[of_wrong.Next()]);
  }
  return balanced;
}

Result<std::string> AblationRecords::Verdicts(std::span<const Candidate> candidates,
                                              bool shuffled) const {
  std::vector<bool> labels;
  for (const Candidate& candidate : candidates) labels.push_back(candidate.label);
  if (shuffled) {
    Random random(HashSeed(seed_, "shuffled labels"));
    for (size_t i = labels.size(); i > 1; --i) {
      const size_t other = random.Below(i);
      const bool kept = labels[i - 1];
      labels[i - 1] = labels[other];
      labels[other] = kept;
    }
  }
  std::string lines;
  for (size_t i = 0; i < candidates.size(); ++i) {
    GRE_ASSIGN_OR_RETURN(const RenderedPrompt question, Question(candidates[i].reply));
    Json json = RecordOf(*candidates[i].photo);
    json["conversations"] = Conversation(question.user, labels[i] ? "True" : "False");
    AddLine(json, lines);
  }
  return lines;
}

Result<std::string> AblationRecords::JudgedChains(std::span<const Candidate> candidates) const {
  std::string lines;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    GRE_ASSIGN_OR_RETURN(const RenderedPrompt question, Question(candidate.reply));
    GRE_ASSIGN_OR_RETURN(const std::string reply,
                         JudgedReply(*candidate.photo, HashSeed(i, "judged"), candidate.label));
    Json json = RecordOf(*candidate.photo);
    json["conversations"] = Conversation(question.user, reply);
    AddLine(json, lines);
  }
  return lines;
}

Result<std::string> AblationRecords::Truths(std::span<const PhotoRecord> photos,
                                            size_t count) const {
  GRE_ASSIGN_OR_RETURN(const RenderedPrompt prompt, locate_->Render({{"area", ""}}));
  std::string lines;
  Rounds rounds(photos.size(), HashSeed(seed_, "places"));
  for (size_t i = 0; i < count; ++i) {
    const PhotoRecord& photo = photos[rounds.Next()];
    Json json = RecordOf(photo);
    json["instructions"] = prompt.user;
    AddLine(json, lines);
  }
  return lines;
}

}  // namespace gre
