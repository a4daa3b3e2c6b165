// libcurl's handles and what all our connections have in common: TLS, proxies, names,
// patience, and errors in words. Shared by the source files of this folder only.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "base/result.hpp"
#include "sys/http.hpp"

namespace sys::curl {

struct EasyCloser {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;
using StringList = std::unique_ptr<curl_slist, ListCloser>;

[[nodiscard]] bool start();  // libcurl itself, once; false: it cannot

void append(StringList& list, const std::string& text);

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(easy, option, value); code != CURLE_OK) {
        throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " + curl_easy_strerror(code));
    }
}

struct Address {
    std::string url;  // http:// or https://
    std::shared_ptr<const Tls> tls;
    std::string proxy;        // "": what the environment says
    std::string unix_socket;  // path; "": TCP
    std::chrono::milliseconds connect_timeout{};
};

// An easy handle with all that it points into. Stays where it is.
struct Handle {
    Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() = default;

    Easy easy;
    StringList headers;
    StringList connect_to;
    std::string target;  // "host:port", for messages
    std::string proxy;   // the same, of the proxy that was named; "": none was
    std::shared_ptr<const Tls> tls;
    std::chrono::milliseconds connect_timeout{};
    std::array<char, CURL_ERROR_SIZE> reason{};
    CURLcode code = CURLE_OK;
};

// Sets everything about the connection; headers get a Host where the name that is
// expected (Tls::server_name) is not the address. Errors: bad_input. Throws what
// set() and std::string throw.
[[nodiscard]] base::Result<void> prepare(Handle& handle, const Address& address);

// handle.code in plain words: unreachable, protocol.
[[nodiscard]] std::unexpected<base::Error> describe(const Handle& handle);

struct Transferred {
    std::size_t bytes = 0;
    bool again = false;   // not now: wait for the socket
    bool ended = false;   // the peer closed
    bool failed = false;  // the connection is lost
};

// A connection without any HTTP of libcurl's own on it.
class Connection {
public:
    explicit Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
    [[nodiscard]] int socket() const;
    // "host:port"
    [[nodiscard]] const std::string& target() const { return handle_->target; }
    // Neither blocks.
    [[nodiscard]] Transferred receive(void* data, std::size_t size);
    [[nodiscard]] Transferred send(const void* data, std::size_t size);

private:
    std::unique_ptr<Handle> handle_;
};

// Blocks until connected, TLS included. Errors: unreachable, bad_input, cancelled.
[[nodiscard]] base::Result<Connection> connect(const Address& address, const std::stop_token& stop);

}  // namespace sys::curl
