#include "cli/signals.h"

#include <atomic>
#include <csignal>
#include <string_view>

#include <unistd.h>

#include "cli/command.h"
#include "core/check.h"
#include "core/mapped_names.h"

namespace gre {
namespace {

CancellationToken& Token() {
  static CancellationToken token;
  return token;
}

std::atomic<CancellationToken*> scoped_token = nullptr;

enum class AtOnce { kNo, kSay, kSayWithJson };
std::atomic<AtOnce> at_once = AtOnce::kNo;
std::atomic<bool> err_is_terminal = false;

// Async-signal-safe.
void Print(int fd, std::string_view text) { (void)!write(fd, text.data(), text.size()); }

void OnSignal(int) {
  if (const AtOnce how = at_once.load(); how != AtOnce::kNo) {
    if (err_is_terminal) Print(STDERR_FILENO, "\r\x1b[K");  // where a progress bar may stand
    Print(STDERR_FILENO, "gre: interrupted; nothing was written\n");
    if (how == AtOnce::kSayWithJson) {
      Print(STDOUT_FILENO,
            R"({"error":{"code":"cancelled","message":"interrupted; nothing was written"}})"
            "\n");
    }
    _exit(kExitInterrupted);
  }
  Token().Cancel();
  if (CancellationToken* scoped = scoped_token.load()) {
    scoped->Cancel();
  }
  std::signal(SIGINT, SIG_DFL);  // the next one, of either kind, ends the process
  std::signal(SIGTERM, SIG_DFL);
}

// Only async-signal-safe calls.
void OnBusError(int, siginfo_t* info, void*) {
  if (info->si_code != BUS_ADRERR) {  // a defect of our own
    std::signal(SIGBUS, SIG_DFL);
    std::raise(SIGBUS);
    return;
  }
  const std::string_view path = MappedPathAt(info->si_addr);
  Print(STDERR_FILENO, "gre: ");
  Print(STDERR_FILENO, path.empty() ? "a file" : path);
  Print(STDERR_FILENO,
        " became shorter while it was read, or its disk failed; run again when nothing writes to "
        "the files that are read\n");
  _exit(kExitEnvironment);
}

}  // namespace

CancellationToken& InstallSignalHandlers() {
  CancellationToken& token = Token();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit is a write error, too
  struct sigaction action = {};
  action.sa_handler = OnSignal;  // without SA_RESTART: blocking reads return
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction bus = {};
  bus.sa_sigaction = OnBusError;
  bus.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &bus, nullptr);
  return token;
}

void EndAtOnceWhenInterrupted(bool json) {
  err_is_terminal = isatty(STDERR_FILENO) != 0;
  at_once = json ? AtOnce::kSayWithJson : AtOnce::kSay;
  if (Token().IsCancelled()) OnSignal(SIGINT);  // it came before
}

Status BeginLastStep(const CancellationToken& cancellation) {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  if (!cancellation.IsCancelled()) return {};
  return Error{ErrorCode::kCancelled, "interrupted; nothing was written"};
}

DeadlineScope::DeadlineScope(double timeout_s) {
  if (timeout_s > 0) {
    token_.SetDeadline(CancellationToken::Clock::now() +
                       std::chrono::duration_cast<CancellationToken::Clock::duration>(
                           std::chrono::duration<double>(timeout_s)));
  }
  GRE_CHECK(scoped_token.exchange(&token_) == nullptr);
  if (Token().IsCancelled()) {  // a signal between two scopes
    token_.Cancel();
  }
}

DeadlineScope::~DeadlineScope() { scoped_token.store(nullptr); }

}  // namespace gre
