#include "report/html_page.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/strings.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/resize.h"
#include "report/html_assets.h"
#include "report/html_document.h"
#include "report/text_escape.h"
#include "report/wording.h"

namespace gre {
namespace {

constexpr int kSingleSide = 1280;  // pixels
constexpr int kGallerySide = 560;
constexpr int kJpegQuality = 82;

// Shown by the script; without it there is nothing to control.
constexpr std::string_view kMapControls =
    R"(<div class="controls" hidden>
<button type="button" data-do="in" title="Nearer"><svg viewBox="0 0 16 16"><path d="M3 8H13M8 3V13"/></svg></button>
<button type="button" data-do="out" title="Farther"><svg viewBox="0 0 16 16"><path d="M3 8H13"/></svg></button>
<button type="button" data-do="home" title="Back to the start"><svg viewBox="0 0 16 16"><circle cx="8" cy="8" r="4.5"/><path d="M8 1V5M8 11V15M1 8H5M11 8H15"/></svg></button>
<button type="button" data-do="world" title="The whole world"><svg viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.2"/><ellipse cx="8" cy="8" rx="2.8" ry="6.2"/><path d="M1.8 8H14.2"/></svg></button>
</div>
)";

std::string Bar(double fraction) {
  const double percent = std::clamp(fraction, 0.0, 1.0) * 100;
  return "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\"><rect width=\"" +
         FormatFixed(percent, 1) + "\" height=\"8\"/></svg>";
}

class HtmlPage {
 public:
  HtmlPage(std::span<const LocateResult> results, const HtmlOptions& options)
      : results_(results), options_(options), single_(results.size() == 1) {}

  std::string Render() && {
    out_ = HtmlHead(Title(), /*with_script=*/true);
    Header();
    out_ += "<main>\n";
    Map();
    out_ += single_ ? "<div>\n" : "<div class=\"gallery\">\n";
    for (size_t i = 0; i < results_.size(); ++i) Photo(results_[i], i);
    out_ += "</div>\n</main>\n";
    Footer();
    out_ += "<script>" + std::string(ReportScript()) + "</script>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void Element(std::string_view open_tag, std::string_view name, std::string_view text) {
    out_ +=
        "<" + std::string(open_tag) + ">" + EscapeMarkup(text) + "</" + std::string(name) + ">\n";
  }

  [[nodiscard]] std::string Title() const {
    return single_ ? "Where is " + results_.front().file + "?"
                   : "Where are these " + std::to_string(results_.size()) + " photos?";
  }

  void Header() {
    out_ += "<header>\n";
    Element("h1", "h1", single_ ? "Where was this photo taken?" : "Where were these photos taken?");
    if (!single_) Element("p", "p", Summary());
    out_ += "</header>\n";
  }

  [[nodiscard]] std::string Summary() const {
    const auto count = [&](LocateStatus status) {
      return std::count_if(results_.begin(), results_.end(),
                           [&](const LocateResult& result) { return result.status == status; });
    };
    std::string text = std::to_string(results_.size()) + " photos, " +
                       std::to_string(count(LocateStatus::kOk)) + " located";
    if (const auto n = count(LocateStatus::kAbstained)) {
      text += ", " + std::to_string(n) + " cannot be told";
    }
    if (const auto n = count(LocateStatus::kFailed)) text += ", " + std::to_string(n) + " failed";
    return text;
  }

  void Map() {
    out_ += "<section class=\"map\" aria-label=\"Map\">\n" + WorldMapSvg(results_, options_.world);
    out_ += kMapControls;
    out_ += "<div class=\"legend\">";
    const auto any = [&](const auto& has) {
      return std::any_of(results_.begin(), results_.end(), has);
    };
    if (any([](const LocateResult& r) { return r.answer.has_value(); })) {
      out_ += "<span><i class=\"answer\"></i>estimated</span>";
    }
    if (single_ && !results_.front().alternatives.empty()) {
      out_ += "<span><i class=\"other\"></i>" +
              std::string(results_.front().answer ? "alternatives" : "guesses") + "</span>";
    }
    if (any([](const LocateResult& r) { return r.metadata_gps.has_value(); })) {
      out_ += "<span><i class=\"meta\"></i>GPS in the file</span>";
    }
    out_ += "</div>\n</section>\n";
  }

  void Photo(const LocateResult& result, size_t index) {
    out_ += "<article id=\"photo-" + std::to_string(index + 1) + "\"" +
            (single_ ? " class=\"single\"" : "") + ">\n<figure>";
    out_ +=
        PictureHtml(options_.photo ? options_.photo(result, single_ ? kSingleSide : kGallerySide)
                                   : std::string());
    Element("figcaption", "figcaption", PlainLine(result.file));
    out_ += "</figure>\n<div class=\"body\">\n";
    Answer(result);
    Reasoning(result);
    Contradictions(result);
    Alternatives(result);
    OwnWords(result);
    out_ += "</div>\n</article>\n";
  }

