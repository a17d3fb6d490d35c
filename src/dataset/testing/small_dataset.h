#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "dataset/dataset.h"
#include "dataset/photo_table.h"

namespace gre::testing {

// A dataset in a folder of the test, and photos in it.
inline Dataset MakeDataset(const std::string& folder, const std::string& store = {}) {
  Result<Dataset> dataset = Dataset::Create({folder, store});
  EXPECT_TRUE(dataset.ok()) << dataset.error().message;
  return std::move(*dataset);
}

// A record without a photo, at a point or, with `country_code`, of a country alone.
inline int64_t AddPhoto(Dataset& dataset, const std::string& id, std::optional<LatLng> point,
                        const std::string& country_code = {}) {
  Photo photo;
  photo.id = id;
  photo.source = "test";
  photo.point = point;
  photo.country_code = country_code;
  const Result<int64_t> number = PhotoTable(dataset.database()).Add(photo);
  EXPECT_TRUE(number.ok()) << number.error().message;
  return *number;
}

}  // namespace gre::testing
