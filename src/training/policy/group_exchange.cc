#include "training/policy/group_exchange.h"

#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace gre {
namespace {

using Json = nlohmann::json;

Json ToJson(const RolloutGroup& group) {
  Json completions = Json::array();
  for (size_t i = 0; i < group.completions.size(); ++i) {
    const Completion& completion = group.completions[i];
    completions.push_back({{"text", completion.text},
                           {"ids", completion.token_ids},
                           {"logprobs", completion.logprobs},
                           {"finish", static_cast<int>(completion.finish_reason)},
                           {"parts", group.parts[i].values},
                           {"reward", group.rewards[i]}});
  }
  return completions;
}

RolloutGroup FromJson(const Json& json, const TrainingRecord* record) {
  RolloutGroup group;
  group.record = record;
  group.here = false;
  for (const Json& item : json) {
    Completion& completion = group.completions.emplace_back();
    item.at("text").get_to(completion.text);
    item.at("ids").get_to(completion.token_ids);
    item.at("logprobs").get_to(completion.logprobs);
    completion.finish_reason = static_cast<FinishReason>(item.at("finish").get<int>());
    item.at("parts").get_to(group.parts.emplace_back().values);
    group.rewards.push_back(item.at("reward").get<double>());
  }
  return group;
}

}  // namespace

Result<std::vector<RolloutGroup>> ExchangeGroups(Collective& collective,
                                                 std::span<const PromptDraw> draws,
                                                 std::vector<RolloutGroup> own) {
  if (collective.size() == 1) return own;
  Json mine = Json::array();
  for (const RolloutGroup& group : own) mine.push_back(ToJson(group));
  const std::vector<uint8_t> bytes = Json::to_cbor(mine);
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> all,
                       collective.Gather({bytes.begin(), bytes.end()}));
  std::vector<Json> of_processes;
  for (const std::string& part : all) of_processes.push_back(Json::from_cbor(part));
  std::vector<RolloutGroup> groups;
  const auto size = static_cast<size_t>(collective.size());
  for (size_t i = 0; i < draws.size(); ++i) {
    if (i % size == static_cast<size_t>(collective.rank())) {
      groups.push_back(std::move(own[i / size]));
    } else {
      groups.push_back(FromJson(of_processes[i % size].at(i / size), draws[i].record));
    }
  }
  return groups;
}

}  // namespace gre
