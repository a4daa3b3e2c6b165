// The real tunnel against a server on loopback that agrees to a WebSocket or does not, and
// then does not keep to it: what libcurl sees, and how the tunnel explains it.
#include "sys/tunnel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.hpp"
#include "unit/sys/http_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using base::ErrorCode;
using support::Answer;
using support::LoopbackServer;
using support::ReceivedRequest;
using testing::HasSubstr;

constexpr std::string_view subprotocol = "v4.channel.k8s.io";

// https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2
std::string agreement(const ReceivedRequest& request) {
    const auto key = request.headers.at("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::string digest(20, '\0');
    EVP_Digest(key.data(), key.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha1(), nullptr);
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: " +
           std::string(subprotocol) + "\r\nSec-WebSocket-Accept: " + base::base64_encode(digest) + "\r\n\r\n";
}

class PlainFraming final : public sys::Framing {
public:
    std::string wrap(std::string_view bytes) override { return std::string(bytes); }
    base::Result<std::string_view> unwrap(std::string_view message) override { return message; }
};

class Target final : public sys::TunnelTarget {
public:
    explicit Target(std::string url, std::string header = "x") : url_(std::move(url)), header_(std::move(header)) {}
    std::string name() const override { return "the way"; }
    base::Result<sys::WebSocketRequest> request(const std::stop_token& /*stop*/) override {
        return sys::WebSocketRequest{.url = url_,
                                     .headers = {{"Authorization", header_}},
                                     .subprotocol = std::string(subprotocol),
                                     .tls = {},
                                     .proxy = {}};
    }
    std::unique_ptr<sys::Framing> framing() override { return std::make_unique<PlainFraming>(); }
    std::optional<base::Error> refused(const sys::WebSocketRequest& /*request*/, const sys::HttpResponse& answer,
                                       int /*tries*/, const std::stop_token& /*stop*/) override {
        return base::fail(ErrorCode::forbidden, "HTTP " + std::to_string(answer.status)).error();
    }

private:
    std::string url_;
    std::string header_;
};

class TunnelTest : public sys_test::HttpTest {
protected:
    // What the tunnel says when a request through it got no answer.
    base::Error trouble_with(const LoopbackServer::Handler& handler, std::chrono::milliseconds patience = 60s) {
        const LoopbackServer server(handler);
        const auto tunnel = sys::open_tunnel(std::make_shared<Target>(server.url("/forward")));
        if (!tunnel) {
            return tunnel.error();
        }
        const auto answer = http().send({.url = "http://member:2379/", .unix_socket = (*tunnel)->socket_path()}, {},
                                        std::chrono::steady_clock::now() + patience);
        EXPECT_FALSE(answer.has_value());
        return (*tunnel)->trouble().value_or(base::Error{.message = "none"});
    }
};

TEST_F(TunnelTest, SendsNoHeaderThatWouldBeTwo) {
    const LoopbackServer server([](const ReceivedRequest& /*request*/, Answer& answer) { answer.reply(500); });
    const auto tunnel =
        sys::open_tunnel(std::make_shared<Target>(server.url("/forward"), "token\r\nX-Other: of somebody else"))
            .value();
    const sys::HttpRequest request{.url = "http://member:2379/", .unix_socket = tunnel->socket_path()};
    EXPECT_FALSE(http().send(request, {}, std::chrono::steady_clock::now() + 60s).has_value());
    EXPECT_EQ(tunnel->trouble().value().text(), "the way: an HTTP header holds control characters: Authorization");
    EXPECT_TRUE(server.received().empty());
}

TEST_F(TunnelTest, SaysThatItWasCutInTheMiddleOfAMessage) {
    const auto trouble = trouble_with([](const ReceivedRequest& request, Answer& answer) {
        answer.raw(agreement(request) + "\x82\x7d" + "HTTP/1.1 200 OK\r\nContent-");
        answer.hang_up();
    });
    EXPECT_EQ(trouble.code, ErrorCode::unreachable);
    EXPECT_THAT(trouble.text(), HasSubstr("the way: it was cut"));
}

TEST_F(TunnelTest, SaysThatTheFarEndClosedIt) {
    const auto trouble = trouble_with([](const ReceivedRequest& request, Answer& answer) {
        answer.raw(agreement(request) + "\x88\x02\x03\xe8"s);
        answer.wait_until_client_leaves();
    });
    EXPECT_EQ(trouble.text(), "the way: it was cut by the far end");
}

TEST_F(TunnelTest, TakesNoMessageWithoutEnd) {
    const auto trouble = trouble_with([](const ReceivedRequest& request, Answer& answer) {
        answer.raw(agreement(request) + "\x82\x7f\0\0\0\1\0\0\0\0"s);  // of 4 GiB
        answer.wait_until_client_leaves();
    });
    EXPECT_EQ(trouble.code, ErrorCode::protocol);
    EXPECT_EQ(trouble.text(), "the way: it brought a message of more than 4 MiB");
}

TEST_F(TunnelTest, SaysThatWhatComesMakesNoSense) {
    const auto after = trouble_with([](const ReceivedRequest& request, Answer& answer) {
        answer.raw(agreement(request) + std::string(16, '\xff'));
        answer.wait_until_client_leaves();
    });
    EXPECT_EQ(after.code, ErrorCode::protocol);
    EXPECT_THAT(after.text(), HasSubstr("the way: it brought no sense: "));
    const auto instead = trouble_with([](const ReceivedRequest& /*request*/, Answer& answer) {
        answer.raw("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        answer.hang_up();
    });
    EXPECT_EQ(instead.code, ErrorCode::protocol);
    EXPECT_THAT(instead.text(), HasSubstr("the way: no sense in the answer of 127.0.0.1:"));
}

TEST_F(TunnelTest, TakesNoHeadersWithoutEnd) {
    const auto trouble = trouble_with([](const ReceivedRequest& /*request*/, Answer& answer) {
        answer.raw("HTTP/1.1 101 Switching Protocols\r\n");
        while (answer.raw("X-More: " + std::string(8000, 'x') + "\r\n")) {
        }
    });
    EXPECT_EQ(trouble.code, ErrorCode::protocol);
    EXPECT_THAT(trouble.text(), HasSubstr("the way: no sense in the answer of 127.0.0.1:"));
}

// Whoever waited only knows that the time is up.
TEST_F(TunnelTest, SaysThatItWasNotOpenedInTime) {
    const auto trouble = trouble_with(
        [](const ReceivedRequest& /*request*/, Answer& answer) { answer.wait_until_client_leaves(); }, 100ms);
    EXPECT_EQ(trouble.code, ErrorCode::timed_out);
    EXPECT_EQ(trouble.text(), "the way: it was not opened in time");
}

TEST_F(TunnelTest, HasNoTroubleWhenOnlyWhoIsBehindItIsSilent) {
    const auto trouble = trouble_with(
        [](const ReceivedRequest& request, Answer& answer) {
            answer.raw(agreement(request));
            answer.wait_until_client_leaves();
        },
        500ms);
    EXPECT_EQ(trouble.text(), "none");
}

TEST_F(TunnelTest, TellsARefusalAsItsTargetDoes) {
    const auto trouble =
        trouble_with([](const ReceivedRequest& /*request*/, Answer& answer) { answer.reply(403, "no"); });
    EXPECT_EQ(trouble.code, ErrorCode::forbidden);
    EXPECT_EQ(trouble.text(), "the way: HTTP 403");
}

// Accepts connections, and says nothing to them.
class SilentServer {
public:
    SilentServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 16), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;
    ~SilentServer() {
        for (const int each : accepted_) {
            ::close(each);
        }
        ::close(listener_);
    }
    [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
    void accept_one() { accepted_.push_back(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)); }

private:
    int listener_;
    std::uint16_t port_ = 0;
    std::vector<int> accepted_;
};

// libcurl looks once a second whether it is to go on.
TEST_F(TunnelTest, SeveralThatAreBeingOpenedEndSideBySide) {
    SilentServer server;
    std::vector<std::unique_ptr<sys::Tunnel>> tunnels;
    std::vector<int> clients;
    for (int number = 0; number < 5; ++number) {
        tunnels.push_back(sys::open_tunnel(std::make_shared<Target>(server.url())).value());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        tunnels.back()->socket_path().copy(address.sun_path, sizeof(address.sun_path) - 1);
        clients.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(clients.back(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        server.accept_one();
    }
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& tunnel : tunnels) {
        tunnel->end_soon();
    }
    tunnels.clear();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    for (const int client : clients) {
        ::close(client);
    }
}

}  // namespace
