#pragma once

#include <functional>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "generation/training_call.h"

namespace gre::testing {

// A TCP port of this machine that nobody uses.
inline int FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

// Calls `run` once for each of `size` that train together, all at once, each in a thread of its
// own in place of a process.
inline void RunTogether(int size, const std::function<void(const TrainingProcesses&)>& run) {
  const int port = FreePort();
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&run, size, rank, port] {
      TrainingProcesses processes;
      processes.rank = rank;
      processes.size = size;
      processes.address = "127.0.0.1";
      processes.port = port;
      run(processes);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace gre::testing
