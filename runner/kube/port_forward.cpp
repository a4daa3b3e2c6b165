#include "kube/port_forward.hpp"

#include "base/text.hpp"
#include "kube/absence.hpp"
#include "kube/authenticated_http.hpp"
#include "kube/transport.hpp"

namespace kube {
namespace {

using base::ErrorCode;

constexpr std::string_view subprotocol = "v4.channel.k8s.io";
constexpr char data_channel = 0;
constexpr char error_channel = 1;
constexpr int unauthorized = 401;

class PodPort final : public sys::TunnelTarget {
public:
    PodPort(const Client& client, const std::string& namespace_name, std::string pod, std::uint16_t port)
        : connection_(client.connection()),
          credentials_(client.credentials()),
          absence_(client.absence()),
          pod_(std::move(pod)),
          port_(port) {
        path_ = "/api/v1/namespaces/" + percent_encoded(namespace_name) + "/pods/" + percent_encoded(pod_) +
                "/portforward?ports=" + std::to_string(port_);
    }

    base::Result<sys::WebSocketRequest> request(const std::stop_token& stop) override {
        TRY_ASSIGN(const auto credential, credentials_->current(login_scope(stop)));
        auto request = request_to(connection_, "GET", path_);
        authenticate(request.headers, request.tls, credential);
        // Asked for JSON only, the API server would answer 406.
        std::erase_if(request.headers, [](const auto& header) { return base::lower(header.first) == "accept"; });
        return sys::WebSocketRequest{.url = std::move(request.url),
                                     .headers = std::move(request.headers),
                                     .subprotocol = std::string(subprotocol),
                                     .tls = std::move(request.tls),
                                     .proxy = std::move(request.proxy),
                                     .connect_timeout = request.connect_timeout};
    }

    std::string name() const override { return "the port-forward to pod " + pod_; }

    std::unique_ptr<sys::Framing> framing() override { return std::make_unique<PortForwardFraming>(port_); }

    std::optional<base::Error> refused(const sys::WebSocketRequest& request, const sys::HttpResponse& answer, int tries,
                                       const std::stop_token& stop) override {
        if (answer.status == unauthorized) {
            if (tries == 1) {
                auto renewed = credentials_->renew(credential_of(request.headers, request.tls), login_scope(stop));
                if (!renewed || *renewed) {
                    return renewed ? std::nullopt : std::optional(std::move(renewed).error());
                }
            }
            return passes(stop) ? std::nullopt : std::optional(refusal_of(answer, *credentials_));
        }
        auto error = to_error(answer, {});
        if (error.code == ErrorCode::forbidden) {
            if (passes(stop)) {
                return std::nullopt;
            }
            error.hint = "the role needs the verbs get and create on pods/portforward";
        }
        return error;
    }

private:
    // A tunnel knows no deadline; a plugin has one of its own.
    static Scope login_scope(const std::stop_token& stop) { return {.stop = stop, .deadline = sys::Deadline::max()}; }
    bool passes(const std::stop_token& stop) const { return absence_->explains_refusal(sys::Deadline::max(), stop); }

    Connection connection_;
    std::shared_ptr<Credentials> credentials_;
    std::shared_ptr<Absence> absence_;
    std::string pod_;
    std::uint16_t port_;
    std::string path_;
};

}  // namespace

std::string PortForwardFraming::wrap(std::string_view bytes) {
    std::string message(1, data_channel);
    message += bytes;
    return message;
}

base::Result<std::string_view> PortForwardFraming::unwrap(std::string_view message) {
    if (message.empty()) {
        return std::string_view();
    }
    const char channel = message.front();
    message.remove_prefix(1);
    if (channel != data_channel && channel != error_channel) {
        return base::fail(ErrorCode::protocol, "it answers on a channel that was not asked for");
    }
    if (bool& seen = port_seen_[channel == data_channel ? 0 : 1]; !seen) {
        seen = true;
        const std::string expected = {static_cast<char>(port_ & 0xffU), static_cast<char>(port_ >> 8U)};
        if (message != expected) {
            return base::fail(ErrorCode::protocol, "it leads to another port than was asked for");
        }
        return std::string_view();
    }
    if (channel == error_channel && !message.empty()) {
        if (message.contains("connection refused")) {
            return base::fail(ErrorCode::not_found, "nothing listens on port " + std::to_string(port_) + " of the pod");
        }
        if (message.contains("broken pipe") || message.contains("connection reset by peer")) {
            return base::fail(ErrorCode::refused,
                              "who listens on port " + std::to_string(port_) + " of the pod closed the connection");
        }
        const auto said = base::replace_all(base::printable(message), "\n", " ");
        return base::fail(ErrorCode::unreachable, "the kubelet says: " + base::shorten(said, 300));
    }
    return channel == data_channel ? message : std::string_view();
}

base::Result<std::unique_ptr<sys::Tunnel>> forward_port(const Client& client, const std::string& namespace_name,
                                                        const std::string& pod, std::uint16_t port) {
    return sys::open_tunnel(std::make_shared<PodPort>(client, namespace_name, pod, port));
}

}  // namespace kube
