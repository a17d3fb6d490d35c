#include "support/postgres_server.h"

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace gre::testing {
namespace {

// Debian keeps the server's programs out of PATH, a folder a version.
std::string FindPrograms() {
  std::string newest;
  std::error_code code;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", code)) {
    const std::filesystem::path bin = version.path() / "bin";
    if (std::filesystem::exists(bin / "initdb") && bin.string() > newest) newest = bin.string();
  }
  return newest;
}

}  // namespace

PostgresServer::PostgresServer(std::string bin) : bin_(std::move(bin)) {
  std::string name = "/tmp/gre_pg_XXXXXX";
  if (::mkdtemp(name.data()) != nullptr) folder_ = name;
}

int PostgresServer::Run(const std::string& command) const {
  const std::string quiet = "cd " + folder_ + " && " + command + " > log 2>&1";
  // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a test's own words
  return std::system(::geteuid() == 0 ? ("runuser -u postgres -- sh -c '" + quiet + "'").c_str()
                                      : quiet.c_str());
}

std::unique_ptr<PostgresServer> PostgresServer::Start(std::string& missing) {
  const std::string bin = FindPrograms();
  if (bin.empty()) {
    missing = "PostgreSQL is not installed";
    return nullptr;
  }
  std::unique_ptr<PostgresServer> server(new PostgresServer(bin));
  if (::geteuid() == 0) {
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a test's own words
    if (std::system(("chown postgres " + server->folder_).c_str()) != 0) {
      missing = "there is no user postgres";
      return nullptr;
    }
  }
  const std::string made = server->bin_ + "/initdb -D data -U gre -A trust -E UTF8 --no-sync";
  const std::string started = server->bin_ +
                              "/pg_ctl -D data -w -t 60 -l server.log -o \"-c listen_addresses= "
                              "-c unix_socket_directories=" +
                              server->folder_ + " -c fsync=off\" start";
  if (server->Run(made) != 0 || server->Run(started) != 0) {
    missing = "PostgreSQL does not start";
    return nullptr;
  }
  return server;
}

PostgresServer::~PostgresServer() {
  (void)Run(bin_ + "/pg_ctl -D data -m immediate -w stop");
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string PostgresServer::url() const { return "postgres:///postgres?user=gre&host=" + folder_; }

}  // namespace gre::testing
