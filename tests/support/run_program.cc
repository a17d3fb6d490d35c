#include "support/run_program.h"

#include <array>
#include <chrono>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/file.h"

namespace gre::testing {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Appends what is there; false at the end of the stream.
bool Drain(int fd, std::string& text) {
  std::array<char, 1 << 14> buffer;
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got > 0) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  return got > 0;
}

}  // namespace

std::map<std::string, std::string> IsolatedEnvironment(const std::string& folder) {
  return {{"HOME", folder},
          {"PATH", "/usr/bin:/bin"},
          {"LC_ALL", "C.UTF-8"},
          {"XDG_CACHE_HOME", folder + "/cache"},
          {"XDG_CONFIG_HOME", folder + "/config"}};
}

ProgramResult RunProgramFile(const std::string& path, const std::vector<std::string>& arguments,
                             const ProgramOptions& options) {
  std::array<std::array<int, 2>, 3> pipes;
  for (auto& ends : pipes) {
    GRE_CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0);
  posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2);
  std::vector<std::string> words = {path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : options.environment) {
    environment.push_back(name + "=" + value);
  }
  pid_t child = 0;
  GRE_CHECK(posix_spawn(&child, path.c_str(), &actions, nullptr, Pointers(words).data(),
                        Pointers(environment).data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[0][0]);
  close(pipes[1][1]);
  close(pipes[2][1]);
  signal(SIGPIPE, SIG_IGN);
  (void)!write(pipes[0][1], options.input.data(), options.input.size());
  close(pipes[0][1]);

  ProgramResult result;
  const auto start = std::chrono::steady_clock::now();
  bool interrupted = options.interrupt_after_ms <= 0;
  std::array<pollfd, 2> polls = {pollfd{pipes[1][0], POLLIN, 0}, pollfd{pipes[2][0], POLLIN, 0}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    poll(polls.data(), polls.size(), interrupted ? -1 : 20);
    for (size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd >= 0 && polls[i].revents != 0 &&
          !Drain(polls[i].fd, i == 0 ? result.out : result.err)) {
        polls[i].fd = -1;
      }
    }
    const auto passed = std::chrono::steady_clock::now() - start;
    if (!interrupted && passed >= std::chrono::milliseconds(options.interrupt_after_ms) &&
        (options.interrupt_when.empty() || FileExists(options.interrupt_when))) {
      kill(child, options.interrupt_signal);
      interrupted = true;
    }
  }
  close(pipes[1][0]);
  close(pipes[2][0]);
  int status = 0;
  waitpid(child, &status, 0);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace gre::testing
