#include "dataset/teacher/imported_reply.h"

#include <algorithm>
#include <vector>

#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/dataset.h"
#include "dataset/teacher/reply_reading.h"

namespace gre {

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
  if (!imported.instruction.empty()) {
    reply.prompt_hash = Sha256Hex(imported.instruction);
    if (reply.prompt_hash != prompt_hash_) {
      GRE_RETURN_IF_ERROR(
          replies_.AddPrompt(reply.prompt_hash, imported.teacher, imported.instruction));
      prompt_hash_ = reply.prompt_hash;
    }
  }
  reply.content_key = Sha256Hex(
      Concat({imported.teacher, "\n", photo.id, "\n", imported.instruction, "\n", reply.text}));
  reply.created = UtcNow();
  ReadReply(photo, false, reply);
  return replies_.StoreUnasked(ReplyPurpose::kChain, reply);
}

}  // namespace gre
