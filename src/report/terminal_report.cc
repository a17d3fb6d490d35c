#include "report/terminal_report.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "report/text_escape.h"
#include "report/text_layout.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr int kMinColumns = 40;
constexpr int kMaxTextColumns = 100;  // longer lines are hard to read
constexpr int kMaxMapColumns = 76;
constexpr int kLabelColumns = 14;
constexpr int kBarColumns = 20;
constexpr size_t kMaxAlternatives = 9;  // one digit on the map each

enum class Style { kPlain, kBold, kDim, kTitle, kGood, kWarning, kFamily };

std::string_view EscapeOf(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kTitle:
      return "\x1b[1;36m";
    case Style::kGood:
      return "\x1b[1;32m";
    case Style::kWarning:
      return "\x1b[1;33m";
    case Style::kFamily:
      return "\x1b[35m";
  }
  return "";
}

// A character of the frame and its plain-ASCII stand-in.
struct Glyph {
  std::string_view unicode;
  std::string_view ascii;
};
constexpr Glyph kRule = {"─", "-"};
constexpr Glyph kBarFull = {"█", "#"};
constexpr Glyph kBarEmpty = {"░", "."};
constexpr Glyph kArrow = {"→ ", "-> "};
constexpr Glyph kTherefore = {"⇒ ", "=> "};
constexpr Glyph kMiddleDot = {" · ", " / "};
constexpr Glyph kCross = {"✕", "X"};

class TerminalReport {
 public:
  TerminalReport(const LocateResult& result, const TerminalReportOptions& options)
      : result_(result),
        options_(options),
        columns_(std::clamp(options.columns, kMinColumns, kMaxTextColumns)) {}

  std::string Render() && {
    Heading();
    Metadata();
    Answer();
    Reasoning();
    Contradictions();
    Alternatives();
    Map();
    Footer();
    return std::move(out_);
  }

