#include "model/clip/config.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "model/config_reader.h"

namespace gre {
namespace {

// Caps far above any published model; products of two of them stay within 63 bits.
constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxDepth = 1024;
constexpr int64_t kMaxVocabulary = 1 << 22;
constexpr int64_t kMaxPositions = 1 << 20;
constexpr int64_t kMaxSide = 4096;

Result<Json> ParseObject(std::string_view text, const char* file) {
  auto json = ParseJson(text);
  if (!json.ok()) return std::move(json).error().Wrap(file);
  if (!json->is_object()) {
    return Error{ErrorCode::kInvalidInput, std::string(file) + ": expected a JSON object"};
  }
  return json;
}

struct TowerDefaults {
  int64_t hidden_size, intermediate_size, num_heads;
};

EncoderLayerConfig ReadLayer(const ConfigReader& reader, const TowerDefaults& defaults) {
  EncoderLayerConfig layer;
  layer.norm_first = true;
  layer.hidden_size = reader.Integer({"hidden_size"}, 1, kMaxWidth, defaults.hidden_size);
  layer.intermediate_size =
      reader.Integer({"intermediate_size"}, 1, kMaxWidth, defaults.intermediate_size);
  layer.num_heads = reader.Integer({"num_attention_heads"}, 1, kMaxWidth, defaults.num_heads);
  if (layer.hidden_size % layer.num_heads != 0) {
    reader.Problem("num_attention_heads",
                   "a divisor of hidden_size (" + std::to_string(layer.hidden_size) + ")",
                   std::to_string(layer.num_heads));
  }
  layer.norm_eps = reader.Number({"layer_norm_eps"}, 0, 1e-2, 1e-5);
  const std::string activation = reader.Text({"hidden_act"}).value_or("quick_gelu");
  if (const auto known = ActivationFromName(activation)) {
    layer.activation = *known;
  } else {
    reader.Problem("hidden_act", R"("quick_gelu", "gelu", "gelu_new" or "relu")",
                   '"' + activation + '"');
  }
  return layer;
}

// {"height": 224, "width": 224}, or 224 in old files.
void ExpectSquare(const ConfigReader& reader, const char* key, int64_t side) {
  const ConfigReader size = reader.Object(key);
  size.ExpectInteger({"height"}, side);
  size.ExpectInteger({"width"}, side);
}

}  // namespace

Result<ClipReading<ClipConfig>> ParseClipConfig(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json object, ParseObject(json, "config.json"));
  ClipReading<ClipConfig> reading;
  ClipConfig& config = reading.config;
  const ConfigReader reader(object, "config.json: ", reading.problems);
  if (reader.Text({"model_type"}) != "clip") {
    reader.Problem("model_type", "\"clip\"", "another");
  }
  if (reader.Has("quantization_config")) {
    reader.Problem("quantization_config", "plain weights", "a quantised checkpoint");
  }
  const ConfigReader text = reader.Object("text_config");
  config.text.layer = ReadLayer(text, {512, 2048, 8});
  config.text.num_layers = text.Integer({"num_hidden_layers"}, 1, kMaxDepth, 12);
  config.text.vocab_size = text.Integer({"vocab_size"}, 1, kMaxVocabulary, 49408);
  config.text.max_positions = text.Integer({"max_position_embeddings"}, 2, kMaxPositions, 77);
  config.text.eos_token_id = text.Integer({"eos_token_id"}, 0, kMaxVocabulary, 49407);
  const ConfigReader vision = reader.Object("vision_config");
  config.vision.layer = ReadLayer(vision, {768, 3072, 12});
  config.vision.num_layers = vision.Integer({"num_hidden_layers"}, 1, kMaxDepth, 12);
  config.vision.image_size = vision.Integer({"image_size"}, 1, kMaxSide, 224);
  config.vision.patch_size = vision.Integer({"patch_size"}, 1, kMaxSide, 32);
  vision.ExpectInteger({"num_channels"}, 3);
  if (config.vision.image_size % config.vision.patch_size != 0) {
    vision.Problem("patch_size",
                   "a divisor of image_size (" + std::to_string(config.vision.image_size) + ")",
                   std::to_string(config.vision.patch_size));
  }
  config.projection_size = reader.Integer({"projection_dim"}, 1, kMaxWidth, 512);
  return reading;
}

