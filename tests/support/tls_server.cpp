#include "support/tls_server.hpp"

#include <memory>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {
namespace {

struct Freer {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Freer>;

Owned<SSL_CTX> context_of(const TlsIdentity& identity) {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    const auto bio = [](const std::string& text) {
        return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    };
    const Owned<X509> certificate(PEM_read_bio_X509(bio(identity.certificate).get(), nullptr, nullptr, nullptr));
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio(identity.key).get(), nullptr, nullptr, nullptr));
    if (!context || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
        throw std::runtime_error("OpenSSL takes no certificate");
    }
    return context;
}

// Whether it resumed a session.
bool serve(SSL* connection) {
    std::string request;
    char piece[4096];  // NOLINT: OpenSSL's way
    while (!request.contains("\r\n\r\n")) {
        const int size = SSL_read(connection, piece, sizeof piece);
        if (size <= 0) {
            break;
        }
        request.append(piece, static_cast<std::size_t>(size));
    }
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    SSL_write(connection, answer.data(), static_cast<int>(answer.size()));
    return SSL_session_reused(connection) == 1;
}

}  // namespace

TlsServer::TlsServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

TlsServer::~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
}

std::vector<bool> TlsServer::resumed() const {
    const std::scoped_lock lock(mutex_);
    return resumed_;
}

void TlsServer::accept_all() {
    const auto context = context_of(identity_);
    for (;;) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        const Owned<SSL> connection(SSL_new(context.get()));
        SSL_set_fd(connection.get(), socket);
        if (SSL_accept(connection.get()) == 1) {
            const bool is_resumed = serve(connection.get());
            const std::scoped_lock lock(mutex_);
            resumed_.push_back(is_resumed);
        }
        ::close(socket);
    }
}

}  // namespace support