  std::string RenderChain() && {
    Reasoning();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view Show(const Glyph& glyph) const {
    return options_.unicode ? glyph.unicode : glyph.ascii;
  }
  [[nodiscard]] std::string Styled(Style style, std::string_view text) const {
    if (!options_.color || style == Style::kPlain || text.empty()) return std::string(text);
    return std::string(EscapeOf(style)) + std::string(text) + "\x1b[0m";
  }

  // `text` wrapped at the right edge; the first line follows `first_prefix` (already `indent`
  // columns wide), the others `indent` blanks.
  void Paragraph(std::string_view first_prefix, int indent, std::string_view text,
                 Style style = Style::kPlain) {
    bool first = true;
    for (const std::string& line : WrapText(PlainLine(text), columns_ - indent)) {
      out_ += first ? std::string(first_prefix) : std::string(static_cast<size_t>(indent), ' ');
      out_ += Styled(style, line) + "\n";
      first = false;
    }
  }

  void Labelled(std::string_view label, std::string_view text, Style style = Style::kPlain) {
    std::string prefix = "  " + Styled(Style::kDim, label);
    prefix.append(static_cast<size_t>(kLabelColumns - 2 - DisplayWidth(label)), ' ');
    Paragraph(prefix, kLabelColumns, text, style);
  }

  [[nodiscard]] std::string Bar(double fraction) const {
    const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBarColumns));
    std::string bar;
    for (int i = 0; i < kBarColumns; ++i) bar += Show(i < full ? kBarFull : kBarEmpty);
    return bar;
  }

  [[nodiscard]] std::string Coordinates(const LatLng& point, int decimals = 4) const {
    return CoordinatesText(point, decimals, options_.unicode);
  }

  void Heading() {
    const std::string name = Ellipsize(PlainLine(result_.file), columns_ - 1);
    out_ += Styled(Style::kTitle, name) + "\n";
    std::string rule;
    for (int i = 0; i < DisplayWidth(name); ++i) rule += Show(kRule);
    out_ += Styled(Style::kDim, rule) + "\n";
  }

  void Metadata() {
    if (!result_.metadata_gps) return;
    Labelled("In the file",
             Coordinates(*result_.metadata_gps) + "  (" + MetadataText(result_) + ")",
             Style::kBold);
  }

  void Answer() {
    const std::string status = StatusText(result_);
    if (!status.empty()) {
      Labelled(result_.status == LocateStatus::kFailed ? "Error" : "Answer", status,
               Style::kWarning);
    }
    if (!result_.answer) return;
    const LocateAnswer& answer = *result_.answer;
    Labelled(status.empty() ? "Answer" : "Best guess", PlaceText(answer.place, answer.point),
             status.empty() ? Style::kGood : Style::kPlain);
    Labelled("", Coordinates(answer.point));
    Labelled("Radius", RadiusText(result_));
    Labelled("Confidence", Bar(answer.confidence) + " " + ConfidenceText(answer));
    if (const std::string spread = SpreadText(result_); !spread.empty()) {
      Labelled("Spread", spread);
    }
  }

  void Reasoning() {
    if (result_.chain.empty()) return;
    out_ += "\n" + Styled(Style::kBold, "  Reasoning") + "\n";
    int number = 0;
    for (const ChainStep& step : result_.chain) {
      ++number;
      std::string head(Describe(step.family).title);
      if (step.indicator) {
        std::string indicator(IndicatorName(*step.indicator));
        std::replace(indicator.begin(), indicator.end(), '_', ' ');
        head += std::string(Show(kMiddleDot)) + indicator;
      }
      std::string prefix = std::to_string(number) + ". ";
      prefix.insert(0, static_cast<size_t>(std::max(0, 6 - static_cast<int>(prefix.size()))), ' ');
      Paragraph(prefix, kStepColumns, head, Style::kFamily);
      const std::string blanks(static_cast<size_t>(kStepColumns), ' ');
      if (step.observation) Paragraph(blanks, kStepColumns, *step.observation);
      if (step.inference) Part(kArrow, *step.inference, Style::kPlain);
      if (step.hypothesis) Part(kTherefore, *step.hypothesis, Style::kBold);
    }
  }

  void Part(const Glyph& mark, std::string_view text, Style style) {
    const int indent = kStepColumns + DisplayWidth(Show(mark));
    Paragraph(std::string(static_cast<size_t>(kStepColumns), ' ') + std::string(Show(mark)), indent,
              text, style);
  }

  void Contradictions() {
    if (result_.contradictions.empty()) return;
    out_ += "\n" + Styled(Style::kBold, "  Contradictions") + "\n";
    for (const Contradiction& contradiction : result_.contradictions) {
      Labelled("step " + std::to_string(contradiction.step + 1), contradiction.message,
               Style::kWarning);
    }
  }

  void Alternatives() {
    if (result_.alternatives.empty()) return;
    out_ += "\n" + Styled(Style::kBold, "  " + AlternativesTitle(result_)) + "\n";
    for (size_t i = 0; i < std::min(result_.alternatives.size(), kMaxAlternatives); ++i) {
      const LocateAlternative& alternative = result_.alternatives[i];
      std::string prefix = "   " + std::to_string(i + 1) + ". ";
      int indent = kStepColumns;
      if (result_.samples > 1) {
        std::string share = PercentText(alternative.share);
        share.insert(0, static_cast<size_t>(std::max(0, 6 - DisplayWidth(share))), ' ');
        prefix += Styled(Style::kDim, share) + "  ";
        indent += 8;
      }
      Paragraph(prefix, indent,
                PlaceText(alternative.place, alternative.point) + "  (" +
                    Coordinates(alternative.point, 2) + ")");
    }
  }

  void Map() {
    std::vector<MapMarker> markers;
    if (result_.answer) markers.push_back({result_.answer->point, 'X', true});
    for (size_t i = 0; i < std::min(result_.alternatives.size(), kMaxAlternatives); ++i) {
      markers.push_back({result_.alternatives[i].point, static_cast<char>('1' + i), false});
    }
    if (result_.metadata_gps) markers.push_back({*result_.metadata_gps, 'G', false});
    if (!options_.show_map || options_.land.empty() || markers.empty()) return;
    const std::vector<std::string> lines =
        DrawWorldMap(options_.land, markers,
                     {.columns = std::min(options_.columns - 4, kMaxMapColumns),
                      .unicode = options_.unicode,
                      .color = options_.color});
    if (lines.empty()) return;
    out_ += "\n";
    for (const std::string& line : lines) out_ += line.empty() ? "\n" : "  " + line + "\n";
    Paragraph("  ", 2, Legend(), Style::kDim);
  }

  [[nodiscard]] std::string Legend() const {
    std::vector<std::string> parts;
    if (result_.answer) {
      parts.push_back(std::string(Show(kCross)) +
                      (result_.status == LocateStatus::kOk ? " answer" : " best guess"));
    }
    const std::string_view others = result_.answer ? "alternative" : "guess";
    if (const size_t shown = std::min(result_.alternatives.size(), kMaxAlternatives); shown == 1) {
      parts.push_back("1 " + std::string(others));
    } else if (shown > 1) {
      parts.push_back("1-" + std::to_string(shown) + " " + std::string(others) +
                      (result_.answer ? "s" : "es"));
    }
    if (result_.metadata_gps) parts.emplace_back("G metadata");
    std::string legend;
    for (const std::string& part : parts) legend += (legend.empty() ? "" : "   ") + part;
    return legend;
  }

  void Footer() {
    if (result_.model.empty()) return;
    out_ += "\n";
    Paragraph("  ", 2, EngineText(result_), Style::kDim);
    const std::string hint = ModelHint(result_);
    if (options_.show_model_hint && !hint.empty()) Paragraph("  ", 2, hint, Style::kDim);
  }

  static constexpr int kStepColumns = 6;  // of "  12. "

  const LocateResult& result_;
  const TerminalReportOptions& options_;
  const int columns_;
  std::string out_;
};

}  // namespace

std::string RenderTerminalReport(const LocateResult& result, const TerminalReportOptions& options) {
  return TerminalReport(result, options).Render();
}

std::string RenderTerminalChain(const Chain& chain, const TerminalReportOptions& options) {
  LocateResult result;
  result.chain = chain;
  return TerminalReport(result, options).RenderChain();
}

}  // namespace gre
