// The TLS server for tests in other languages: says in a line of JSON where it is, then takes a
// certificate's name in each line of its input and answers `ok`. Ends with its input.
#include <iostream>

#include "tls_server.hpp"

int main() {
  using holdfast::test::TlsServer;
  try {
    TlsServer server;
    std::cout << R"({"port": )" << server.port() << R"(, "folder": ")" << server.folder()
              << R"(", "host": ")" << TlsServer::kHost << R"(", "password": ")"
              << TlsServer::kPassword << R"("})" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
      server.present(line);
      std::cout << "ok" << std::endl;
    }
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << std::endl;
    return 1;
  }
}