Result<ClipReading<ClipProcessorConfig>> ParseClipProcessorConfig(std::string_view json,
                                                                  const ClipVisionConfig& vision) {
  Json object = Json::object();
  if (!json.empty()) {
    GRE_ASSIGN_OR_RETURN(object, ParseObject(json, "preprocessor_config.json"));
  }
  // Old files give plain numbers.
  for (const auto& [key, part] : {std::pair{"size", "shortest_edge"}, {"crop_size", "height"}}) {
    if (!object.contains(key) || !object[key].is_number()) continue;
    const Json side = object[key];
    object[key] = Json{{part, side}};
    if (std::string_view(part) == "height") object[key]["width"] = side;
  }
  ClipReading<ClipProcessorConfig> reading;
  ClipProcessorConfig& config = reading.config;
  const ConfigReader reader(object, "preprocessor_config.json: ", reading.problems);
  for (const char* step : {"do_resize", "do_center_crop", "do_normalize", "do_rescale"}) {
    reader.ExpectBool({step}, true);
  }
  const int64_t filter = reader.Integer({"resample"}, 0, 5, 3);  // Pillow's numbers
  if (filter != 2 && filter != 3) {
    reader.Problem("resample", "2 (bilinear) or 3 (bicubic)", std::to_string(filter));
  }
  config.filter = filter == 2 ? ResizeFilter::kBilinear : ResizeFilter::kBicubic;
  config.shortest_edge = vision.image_size;
  const ConfigReader size = reader.Object("size");
  if (size.Has("height") || size.Has("width")) {
    ExpectSquare(reader, "size", vision.image_size);
    config.shortest_edge = 0;
  } else {
    config.shortest_edge =
        size.Integer({"shortest_edge"}, vision.image_size, kMaxSide, vision.image_size);
  }
  ExpectSquare(reader, "crop_size", vision.image_size);
  config.patches.patch_size = static_cast<int>(vision.patch_size);
  config.patches.merge_size = 1;
  config.patches.temporal_patch_size = 1;
  const double factor = reader.Number({"rescale_factor"}, 0, 1, 1.0 / 255);
  constexpr double kLeastDifference = 1e-9;
  if (std::abs(factor * 255 - 1) > kLeastDifference) {
    reader.Problem("rescale_factor", "1/255", std::to_string(factor));
  }
  const auto channels = [&](const char* key, std::array<double, 3>& values) {
    const auto numbers = reader.Numbers({key});
    if (!numbers) return;
    if (numbers->size() != values.size()) {
      reader.Problem(key, "three numbers", std::to_string(numbers->size()));
      return;
    }
    std::copy(numbers->begin(), numbers->end(), values.begin());
  };
  channels("image_mean", config.patches.mean);
  channels("image_std", config.patches.std);
  const auto& deviation = config.patches.std;
  if (std::any_of(deviation.begin(), deviation.end(), [](double x) { return !(x > 0); })) {
    reader.Problem("image_std", "positive numbers", "others");
  }
  return reading;
}

Result<RgbImage> PrepareClipImage(const RgbImage& image, const ClipVisionConfig& vision,
                                  const ClipProcessorConfig& processor) {
  const auto side = static_cast<int>(vision.image_size);
  if (processor.shortest_edge == 0) return Resize(image, {side, side}, processor.filter);
  const int64_t shorter = std::min(image.width, image.height);
  const int64_t longer = std::max(image.width, image.height);
  if (longer > shorter * kMaxAspectRatio) {
    return Error{ErrorCode::kInvalidInput,
                 "picture of " + std::to_string(image.width) + "x" + std::to_string(image.height) +
                     " pixels: one side is more than " + std::to_string(kMaxAspectRatio) +
                     " times the other; crop it first"};
  }
  const auto new_shorter = static_cast<int>(processor.shortest_edge);
  const auto new_longer = static_cast<int>(processor.shortest_edge * longer / shorter);
  const bool upright = image.width <= image.height;
  const ImageSize size =
      upright ? ImageSize{new_shorter, new_longer} : ImageSize{new_longer, new_shorter};
  const RgbImage resized = Resize(image, size, processor.filter);
  RgbImage square{side, side, {}};
  const auto left = static_cast<size_t>((size.width - side) / 2);
  const auto top = (size.height - side) / 2;
  square.pixels.reserve(static_cast<size_t>(side) * static_cast<size_t>(side) * 3);
  for (int y = top; y < top + side; ++y) {
    const auto row = resized.Row(y).subspan(3 * left, static_cast<size_t>(side) * 3);
    square.pixels.insert(square.pixels.end(), row.begin(), row.end());
  }
  return square;
}

}  // namespace gre
