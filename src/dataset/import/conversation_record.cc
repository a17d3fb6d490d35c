#include "dataset/import/conversation_record.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"
#include "dataset/import/json_record.h"
#include "knowledge/country_facts.h"
#include "reasoning/answer_parser.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr std::string_view kImageMark = "<image>";
constexpr char kJudgedChain[] = "predicted_cot";
constexpr char kJudgedAnswer[] = "predicted_answer";
constexpr double kSamePointDeg = 1e-5;

// One question and one answer.
struct Exchange {
  std::string system, question, answer;
};

Json Remove(Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  Json value = std::move(*found);
  object.erase(found);
  return value;
}

std::string StringAt(const Json& object, const std::string& key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string TakeString(Json& object, const std::string& key) {
  const Json value = Remove(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// The question without the mark of its one picture; nullopt where there are several, or it stands
// elsewhere than in front.
std::optional<std::string> WithoutMark(std::string_view question) {
  if (question.starts_with(kImageMark)) {
    question.remove_prefix(kImageMark.size());
    if (question.starts_with('\n')) question.remove_prefix(1);
  }
  if (question.find(kImageMark) != std::string_view::npos) return std::nullopt;
  return std::string(question);
}

std::optional<Exchange> ReadMessages(const Json& messages, const ConversationColumns& columns) {
  if (!messages.is_array()) return std::nullopt;
  Exchange exchange;
  size_t at = 0;
  const auto next = [&](std::string_view role, std::string_view other, std::string& text) {
    if (at >= messages.size()) return false;
    const std::string found = StringAt(messages[at], columns.role);
    if (found != role && found != other) return false;
    const auto content = messages[at].find(columns.content);
    if (content == messages[at].end() || !content->is_string() || messages[at].size() != 2) {
      return false;
    }
    text = content->get<std::string>();
    ++at;
    return true;
  };
  next("system", "system", exchange.system);
  if (!next(columns.user, "user", exchange.question)) return std::nullopt;
  if (!next(columns.assistant, "assistant", exchange.answer)) return std::nullopt;
  std::optional<std::string> question = WithoutMark(exchange.question);
  if (at != messages.size() || !question) return std::nullopt;
  exchange.question = std::move(*question);
  return exchange;
}

// Takes the exchange out of the object, in whichever form it stands there.
std::optional<Exchange> TakeExchange(Json& object, const ConversationColumns& columns) {
  std::optional<Exchange> exchange;
  ConversationColumns openai = columns;
  openai.role = "role";
  openai.content = "content";
  if (const auto found = object.find(columns.messages); found != object.end()) {
    exchange = ReadMessages(*found, columns);
    if (!exchange) exchange = ReadMessages(*found, openai);
    if (exchange) object.erase(columns.messages);
  } else if (const auto messages = object.find("messages"); messages != object.end()) {
    exchange = ReadMessages(*messages, openai);
    if (exchange) object.erase("messages");
  } else if (object.contains("prompt") && object.contains("completion") &&
             object["prompt"].is_array() && object["completion"].is_array()) {
    Json both = object["prompt"];
    both.insert(both.end(), object["completion"].begin(), object["completion"].end());
    exchange = ReadMessages(both, openai);
    if (exchange) {
      object.erase("prompt");
      object.erase("completion");
    }
  }
  if (exchange && exchange->system.empty()) {
    exchange->system = TextOfJson(Remove(object, columns.system));
  }
  return exchange;
}

// The one image; `several` where there are more.
std::string TakeImage(Json& object, const std::string& column, bool& several) {
  constexpr std::array<const char*, 3> kUsual = {"images", "image", "image_path"};
  std::string key = column;
  for (size_t i = 0; key.empty() && i < kUsual.size(); ++i) {
    if (object.contains(kUsual[i])) key = kUsual[i];
  }
  const auto found = key.empty() ? object.end() : object.find(key);
  if (found == object.end()) return {};
  if (found->is_array()) {
    several = found->size() > 1;
    if (found->size() != 1 || !found->front().is_string()) return {};
  } else if (!found->is_string()) {
    return {};
  }
  const Json image = Remove(object, key);
  return (image.is_array() ? image.front() : image).get<std::string>();
}

bool IsVerdict(std::string_view answer) {
  const std::string lower = AsciiLower(Trim(answer));
  for (const std::string_view word : {"true", "false", "truth", "yes", "no"}) {
    if (lower == word || (lower.starts_with(word) && lower.substr(word.size()) == ".")) return true;
  }
  return false;
}

bool IsYes(std::string_view verdict) {
  const std::string lower = AsciiLower(Trim(verdict));
  return lower.starts_with("true") || lower.starts_with("truth") || lower.starts_with("yes");
}

// Whether an answer says more than a place.
bool IsChain(std::string_view answer) {
  const ReplyParts parts = SplitReply(answer);
  return !Trim(parts.thinking).empty() || (!parts.answer && Trim(answer).size() > 80) ||
         (parts.answer && !Trim(parts.rest).empty());
}

// The reply that a chain and its answer were; an export cuts it into the same two.
std::string JudgedReply(const std::string& chain, const std::string& answer) {
  std::string reply = RenderReply(chain, answer);
  const ReplyParts parts = SplitReply(reply);
  if (Trim(parts.thinking) == Trim(chain) && parts.answer && Trim(*parts.answer) == Trim(answer)) {
    return reply;
  }
  // the chain has marks of its own
  const ReplyParts own = SplitReply(chain);
  if (!own.has_marks) return reply;
  reply = chain;
  if (!own.answer && !answer.empty()) reply += Concat({"\n<answer>", answer, "</answer>"});
  return reply;
}

FieldValue Degrees(double value) {
  FieldValue field;
  field.kind = FieldValue::Kind::kNumber;
  field.number = value;
  return field;
}

// An answer that is no chain: the truth.
void KeepSolution(const std::string& answer, Json& object, SourceRecord& record) {
  const ReplyParts parts = SplitReply(answer);
  const ParsedAnswer parsed = ParseAnswerText(parts.answer ? *parts.answer : answer);
  if (parsed.point) {
    const bool stated = record.truth.latitude.present() || !record.truth.country.empty();
    const bool labelled = parsed.form != AnswerForm::kBarePair;
    if (!stated && labelled) {
      record.truth.latitude = Degrees(parsed.point->latitude_deg);
      record.truth.longitude = Degrees(parsed.point->longitude_deg);
      return;
    }
    const auto latitude = record.truth.latitude.AsNumber();
    const auto longitude = record.truth.longitude.AsNumber();
    if (latitude && longitude &&
        std::abs(*latitude - parsed.point->latitude_deg) <= kSamePointDeg &&
        std::abs(*longitude - parsed.point->longitude_deg) <= kSamePointDeg) {
      return;  // says nothing new
    }
  }
  const std::string_view name = Trim(parts.answer ? *parts.answer : std::string_view(answer));
  const Country* const country = FindCountryByName(name);
  if (country != nullptr && country == FindCountryByName(record.truth.country)) return;
  object["solution"] = answer;
}

}  // namespace

bool IsConversation(const Json& object) {
  if (!object.is_object()) return false;
  for (const char* key : {"conversations", "messages", "predicted_cot", "instructions"}) {
    if (object.contains(key)) return true;
  }
  return object.contains("prompt") && object.contains("completion");
}

std::string FillFromConversation(Json object, const ConversationColumns& columns,
                                 const ListFields* fields, SourceRecord& record) {
  bool several = false;
  std::string image = TakeImage(object, columns.images, several);
  std::optional<Exchange> exchange = TakeExchange(object, columns);
  const std::optional<DataPart> known =
      record.finished ? std::optional(record.finished->part) : std::nullopt;
  const bool is_judge =
      known.value_or(DataPart::kJudge) == DataPart::kJudge && object.contains(kJudgedChain);
  const std::string chain = is_judge ? TakeString(object, kJudgedChain) : std::string();
  const std::string answer = is_judge ? TakeString(object, kJudgedAnswer) : std::string();
  if (fields == nullptr) {
    FillFromExport(std::move(object), record);
  } else {
    FillFromJson(std::move(object), *fields, record);
  }
  if (record.id.empty()) record.id = image;
  if (several) {
    record.rejected = "several_images";
    record.detail = "expected one image, found more";
  }
  Json extra = Json::object();
  if (Result<Json> parsed = ParseJson(record.extra); parsed.ok()) extra = std::move(*parsed);
  const auto finish = [&](DataPart part) {
    if (!record.finished) record.finished.emplace().split.clear();
    record.finished->part = part;
  };
  if (exchange) record.answer = exchange->answer;
  const bool is_verdict = exchange && IsVerdict(exchange->answer);
  SourceReply reply;
  if (is_judge) {
    finish(DataPart::kJudge);
    reply.text = JudgedReply(chain, answer);
    if (is_verdict) reply.label = IsYes(exchange->answer);
    if (exchange && !is_verdict) extra["label"] = std::string(Trim(exchange->answer));
  } else if (is_verdict && known.value_or(DataPart::kJudge) == DataPart::kJudge) {
    extra["label"] = std::string(Trim(exchange->answer));
    extra["question"] = exchange->question;
  } else if (exchange && (known ? *known == DataPart::kCot : IsChain(exchange->answer))) {
    reply.text = exchange->answer;
    finish(DataPart::kCot);
  } else if (exchange) {
    extra["instructions"] = exchange->question;
    finish(DataPart::kSeed);
    KeepSolution(exchange->answer, extra, record);
  } else if (extra.contains("instructions")) {
    finish(DataPart::kSeed);
  }
  if (exchange && !reply.text.empty()) {
    reply.instruction = {exchange->system, exchange->question};
  } else if (exchange && !exchange->system.empty()) {
    extra["system"] = exchange->system;
  }
  record.extra = DumpJson(extra);
  if (!reply.text.empty()) record.replies.push_back(std::move(reply));
  return image;
}

}  // namespace gre
