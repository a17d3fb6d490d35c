#include "core/settings_reader.h"

#include <limits>
#include <set>
#include <sstream>
#include <type_traits>

#include <toml++/toml.h>

#include "core/file.h"

namespace gre {
namespace {

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

Result<toml::table> ParseToml(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return Invalid(name + ":" + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()));
  }
}

std::string ToText(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& typed) { text << typed; });
  return text.str();
}

// Merges a table of one level of sections over another.
void Merge(toml::table& base, const toml::table& over) {
  for (const auto& [section, node] : over) {
    const toml::table* keys = node.as_table();
    toml::table* target = base[section].as_table();
    if (keys == nullptr || target == nullptr) {
      base.insert_or_assign(section, node);
      continue;
    }
    for (const auto& [key, value] : *keys) {
      target->insert_or_assign(key, value);
    }
  }
}

}  // namespace

struct SettingsReader::State {
  std::string path;
  toml::table root;
  std::set<std::string, std::less<>> known;
  Status status;
};

SettingsReader::SettingsReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SettingsReader::SettingsReader(SettingsReader&&) noexcept = default;
SettingsReader::~SettingsReader() = default;

Result<SettingsReader> SettingsReader::Load(const std::string& path,
                                            const std::vector<std::string>& overrides) {
  auto state = std::make_unique<State>();
  state->path = path;
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, 1 << 20));
  GRE_ASSIGN_OR_RETURN(state->root, ParseToml(text, path));
  for (const std::string& override_text : overrides) {
    const std::string name = "--set " + override_text;
    const size_t equals = override_text.find('=');
    const size_t dot = override_text.find('.');
    if (equals == std::string::npos || dot == std::string::npos || dot > equals) {
      return Invalid(name + ": expected section.key=value");
    }
    auto parsed = ParseToml(override_text, name);
    if (!parsed.ok()) {  // a bare word is a string: paths need no quotes on the command line
      const std::string key = override_text.substr(0, equals + 1);
      parsed = ParseToml(key + "'''" + override_text.substr(equals + 1) + "'''", name);
    }
    GRE_RETURN_IF_ERROR(parsed.ok() ? Status() : Status(parsed.error()));
    Merge(state->root, *parsed);
  }
  return SettingsReader(std::move(state));
}

template <typename T>
void SettingsReader::ReadAs(std::string_view key, T& value, const char* expected) {
  state_->known.emplace(key);
  const auto node = state_->root.at_path(key);
  if (!node) {
    return;
  }
  if constexpr (std::is_same_v<T, double>) {
    if (const auto number = node.value<double>()) {  // integers are numbers, too
      value = *number;
      return;
    }
  } else if (const auto exact = node.value_exact<T>()) {
    value = *exact;
    return;
  }
  if (state_->status.ok()) {
    state_->status = Invalid(state_->path + ": " + std::string(key) + ": expected " + expected +
                             ", found " + ToText(*node.node()));
  }
}

void SettingsReader::Read(std::string_view key, bool& value) {
  ReadAs(key, value, "true or false");
}
void SettingsReader::Read(std::string_view key, double& value) { ReadAs(key, value, "a number"); }
void SettingsReader::Read(std::string_view key, std::string& value) {
  ReadAs(key, value, "a text");
}
void SettingsReader::Read(std::string_view key, std::vector<std::string>& value) {
  state_->known.emplace(key);
  const auto node = state_->root.at_path(key);
  if (!node) return;
  const toml::array* texts = node.as_array();
  std::vector<std::string> read;
  for (size_t i = 0; texts != nullptr && i < texts->size(); ++i) {
    if (const auto text = (*texts)[i].value_exact<std::string>()) read.push_back(*text);
  }
  if (texts != nullptr && read.size() == texts->size()) {
    value = std::move(read);
  } else if (state_->status.ok()) {
    state_->status = Invalid(state_->path + ": " + std::string(key) +
                             ": expected a list of texts, found " + ToText(*node.node()));
  }
}
void SettingsReader::Read(std::string_view key, int64_t& value) {
  ReadAs(key, value, "a whole number");
}
void SettingsReader::Read(std::string_view key, uint64_t& value) {
  auto wide = static_cast<int64_t>(value);
  ReadWithin(key, wide, 0, std::numeric_limits<int64_t>::max());
  value = static_cast<uint64_t>(wide);
}
void SettingsReader::Read(std::string_view key, int& value) {
  int64_t wide = value;
  ReadWithin(key, wide, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
  value = static_cast<int>(wide);
}

void SettingsReader::ReadWithin(std::string_view key, int64_t& value, int64_t low, int64_t high) {
  const int64_t before = value;
  Read(key, value);
  if (value >= low && value <= high) return;
  if (state_->status.ok()) {
    state_->status =
        Invalid(state_->path + ": " + std::string(key) + ": expected " + std::to_string(low) +
                " to " + std::to_string(high) + ", found " + std::to_string(value));
  }
  value = before;
}

bool SettingsReader::Has(std::string_view key) const {
  return static_cast<bool>(state_->root.at_path(key));
}

Status SettingsReader::Finish() const {
  if (!state_->status.ok()) {
    return state_->status;
  }
  std::string unknown;
  for (const auto& [section, node] : state_->root) {
    const toml::table* keys = node.as_table();
    if (keys == nullptr) {
      unknown += " " + std::string(section.str());
      continue;
    }
    for (const auto& [key, value] : *keys) {
      const std::string name = std::string(section.str()) + "." + std::string(key.str());
      if (!state_->known.contains(name)) {
        unknown += " " + name;
      }
    }
  }
  return unknown.empty() ? Status()
                         : Status(Invalid(state_->path + ": unknown settings:" + unknown));
}

}  // namespace gre
