// A local socket behind which every connection is carried by a WebSocket of its own:
// so that libcurl can speak, with TLS if need be, to a port that only the far end of
// a WebSocket reaches (the port-forward of Kubernetes).
//
// The socket is a Unix one in a folder of mode 0700: nothing listens on a network, and
// no other user of the machine can connect.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "sys/http.hpp"

namespace sys {

// Where a WebSocket leads, as an HTTP request that asks to be upgraded.
struct WebSocketRequest {
    std::string url;  // https:// or http://, as the rest of the API
    std::vector<std::pair<std::string, std::string>> headers;
    std::string subprotocol;  // must be agreed to by the server
    std::shared_ptr<const Tls> tls;
    std::string proxy;  // "" : what the environment says
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
};

// How bytes travel in WebSocket messages. One for each connection.
class Framing {
public:
    virtual ~Framing() = default;
    // The message that carries these bytes.
    [[nodiscard]] virtual std::string wrap(std::string_view bytes) = 0;
    // The bytes that a message carries, maybe none; valid as long as the message.
    // An error ends the connection: the far end told of one, or sent nonsense.
    [[nodiscard]] virtual base::Result<std::string_view> unwrap(std::string_view message) = 0;
};

// The far end. Called from the threads of the connections, several at a time.
class TunnelTarget {
public:
    virtual ~TunnelTarget() = default;
    // "the port-forward to pod etcd-0": what all troubles are told of.
    [[nodiscard]] virtual std::string name() const = 0;
    // Asked for each connection, and once more after `refused` said so. Both may block, until stopped: the
    // tunnel ends.
    [[nodiscard]] virtual base::Result<WebSocketRequest> request(const std::stop_token& stop) = 0;
    [[nodiscard]] virtual std::unique_ptr<Framing> framing() = 0;
    // The server did not upgrade this request, the `tries`th (from 1) of this connection.
    // Nothing: it is worth another try, with a new request.
    [[nodiscard]] virtual std::optional<base::Error> refused(const WebSocketRequest& request,
                                                             const HttpResponse& answer, int tries,
                                                             const std::stop_token& stop) = 0;
};

class Tunnel {
public:
    virtual ~Tunnel() = default;  // ends all its connections and threads
    // Asks them to end, and waits for none: who has several asks all before the first is destroyed, since
    // one that is just being opened takes up to a second to notice. Nothing goes through it any more.
    virtual void end_soon() = 0;
    // For HttpRequest::unix_socket; gone with the tunnel.
    [[nodiscard]] virtual const std::string& socket_path() const = 0;
    // Why the last connection ended, when it was not because one side had finished; timed_out as
    // long as the far end has not let it open. Whoever used the socket only saw it closed, or
    // silent: this is the better explanation.
    [[nodiscard]] virtual std::optional<base::Error> trouble() const = 0;
};

// Opens the socket; connects nothing before somebody connects to it.
[[nodiscard]] base::Result<std::unique_ptr<Tunnel>> open_tunnel(std::shared_ptr<TunnelTarget> target);

}  // namespace sys
