#include "report/published_text.h"

#include <algorithm>
#include <vector>

#include "core/strings.h"

namespace gre {
namespace {

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string Cell(const std::optional<double>& value) {
  constexpr size_t kWidth = 8;
  return Padded(value ? FormatShortest(*value) : "-", kWidth);
}

// "  [1] caveat", once a different one.
class Footnotes {
 public:
  size_t NumberOf(const std::string& caveat) {
    const auto found = std::ranges::find(texts_, caveat);
    if (found != texts_.end()) return static_cast<size_t>(found - texts_.begin()) + 1;
    texts_.push_back(caveat);
    return texts_.size();
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

void AppendFigure(std::string& text, std::string_view name, const std::optional<double>& value) {
  if (value) text.append("  ").append(name).append(" ").append(FormatShortest(*value));
}

}  // namespace

std::string PublishedText(const PublishedBenchmark& benchmark) {
  std::string text = "published on " + benchmark.title +
                     ", percent within the distance; not re-run, conventions differ\n";
  size_t width = 0;
  for (const PublishedRow& row : benchmark.rows) width = std::max(width, row.system.size() + 5);
  text += Padded("", width) + "  ";
  for (const double threshold_km : benchmark.thresholds_km) {
    text += Padded(FormatShortest(threshold_km) + " km", 8);
  }
  text += "protocol     mark\n";
  Footnotes footnotes;
  for (const PublishedRow& row : benchmark.rows) {
    text += Padded(row.system + " " + std::to_string(row.year), width) + "  ";
    for (const auto& value : row.accuracy_percent) text += Cell(value);
    constexpr size_t kProtocolWidth = 13;
    text += Padded(row.protocol, kProtocolWidth);
    text += row.read_in_source ? "V" : "S";
    if (!row.caveat.empty()) {
      text.append(" [").append(std::to_string(footnotes.NumberOf(row.caveat))).append("]");
    }
    AppendFigure(text, "mean km", row.mean_km);
    AppendFigure(text, "GeoScore", row.geoscore);
    AppendFigure(text, "country %", row.country_percent);
    AppendFigure(text, "chain", row.chain_quality);
    text += "\n";
  }
  text += "V: read in the paper named by `source` in --json; S: from a survey's table. " +
          benchmark.caveat + "\n";
  for (size_t i = 0; i < footnotes.texts().size(); ++i) {
    text.append("[").append(std::to_string(i + 1)).append("] ");
    text.append(footnotes.texts()[i]).append("\n");
  }
  return text;
}

}  // namespace gre
