#include "dataset/teacher/knowledge_teacher.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/random.h"
#include "dataset/photo_records.h"
#include "dataset/teacher/attribute_chain.h"
#include "knowledge/country_facts.h"

namespace gre {

KnowledgeTeacher::KnowledgeTeacher(PointSampler points, std::string points_hash, uint64_t seed)
    : points_(std::move(points)), seed_(seed) {
  const nlohmann::ordered_json settings = {{"points", points_hash}, {"seed", seed}};
  record_ = {
      .name = "knowledge", .kind = "knowledge", .model = "fact table", .settings = settings.dump()};
}

Result<TeacherReply> KnowledgeTeacher::Write(const TeacherQuestion& question) const {
  const Photo& photo = *question.photo;
  const Country* const country = FindCountry(photo.country_code);
  if (country == nullptr) {
    return Error{ErrorCode::kInvalidInput,
                 photo.id + ": expected a country that the fact table knows, found '" +
                     photo.country_code + "'"};
  }
  LatLng point;
  if (photo.point) {
    point = *photo.point;
  } else {
    Random random(HashSeed(HashSeed(seed_, photo.id), static_cast<uint64_t>(question.sample)));
    GRE_ASSIGN_OR_RETURN(point, points_.Draw(country->code, random));
  }
  const PhotoKind kind = ParsePhotoKind(photo.kind).value_or(PhotoKind::kTravel);
  TeacherReply reply;
  reply.text = AttributeReply(kind, *country, point);
  return reply;
}

std::vector<Result<TeacherReply>> KnowledgeTeacher::Ask(std::span<const TeacherQuestion> questions,
                                                        const CancellationToken& /*cancellation*/) {
  std::vector<Result<TeacherReply>> replies;
  replies.reserve(questions.size());
  for (const TeacherQuestion& question : questions) replies.push_back(Write(question));
  return replies;
}

}  // namespace gre