  void Answer(const LocateResult& result) {
    if (result.metadata_gps) {
      Element("p class=\"metadata\"", "p",
              "In the file: " + CoordinatesText(*result.metadata_gps) + " (" +
                  MetadataText(result) + ")");
    }
    const std::string status = StatusText(result);
    if (!status.empty()) Element("p class=\"note\"", "p", status);
    if (!result.answer) return;
    const LocateAnswer& answer = *result.answer;
    Element("h2", "h2",
            (status.empty() ? "" : "Best guess: ") + PlaceText(answer.place, answer.point));
    Element("p class=\"coordinates\"", "p", CoordinatesText(answer.point));
    out_ += "<dl><dt>Confidence</dt><dd>" + Bar(answer.confidence) +
            EscapeMarkup(ConfidenceText(answer)) + "</dd><dt>Radius</dt><dd>" + RadiusText(result) +
            "</dd>";
    if (const std::string spread = SpreadText(result); !spread.empty()) {
      out_ += "<dt>Spread</dt><dd>" + EscapeMarkup(spread) + "</dd>";
    }
    out_ += "</dl>\n";
  }

  // Open for a single photo, folded away in a gallery.
  void BeginSection(const std::string& title) {
    out_ += single_ ? "<h3>" + title + "</h3>\n" : "<details><summary>" + title + "</summary>\n";
  }
  void EndSection() {
    if (!single_) out_ += "</details>\n";
  }

  void Reasoning(const LocateResult& result) {
    if (result.chain.empty()) return;
    BeginSection("Reasoning");
    out_ += ChainHtml(result.chain);
    EndSection();
  }

  void Contradictions(const LocateResult& result) {
    if (result.contradictions.empty()) return;
    BeginSection("Contradictions");
    out_ += "<ul class=\"contradictions\">\n";
    for (const Contradiction& contradiction : result.contradictions) {
      Element("li", "li",
              "Step " + std::to_string(contradiction.step + 1) + ": " + contradiction.message);
    }
    out_ += "</ul>\n";
    EndSection();
  }

  void Alternatives(const LocateResult& result) {
    if (result.alternatives.empty()) return;
    BeginSection(AlternativesTitle(result));
    out_ += "<ol class=\"alternatives\">\n";
    for (const LocateAlternative& alternative : result.alternatives) {
      out_ += "<li>" + EscapeMarkup(PlaceText(alternative.place, alternative.point)) + " <span>" +
              (result.samples > 1 ? EscapeMarkup(PercentText(alternative.share)) + ", " : "") +
              CoordinatesText(alternative.point) + "</span></li>\n";
    }
    out_ += "</ol>\n";
    EndSection();
  }

  void OwnWords(const LocateResult& result) {
    if (result.chain_text.empty()) return;
    out_ += "<details><summary>The model's own words</summary>\n";
    Element("pre", "pre", result.chain_text);
    out_ += "</details>\n";
  }

  void Footer() {
    out_ += "<footer>\n";
    if (!results_.empty()) {
      Element("p", "p", EngineText(results_.front()));
      if (const std::string hint = ModelHint(results_.front()); !hint.empty()) {
        Element("p", "p", hint);
      }
    }
    Element(
        "p", "p",
        "Positions are estimates. Confidence is the probability that the country is right. Made "
        "with gre " +
            options_.version + "; map: Natural Earth.");
    out_ += "</footer>\n";
  }

  std::span<const LocateResult> results_;
  const HtmlOptions& options_;
  const bool single_;
  std::string out_;
};

}  // namespace

std::string FormatHtml(std::span<const LocateResult> results, const HtmlOptions& options) {
  return HtmlPage(results, options).Render();
}

Result<std::string> MakeThumbnail(const RgbImage& image, int max_side) {
  const int longest = std::max(image.width, image.height);
  if (longest <= max_side) return EncodeJpeg(image, kJpegQuality);
  const double scale = static_cast<double>(max_side) / longest;
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  return EncodeJpeg(
      Resize(image, {scaled(image.width), scaled(image.height)}, ResizeFilter::kBicubic),
      kJpegQuality);
}

PhotoSource PhotosFromFiles() {
  return [](const LocateResult& result, int max_side) -> std::string {
    const Result<RgbImage> image = DecodeImageFile(result.file);
    if (!image.ok()) return {};
    Result<std::string> jpeg = MakeThumbnail(*image, max_side);
    return jpeg.ok() ? std::move(jpeg).value() : std::string();
  };
}

}  // namespace gre
