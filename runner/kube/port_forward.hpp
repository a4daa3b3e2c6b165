// A way to a port of a pod, through the API server and the kubelet, without kubectl: a
// WebSocket at pods/NAME/portforward with the subprotocol v4.channel.k8s.io. It needs
// the verbs get and create on pods/portforward.
//
// One forward carries one TCP stream at a time for each connection of its socket, so
// requests on one connection wait for each other; a second connection is a second stream.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "sys/tunnel.hpp"

namespace kube {

// Each message begins with its channel: 0 carries data, 1 an error of the far end. The
// first message on each is the port, two bytes, the lower one first.
class PortForwardFraming final : public sys::Framing {
public:
    explicit PortForwardFraming(std::uint16_t port) : port_(port) {}
    [[nodiscard]] std::string wrap(std::string_view bytes) override;
    // Errors: protocol (no such channel, another port, nothing where a port must be),
    // not_found (nobody listens on the port), refused (who listens there closed the connection),
    // unreachable (what else the kubelet says).
    [[nodiscard]] base::Result<std::string_view> unwrap(std::string_view message) override;

private:
    std::uint16_t port_;
    std::array<bool, 2> port_seen_{};  // of the data channel, of the error channel
};

// Opens the local socket; the pod is not asked before somebody connects to it.
[[nodiscard]] base::Result<std::unique_ptr<sys::Tunnel>> forward_port(const Client& client,
                                                                      const std::string& namespace_name,
                                                                      const std::string& pod, std::uint16_t port);

}  // namespace kube
