#include "support/run_program.h"

#include <array>
#include <chrono>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
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

// Starts a program in `environment` with these streams; `attributes` may be nullptr.
pid_t Spawn(const std::string& path, const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment,
            const posix_spawn_file_actions_t& actions, const posix_spawnattr_t* attributes) {
  std::vector<std::string> words = {path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings;
  for (const auto& [name, value] : environment) {
    settings.push_back(name + "=" + value);
  }
  pid_t child = 0;
  GRE_CHECK(posix_spawn(&child, path.c_str(), &actions, attributes, Pointers(words).data(),
                        Pointers(settings).data()) == 0);
  return child;
}

int WaitForEnd(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
  const pid_t child = Spawn(path, arguments, options.environment, actions, nullptr);
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
  result.exit_code = WaitForEnd(child);
  return result;
}

ProgramResult RunOnTerminal(const std::string& path, const std::vector<std::string>& arguments,
                            const ProgramOptions& options, const std::vector<TerminalTurn>& turns) {
  constexpr int kPatienceMs = 60'000;
  const int screen = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  GRE_CHECK(screen >= 0 && grantpt(screen) == 0 && unlockpt(screen) == 0);
  std::array<char, 64> name{};
  GRE_CHECK(ptsname_r(screen, name.data(), name.size()) == 0);
  const winsize size = {.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  GRE_CHECK(ioctl(screen, TIOCSWINSZ, &size) == 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, name.data(), O_RDWR,
                                   0);  // its terminal from now on
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  const pid_t child = Spawn(path, arguments, options.environment, actions, &attributes);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);

  ProgramResult result;
  size_t turn = 0;
  size_t seen = 0;
  pollfd ready = {screen, POLLIN, 0};
  for (;;) {
    if (poll(&ready, 1, kPatienceMs) <= 0) {
      kill(child, SIGKILL);
      break;
    }
    if (!Drain(screen, result.out)) break;  // the program has ended
    while (turn < turns.size()) {
      const size_t at = result.out.find(turns[turn].wait_for, seen);
      if (at == std::string::npos) break;
      seen = at + turns[turn].wait_for.size();
      const std::string& say = turns[turn++].say;
      (void)!write(screen, say.data(), say.size());
    }
  }
  close(screen);
  result.exit_code = WaitForEnd(child);
  return result;
}

}  // namespace gre::testing
