#include <memory>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/help.h"

namespace gre {

CommandSpec CompletionCommand() {
  const auto shell = std::make_shared<std::string>();
  CommandSpec command;
  command.name = "completion";
  command.summary = "Prints a completion script for a shell";
  command.description =
      "For the running shell and for good:\n"
      "  source <(gre completion bash)\n"
      "  gre completion bash > ~/.local/share/bash-completion/completions/gre\n"
      "  gre completion zsh > \"${fpath[1]}/_gre\"\n"
      "  gre completion fish > ~/.config/fish/completions/gre.fish";
  command.options = {{.name = "SHELL",
                      .value_name = "SHELL",
                      .help = "The shell",
                      .target = shell.get(),
                      .choices = {"bash", "zsh", "fish"},
                      .positional = true,
                      .required = true}};
  command.run = [shell](CliContext& context) {
    context.out.Write(CompletionScript(context.program(), context.common(), *shell));
    return kExitDone;
  };
  return command;
}

CommandSpec ManCommand() {
  CommandSpec command;
  command.name = "man";
  command.summary = "Prints the manual page";
  command.description = "  gre man | man -l -";
  command.run = [](CliContext& context) {
    context.out.Write(ManPage(context.program(), context.common()));
    return kExitDone;
  };
  return command;
}

}  // namespace gre
