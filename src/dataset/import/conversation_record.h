#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "dataset/import/list_fields.h"
#include "dataset/import/source_record.h"

namespace gre {

// The names of a format's columns and roles, as LLaMA-Factory's dataset_info.json gives them.
struct ConversationColumns {
  std::string messages = "conversations";
  std::string images = {};  // "": "images", "image", "image_path"
  std::string system = "system";
  std::string role = "from", content = "value";
  std::string user = "human", assistant = "gpt";
};

// Whether an object is a record of a conversation format: GRE's CoT, Judge and Seed, sharegpt,
// VLM-R1, TRL's prompt and completion.
bool IsConversation(const Json& object);

// Fills everything but the photo's path (the answer also as it is written); returns the image that
// the record names, "" for none. The answer is kept as a reply when it is a chain, the chain that
// Judge judges when there is one, with its label; a label of no chain stays "label" of extra. An
// answer that is the truth
// ("<answer>…</answer>") is read where the record has no other truth and its coordinates are
// labelled. Conversations of another form than one question with one picture and one answer stay in
// extra as they are. Where `record.finished` is filled, the record is of that part, whatever it
// looks like. Without `fields` the record is one of our own exports: its truth stands under the
// names that an export gives it, and all other fields are extra.
std::string FillFromConversation(Json object, const ConversationColumns& columns,
                                 const ListFields* fields, SourceRecord& record);

}  // namespace gre
