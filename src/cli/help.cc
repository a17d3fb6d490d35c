#include "cli/help.h"

#include <algorithm>
#include <sstream>

#include "cli/version.h"

namespace gre {
namespace {

bool IsSwitch(const OptionSpec& option) { return std::holds_alternative<bool*>(option.target); }

std::string FullName(const std::vector<const CommandSpec*>& path) {
  std::string name;
  for (const CommandSpec* command : path) {
    name += (name.empty() ? "" : " ") + command->name;
  }
  return name;
}

// "-q, --quiet" or "    --model DIR".
std::string Signature(const OptionSpec& option) {
  if (option.positional) {
    return option.name;
  }
  std::string text =
      option.letter != 0 ? std::string("-") + option.letter + ", " : std::string("    ");
  text += "--" + option.name;
  return IsSwitch(option) ? text : text + " " + option.value_name;
}

// The option's sentence with its choices and its default.
std::string Explanation(const OptionSpec& option) {
  std::string text = option.help;
  if (!option.choices.empty()) {
    std::string choices;
    for (const std::string& choice : option.choices) {
      choices += (choices.empty() ? "" : ", ") + choice;
    }
    text += " (" + choices + ")";
  }
  if (const std::string value = TargetText(option); !value.empty() && !IsSwitch(option)) {
    text += " [" + value + "]";
  }
  return text;
}

// Words of `text` in lines of at most `columns`; every line starts at column `indent`.
std::string Wrap(const std::string& text, size_t indent, size_t columns) {
  std::string out;
  std::istringstream paragraphs(text);
  std::string paragraph;
  while (std::getline(paragraphs, paragraph)) {
    if (paragraph.starts_with("  ")) {  // an example: as it is
      out += std::string(indent, ' ') + paragraph + "\n";
      continue;
    }
    std::string line(indent, ' ');
    std::istringstream words(paragraph);
    for (std::string word; words >> word;) {
      if (line.size() > indent && line.size() + 1 + word.size() > columns) {
        out += line + "\n";
        line.assign(indent, ' ');
      }
      line += (line.size() > indent ? " " : "") + word;
    }
    out += (line.size() > indent ? line : "") + "\n";
  }
  return out;
}

std::string Table(const std::vector<std::pair<std::string, std::string>>& rows, size_t columns) {
  size_t width = 0;
  for (const auto& [left, right] : rows) {
    width = std::max(width, left.size());
  }
  width = std::min<size_t>(width, 28);
  std::string out;
  for (const auto& [left, right] : rows) {
    std::string text = Wrap(right, width + 4, columns);
    if (left.size() <= width) {
      text.replace(2, left.size(), left);
      out += text;
    } else {
      out += "  " + left + "\n" + text;
    }
  }
  return out;
}

std::string Synopsis(const std::vector<const CommandSpec*>& path) {
  const CommandSpec& command = *path.back();
  std::string text = FullName(path);
  if (!command.commands.empty()) {
    return text + " COMMAND [OPTION ...]";
  }
  text += " [OPTION ...]";
  for (const OptionSpec& option : command.options) {
    if (option.positional) {
      const bool list = std::holds_alternative<std::vector<std::string>*>(option.target);
      const std::string name = option.name + (list ? " ..." : "");
      text += option.required ? " " + name : " [" + name + "]";
    }
  }
  return text;
}

using Visitor =
    std::function<void(const std::vector<const CommandSpec*>& path, const CommandSpec& command)>;

void Visit(std::vector<const CommandSpec*>& path, const CommandSpec& command,
           const Visitor& visitor) {
  path.push_back(&command);
  visitor(path, command);
  for (const CommandSpec& child : command.commands) {
    Visit(path, child, visitor);
  }
  path.pop_back();
}

// Text in man's macros: backslashes, and lines that begin with a control character.
std::string Roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) {
      out += "\\&";
    }
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string RoffOptions(const std::vector<OptionSpec>& options) {
  std::string out;
  for (const OptionSpec& option : options) {
    std::string signature = Signature(option);
    signature.erase(0, signature.find_first_not_of(' '));
    out += ".TP\n.B " + Roff(signature) + "\n" + Roff(Explanation(option)) + "\n";
  }
  return out;
}

// What one level of a completion script offers.
struct Offer {
  std::string command;                                     // "model check"
  std::vector<std::pair<std::string, std::string>> words;  // word and its explanation
};

std::vector<Offer> Offers(const CommandSpec& program, const std::vector<OptionSpec>& common) {
  std::vector<Offer> offers;
  std::vector<const CommandSpec*> path;
  Visit(path, program, [&](const auto& full_path, const CommandSpec& command) {
    Offer offer;
    for (size_t i = 1; i < full_path.size(); ++i) {
      offer.command += (i > 1 ? " " : "") + full_path[i]->name;
    }
    for (const CommandSpec& child : command.commands) {
      offer.words.emplace_back(child.name, child.summary);
    }
    for (const auto* list : {&command.options, &common}) {
      for (const OptionSpec& option : *list) {
        if (!option.positional) {
          offer.words.emplace_back("--" + option.name, option.help);
        }
      }
    }
    offers.push_back(std::move(offer));
  });
  return offers;
}

// Inside single quotes of a shell.
std::string Quote(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

// The body of a loop over the words before the cursor, in bash and zsh alike: which command they
// name.
std::string FindCommand(const std::vector<Offer>& offers) {
  std::string out = "    case \"$command $word\" in\n";
  for (const Offer& offer : offers) {
    if (offer.command.empty()) continue;
    const bool is_nested = offer.command.find(' ') != std::string::npos;
    const std::string step = is_nested ? offer.command : " " + offer.command;
    out += "      " + Quote(step) + ") command=" + Quote(offer.command) + " ;;\n";
  }
  return out + "    esac\n  done\n";
}

std::string BashCompletion(const std::vector<Offer>& offers) {
  std::string out =
      "# bash completion for gre\n"
      "_gre() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} command= word words\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  out += FindCommand(offers) + "  case $command in\n";
  for (const Offer& offer : offers) {
    out += "    " + Quote(offer.command) + ") words=";
    std::string words;
    for (const auto& [word, help] : offer.words) {
      words += (words.empty() ? "" : " ") + word;
    }
    out += Quote(words) + " ;;\n";
  }
  return out +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
         "}\n"
         "complete -o filenames -F _gre gre\n";
}

std::string ZshCompletion(const std::vector<Offer>& offers) {
  std::string out =
      "#compdef gre\n"
      "_gre() {\n"
      "  local command= word\n"
      "  local -a offers\n"
      "  for word in ${words[2,CURRENT-1]}; do\n";
  out += FindCommand(offers) + "  case $command in\n";
  for (const Offer& offer : offers) {
    out += "    " + Quote(offer.command) + ") offers=(";
    for (const auto& [word, help] : offer.words) {
      std::string text = word + ":" + help;
      out += "\n      " + Quote(text);
    }
    out += ") ;;\n";
  }
  return out +
         "  esac\n"
         "  _describe gre offers\n"
         "  _files\n"
         "}\n"
         "compdef _gre gre\n";
}

std::string FishCompletion(const std::vector<Offer>& offers) {
  std::string out = "# fish completion for gre\n";
  for (const Offer& offer : offers) {
    std::string condition;
    if (offer.command.empty()) {
      condition = "__fish_use_subcommand";
    } else {
      std::istringstream words(offer.command);
      for (std::string word; words >> word;) {
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
      }
    }
    for (const auto& [word, help] : offer.words) {
      out += "complete -c gre -n " + Quote(condition) +
             (word.starts_with("--") ? " -l " + word.substr(2) : " -a " + word) + " -d " +
             Quote(help) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string HelpText(const std::vector<const CommandSpec*>& path,
                     const std::vector<OptionSpec>& common, int columns) {
  const CommandSpec& command = *path.back();
  const auto width = static_cast<size_t>(std::clamp(columns, 60, 100));
  std::string out = command.summary + "\n\nUsage: " + Synopsis(path) + "\n";
  if (!command.description.empty()) {
    out += "\n" + Wrap(command.description, 0, width);
  }
  std::vector<std::pair<std::string, std::string>> commands;
  for (const CommandSpec& child : command.commands) {
    commands.emplace_back(child.name, child.summary);
  }
  if (!commands.empty()) {
    out += "\nCommands:\n" + Table(commands, width);
  }
  std::vector<std::pair<std::string, std::string>> arguments;
  std::vector<std::pair<std::string, std::string>> options;
  for (const OptionSpec& option : command.options) {
    (option.positional ? arguments : options).emplace_back(Signature(option), Explanation(option));
  }
  if (!arguments.empty()) {
    out += "\nArguments:\n" + Table(arguments, width);
  }
  if (!options.empty()) {
    out += "\nOptions:\n" + Table(options, width);
  }
  options.clear();
  for (const OptionSpec& option : common) {
    options.emplace_back(Signature(option), Explanation(option));
  }
  return out + "\nOptions of every command:\n" + Table(options, width);
}

std::string ManPage(const CommandSpec& program, const std::vector<OptionSpec>& common) {
  std::string out = ".TH GRE 1 \"\" \"gre " + std::string(kVersion) +
                    "\" \"User Commands\"\n.SH NAME\ngre \\- " + Roff(program.summary) +
                    "\n.SH SYNOPSIS\n.B gre\n.I COMMAND\n[OPTION ...]\n";
  out += ".SH DESCRIPTION\n" + Roff(program.description) + "\n.SH OPTIONS OF EVERY COMMAND\n" +
         RoffOptions(common);
  std::vector<const CommandSpec*> path;
  Visit(path, program, [&](const auto& full_path, const CommandSpec& command) {
    if (!command.run) {
      return;
    }
    out += ".SH " + Roff(FullName(full_path)) + "\n" + Roff(command.summary) + ".\n.PP\n.B " +
           Roff(Synopsis(full_path)) + "\n";
    if (!command.description.empty()) {
      out += ".PP\n.nf\n" + Roff(command.description) + "\n.fi\n";
    }
    out += RoffOptions(command.options);
  });
  out +=
      ".SH SETTINGS\nEvery option can also be set by the environment variable GRE_NAME or the key "
      "NAME in $XDG_CONFIG_HOME/gre/config.toml, at the top or in a table named like the command; "
      "the command line wins over the environment, and the environment over the file.\n"
      ".SH EXIT STATUS\n"
      ".TP\n.B 0\ndone\n.TP\n.B 1\nsome inputs failed, the rest is written\n"
      ".TP\n.B 2\nwrong usage or configuration\n"
      ".TP\n.B 3\nthe environment lacks something (model, server, disk, package)\n"
      ".TP\n.B 4\na check said no\n.TP\n.B 130\ninterrupted\n";
  return out;
}

std::string CompletionScript(const CommandSpec& program, const std::vector<OptionSpec>& common,
                             const std::string& shell) {
  const std::vector<Offer> offers = Offers(program, common);
  if (shell == "zsh") {
    return ZshCompletion(offers);
  }
  return shell == "fish" ? FishCompletion(offers) : BashCompletion(offers);
}

}  // namespace gre
