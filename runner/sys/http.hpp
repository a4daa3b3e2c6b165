// HTTP as an interface. The real one is libcurl: one background thread drives
// one curl_multi handle, so that all calls to one server share one connection
// (HTTP/2 multiplexing) and any number of threads may call at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "sys/clock.hpp"

namespace sys {

// Certificates in PEM, in memory; empty means unset.
struct Tls {
    std::string ca;           // empty: the system's
    std::string certificate;  // the client's own
    std::string key;          // a secret
    std::string server_name;  // name to expect, when it is not the address's
    bool verify = true;
};

// Whether the server's certificate is wanted (HttpResponse::certificate).
enum class ServerCertificate { ignored, wanted };

// Whether the answer may come compressed; whoever asks sees it plain, and body_limit counts
// plain bytes.
enum class Compression { none, gzip };

// Whether a connection that is there already may carry the request. When such a one breaks before the answer,
// libcurl sends the request again by itself, POST or not (Curl_retry_request): `fresh` is for
// what must not be done twice.
enum class Connections { kept, fresh };

struct HttpRequest {
    std::string method = "GET";
    std::string url;  // https:// or http://
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::shared_ptr<const Tls> tls;  // may be null for http
    std::string proxy;               // "" : what the environment says
    std::string unix_socket;         // path of a local socket to connect to instead of the URL's host; "" : none
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
    std::size_t body_limit = std::size_t{64} << 20U;  // longer answers are an error (protocol)
    ServerCertificate certificate = ServerCertificate::ignored;
    Compression compression = Compression::none;
    Connections connections = Connections::kept;
};

struct HttpResponse {
    int status = 0;
    // Names in lower case; the last one of a name wins, but for "warning", of which each is a line.
    std::map<std::string, std::string> headers;
    std::string body;
    // PEM of the server's own certificate, when it was wanted and this request was the one that
    // made the connection; those that go over a connection that is there see none.
    std::string certificate = {};
};

class Http {
public:
    virtual ~Http() = default;

    // Blocks until the whole answer is there. Any HTTP status is a result.
    // Errors: unreachable (DNS, refused, TLS; the message says which), timed_out,
    // cancelled, protocol.
    [[nodiscard]] virtual base::Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop,
                                                          Deadline deadline) = 0;

    // As send, but a 2xx answer's body is handed over piece by piece as it comes
    // (called from the HTTP thread: be quick, do not call Http from it) and not
    // kept; on_data returning false ends the transfer with a normal result.
    // Other statuses keep their body.
    [[nodiscard]] virtual base::Result<HttpResponse> stream(const HttpRequest& request,
                                                            std::function<bool(std::string_view)> on_data,
                                                            std::stop_token stop, Deadline deadline) = 0;
};

// The libcurl one.
[[nodiscard]] std::unique_ptr<Http> make_http();

}  // namespace sys
