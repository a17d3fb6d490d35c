#include "dataset/teacher/imported_reply.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/dataset.h"
#include "dataset/teacher/reply_reading.h"

namespace gre {
namespace {

constexpr char kSystem[] = "system";
constexpr char kUser[] = "user";

std::optional<RenderedPrompt> ReadBoth(const std::string& text) {
  if (!text.starts_with('{')) return std::nullopt;
  const Result<Json> json = ParseJson(text);
  if (!json.ok() || !json->is_object() || json->size() != 2) return std::nullopt;
  const auto system = json->find(kSystem);
  const auto user = json->find(kUser);
  if (system == json->end() || user == json->end() || !system->is_string() || !user->is_string()) {
    return std::nullopt;
  }
  return RenderedPrompt{system->get<std::string>(), user->get<std::string>()};
}

}  // namespace

std::string ImportedPromptText(const RenderedPrompt& instruction) {
  // a question that would be read as both is written as both
  if (instruction.system.empty() && !ReadBoth(instruction.user)) return instruction.user;
  return DumpJson({{kSystem, instruction.system}, {kUser, instruction.user}});
}

RenderedPrompt ReadImportedPrompt(const std::string& text) {
  std::optional<RenderedPrompt> both = ReadBoth(text);
  return both ? std::move(*both) : RenderedPrompt{"", text};
}

Result<std::optional<Reply>> ImportedReplies::Find(const Photo& photo,
                                                   const ImportedReply& imported) {
  std::string text = imported.text;
  std::erase(text, '\0');
  GRE_ASSIGN_OR_RETURN(const std::vector<Reply> replies, replies_.OfPhoto(photo.number));
  for (const Reply& reply : replies) {
    if (reply.teacher == imported.teacher && reply.text == text) return std::optional(reply);
  }
  return std::optional<Reply>();
}

Result<bool> ImportedReplies::Store(const Photo& photo, const ImportedReply& imported) {
  if (!teachers_.contains(imported.teacher)) {
    GRE_RETURN_IF_ERROR(replies_.AddTeacher(
        {.name = imported.teacher, .kind = "imported", .model = imported.teacher}));
    teachers_.insert(imported.teacher);
  }
  Reply reply;
  reply.teacher = imported.teacher;
  reply.photo = photo.number;
  reply.text = imported.text;
  std::erase(reply.text, '\0');
  GRE_ASSIGN_OR_RETURN(const std::vector<Reply> earlier, replies_.OfPhoto(photo.number));
  for (const Reply& other : earlier) {
    if (other.teacher != imported.teacher) continue;
    if (other.text == reply.text) return false;
    reply.sample = std::max(reply.sample, other.sample + 1);
  }
  const std::string instruction = ImportedPromptText(imported.instruction);
  if (!instruction.empty()) {
    reply.prompt_hash = Sha256Hex(instruction);
    if (reply.prompt_hash != prompt_hash_) {
      GRE_RETURN_IF_ERROR(replies_.AddPrompt(reply.prompt_hash, imported.teacher, instruction));
      prompt_hash_ = reply.prompt_hash;
    }
  }
  reply.content_key =
      Sha256Hex(Concat({imported.teacher, "\n", photo.id, "\n", instruction, "\n", reply.text}));
  reply.created = UtcNow();
  ReadReply(photo, false, reply);
  return replies_.StoreUnasked(ReplyPurpose::kChain, reply);
}

}  // namespace gre
