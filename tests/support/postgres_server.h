#pragma once

#include <memory>
#include <string>

#include "support/temporary_folder.h"

namespace gre::testing {

// A PostgreSQL server of the test's own (Debian's package postgresql): a new database in a folder
// that goes with the object, reached by a socket in it. Run as root, it becomes the user postgres.
class PostgresServer {
 public:
  // nullptr, with the reason in `missing`, where PostgreSQL is not installed or does not start.
  static std::unique_ptr<PostgresServer> Start(std::string& missing);
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  [[nodiscard]] std::string url() const;

 private:
  explicit PostgresServer(std::string bin);
  // Exit code of a shell command that runs as the server's user.
  [[nodiscard]] int Run(const std::string& command) const;

  std::string bin_;     // folder of pg_ctl
  std::string folder_;  // short: socket paths end at 107 bytes
};

}  // namespace gre::testing
