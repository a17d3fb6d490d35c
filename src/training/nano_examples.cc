#include "training/nano_examples.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "core/check.h"
#include "core/random.h"
#include "dataset/teacher/attribute_chain.h"
#include "knowledge/country_facts.h"
#include "training/nano_text.h"

namespace gre {

NanoExamples::NanoExamples(PointSampler points, const Tokenizer& tokenizer,
                           const TokenWeights& weights)
    : points_(std::move(points)), tokenizer_(&tokenizer), weights_(weights) {}

Result<NanoExamples> NanoExamples::Create(std::span<const PhotoRecord> train, PointSampler points,
                                          const Tokenizer& tokenizer, const TokenWeights& weights) {
  NanoExamples examples(std::move(points), tokenizer, weights);
  const auto token = [&](const std::string& text) -> Result<int32_t> {
    const auto id = tokenizer.TokenId(text);
    if (!id) {
      return Error{ErrorCode::kInvalidInput, "tokenizer.json lacks the token '" + text + "'"};
    }
    return *id;
  };
  GRE_ASSIGN_OR_RETURN(examples.begin_, token(kNanoBeginToken));
  GRE_ASSIGN_OR_RETURN(examples.end_, token(kNanoEndToken));
  GRE_ASSIGN_OR_RETURN(examples.chain_end_, token("</think>\n<answer>"));
  for (const Country& country : AllCountries()) {
    GRE_ASSIGN_OR_RETURN(const int32_t id, token(CountryPhrase(country)));
    examples.country_tokens_[id] = country.code;
  }
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    const std::string_view text = tokenizer.TokenBytes(id);
    if (text.find("/driving_side]") != text.npos || text.find("/script]") != text.npos) {
      examples.side_tokens_.insert(id);
    }
  }
  for (const PhotoRecord& record : train) {
    examples.classes_.emplace(record.country_code, 0);
    if (FindCountry(record.country_code) == nullptr) {
      return Error{ErrorCode::kInvalidInput,
                   record.image + ": unknown country code '" + record.country_code + "'"};
    }
    if (!record.point) {
      Random random(0);
      GRE_RETURN_IF_ERROR(examples.points_.Draw(record.country_code, random).ok()
                              ? Status()
                              : Status(examples.points_.Draw(record.country_code, random).error()));
    }
  }
  int64_t next = 0;
  for (auto& [code, index] : examples.classes_) {
    index = next++;
  }
  return examples;
}

const std::string& NanoExamples::CountryCode(int64_t country_class) const {
  const auto found = std::ranges::find(classes_, country_class,
                                       &std::map<std::string, int64_t>::value_type::second);
  GRE_CHECK(found != classes_.end());
  return found->first;
}

int64_t NanoExamples::CountryClass(const std::string& code) const {
  const auto it = classes_.find(code);
  return it == classes_.end() ? kIgnoredTarget : it->second;
}

Result<TextBatch> NanoExamples::MakeBatch(std::span<const Item> items) const {
  std::vector<std::vector<int32_t>> replies;
  std::vector<int64_t> countries;
  size_t longest = 0;
  for (const Item& item : items) {
    const PhotoRecord& record = *item.record;
    const Country* country = FindCountry(record.country_code);
    GRE_CHECK(country != nullptr);
    LatLng point;
    if (record.point) {
      point = RoundToTenth(*record.point);
    } else {
      Random random(HashSeed(item.seed, record.image));
      GRE_ASSIGN_OR_RETURN(point, points_.Draw(record.country_code, random));
    }
    replies.push_back(
        tokenizer_->Encode(AttributeReply(record.kind, *country, point), /*recognise_added=*/true));
    replies.back().push_back(end_);
    longest = std::max(longest, replies.back().size());
    countries.push_back(CountryClass(record.country_code));
  }
  const auto rows = static_cast<int64_t>(items.size());
  const auto length = static_cast<int64_t>(longest);
  TextBatch batch{at::full({rows, length}, end_, at::kLong),
                  at::full({rows, length}, kIgnoredTarget, at::kLong),
                  at::zeros({rows, length}, at::kFloat), at::tensor(countries, at::kLong)};
  auto* inputs = batch.inputs.mutable_data_ptr<int64_t>();
  auto* targets = batch.targets.mutable_data_ptr<int64_t>();
  auto* weights = batch.weights.mutable_data_ptr<float>();
  for (size_t row = 0; row < items.size(); ++row) {
    bool in_answer = false;
    int32_t previous = begin_;
    for (size_t i = 0; i < replies[row].size(); ++i) {
      const int32_t id = replies[row][i];
      const size_t at = row * longest + i;
      inputs[at] = std::exchange(previous, id);
      if (items[row].mirrored && side_tokens_.contains(id)) {
        continue;
      }
      targets[at] = id;
      weights[at] = static_cast<float>(country_tokens_.contains(id) ? weights_.country
                                       : in_answer && id != end_    ? weights_.coordinate
                                                                    : 1.0);
      in_answer |= id == chain_end_;
    }
  }
  return batch;
}

}  // namespace gre
