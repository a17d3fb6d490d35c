#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/json.h"
#include "dataset/import/list_fields.h"
#include "dataset/import/source_record.h"

namespace gre {

// Fills what a JSON object says about a photo, by the fields' names or their usual spellings: id,
// URL, truth, kind, split, author, licence, taken; all other fields become `extra`. A record whose
// id is filled keeps it unless `fields` names one. Where two coordinates stand in one field whose
// order nobody says, the record is rejected ("unlabelled_pair").
void FillFromJson(Json object, const ListFields& fields, SourceRecord& record);

// The truth of a record of our own exports: "gt_lat" and "gt_lon", and "country_code" where both
// are null. All other fields are extra, whatever they are called.
void FillFromExport(Json object, SourceRecord& record);

// The text of a value: of a string itself, of anything else its JSON; "" of null.
std::string TextOfJson(const Json& value);

}  // namespace gre
