#include "cli/settings.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <toml++/toml.h>

#include "core/file.h"

namespace gre {
namespace {

// "max_pixels" and "max-pixels" are the same key.
std::string Key(std::string_view text) {
  std::string key(text);
  std::replace(key.begin(), key.end(), '_', '-');
  return key;
}

// The words of a value: several for an array, one otherwise; empty for anything else.
std::vector<std::string> ValueTexts(const toml::node& node) {
  if (const toml::array* array = node.as_array()) {
    std::vector<std::string> texts;
    for (const toml::node& item : *array) {
      const std::vector<std::string> text = ValueTexts(item);
      if (text.size() != 1 || item.is_array()) {
        return {};
      }
      texts.push_back(text[0]);
    }
    return texts;
  }
  if (const auto* text = node.as_string()) {
    return {text->get()};
  }
  if (node.is_boolean() || node.is_integer() || node.is_floating_point()) {
    std::ostringstream text;
    node.visit([&](const auto& value) {
      if constexpr (toml::is_boolean<decltype(value)> || toml::is_number<decltype(value)>) {
        text << std::boolalpha << value.get();
      }
    });
    return {text.str()};
  }
  return {};
}

class ConfigFile {
 public:
  static Result<ConfigFile> Read(const std::string& path) {
    ConfigFile config;
    config.path_ = path;
    if (path.empty() || !FileExists(path)) {
      return config;
    }
    GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, size_t{1} << 20));
    try {
      config.table_ = toml::parse(text);
    } catch (const toml::parse_error& error) {
      return Error{ErrorCode::kInvalidArgument, path + ": line " +
                                                    std::to_string(error.source().begin.line) +
                                                    ": " + std::string(error.description())};
    }
    return config;
  }

  // Every key must be an option of the command whose table it stands in, or of any at the top.
  [[nodiscard]] Status Check(const CommandSpec& program,
                             const std::vector<OptionSpec>& common) const {
    std::set<std::string> names = OptionNames(common);
    CollectNames(program, names);
    return CheckTable(table_, program, common, names, "");
  }

  // The value for an option of the command at `path`; the innermost table wins.
  [[nodiscard]] std::vector<std::string> Find(const std::vector<const CommandSpec*>& path,
                                              const OptionSpec& option) const {
    std::vector<std::string> found;
    const toml::table* table = &table_;
    for (size_t depth = 0; table != nullptr; ++depth) {
      for (const auto& [key, value] : *table) {
        if (!value.is_table() && Key(key.str()) == option.name) {
          found = ValueTexts(value);
        }
      }
      table = depth + 1 < path.size() ? (*table)[path[depth + 1]->name].as_table() : nullptr;
    }
    return found;
  }

 private:
  static std::set<std::string> OptionNames(const std::vector<OptionSpec>& options) {
    std::set<std::string> names;
    for (const OptionSpec& option : options) {
      if (option.configurable && !option.positional) {
        names.insert(option.name);
      }
    }
    return names;
  }

  static void CollectNames(const CommandSpec& command, std::set<std::string>& names) {
    names.merge(OptionNames(command.options));
    for (const CommandSpec& child : command.commands) {
      CollectNames(child, names);
    }
  }

  [[nodiscard]] Status CheckTable(const toml::table& table, const CommandSpec& command,
                                  const std::vector<OptionSpec>& common,
                                  const std::set<std::string>& names,
                                  const std::string& prefix) const {
    for (const auto& [key, value] : table) {
      const std::string name = prefix + std::string(key.str());
      if (const toml::table* inner = value.as_table()) {
        const auto child = std::find_if(
            command.commands.begin(), command.commands.end(),
            [&key = key](const CommandSpec& candidate) { return candidate.name == key.str(); });
        if (child == command.commands.end()) {
          return Error{ErrorCode::kInvalidArgument, path_ + ": there is no command '" + name + "'"};
        }
        std::set<std::string> inner_names = OptionNames(common);
        CollectNames(*child, inner_names);
        GRE_RETURN_IF_ERROR(CheckTable(*inner, *child, common, inner_names, name + "."));
      } else if (!names.contains(Key(key.str()))) {
        return Error{ErrorCode::kInvalidArgument, path_ + ": unknown setting '" + name + "'"};
      } else if (ValueTexts(value).empty()) {
        return Error{ErrorCode::kInvalidArgument,
                     path_ + ": setting '" + name + "' is no text, number, switch or list of them"};
      }
    }
    return {};
  }

  std::string path_;
  toml::table table_;
};

std::string XdgDirectory(const Environment& environment, const std::string& variable,
                         const std::string& below_home) {
  const std::optional<std::string> xdg = environment(variable);
  if (xdg && xdg->starts_with('/')) {  // the specification: relative paths are to be ignored
    return *xdg + "/gre";
  }
  const std::string home = environment("HOME").value_or("");
  return home.empty() ? home : home + "/" + below_home + "/gre";
}

// The file that the command line names, else `default_path`.
Result<std::string> SettingsPath(const ParsedArguments& arguments,
                                 const std::string& default_path) {
  for (const auto& [option, values] : arguments.given) {
    if (!option->is_settings_file) continue;
    if (!FileExists(values.back())) {
      return Error{ErrorCode::kNotFound,
                   DisplayName(*option) + ": there is no file '" + values.back() + "'"};
    }
    return values.back();
  }
  return default_path;
}

}  // namespace

Status ApplySettings(const ParsedArguments& arguments, const CommandSpec& program,
                     const std::vector<OptionSpec>& common, const Environment& environment,
                     const std::string& default_path) {
  GRE_ASSIGN_OR_RETURN(const std::string config_path, SettingsPath(arguments, default_path));
  GRE_ASSIGN_OR_RETURN(const ConfigFile config, ConfigFile::Read(config_path));
  GRE_RETURN_IF_ERROR(config.Check(program, common));
  std::set<const OptionSpec*> done;
  for (const auto& [option, values] : arguments.given) {
    for (const std::string& value : values) {
      if (value.empty()) {
        return Error{ErrorCode::kInvalidArgument,
                     DisplayName(*option) + " '': expected a value that is not empty"};
      }
      GRE_RETURN_IF_ERROR(AssignOption(*option, value, DisplayName(*option)));
    }
    done.insert(option);
  }
  const CommandSpec& command = *arguments.path.back();
  const auto apply = [&](const OptionSpec& option) -> Status {
    if (done.contains(&option)) {
      return {};
    }
    if (option.configurable && !option.positional) {
      const std::string variable = EnvironmentName(option);
      if (const auto text = environment(variable); text && !text->empty()) {
        return AssignOption(option, *text, variable);
      }
      for (const std::string& text : config.Find(arguments.path, option)) {
        GRE_RETURN_IF_ERROR(AssignOption(option, text, config_path + ": " + option.name));
      }
    }
    return {};
  };
  for (const OptionSpec& option : command.options) {
    GRE_RETURN_IF_ERROR(apply(option));
  }
  for (const OptionSpec& option : common) {
    GRE_RETURN_IF_ERROR(apply(option));
  }
  return {};
}

std::string ConfigPath(const Environment& environment) {
  const std::string directory = XdgDirectory(environment, "XDG_CONFIG_HOME", ".config");
  return directory.empty() ? directory : directory + "/config.toml";
}

Error NoHome() {
  return {ErrorCode::kUnavailable,
          "there is no place for caches: set HOME or XDG_CACHE_HOME to a folder"};
}

std::string CacheDirectory(const Environment& environment) {
  return XdgDirectory(environment, "XDG_CACHE_HOME", ".cache");
}

}  // namespace gre
