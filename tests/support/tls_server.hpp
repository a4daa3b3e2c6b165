// A TLS server on 127.0.0.1 with a certificate of its own making, for tests of the real HTTP client: answers each
// request with 200 and ends the connection, so that each has a TLS handshake.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/tls_identity.hpp"

namespace support {

class TlsServer {
public:
    TlsServer();  // listens when this returns
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    ~TlsServer();

    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
    // Whom it is to be trusted by, in PEM.
    [[nodiscard]] const TlsIdentity& identity() const { return identity_; }
    // For each connection so far, whether its session was one of before.
    [[nodiscard]] std::vector<bool> resumed() const;

private:
    void accept_all();

    TlsIdentity identity_ = make_tls_identity();
    int listener_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<bool> resumed_;
    std::jthread acceptor_;
};

}  // namespace support
