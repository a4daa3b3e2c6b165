#include "kube/port_forward.hpp"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/client.hpp"
#include "support/loopback_server.hpp"
#include "support/scripted_process.hpp"

namespace {

using namespace std::string_literals;
using testing::HasSubstr;

constexpr std::uint16_t port = 2379;  // 0x094b
const std::string data_port = "\0\x4b\x09"s;
const std::string error_port = "\1\x4b\x09"s;

std::string answer_to(kube::PortForwardFraming& framing, const std::string& message) {
    const auto bytes = framing.unwrap(message);
    return bytes ? std::string(*bytes) : "error: " + bytes.error().text();
}

TEST(PortForwardFraming, SendsBytesOnTheDataChannel) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(framing.wrap("GET /"), "\0GET /"s);
}

TEST(PortForwardFraming, GivesTheBytesAfterThePortOfEachChannel) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(answer_to(framing, data_port), "");
    EXPECT_EQ(answer_to(framing, error_port), "");
    EXPECT_EQ(answer_to(framing, "\0HTTP/1.1"s), "HTTP/1.1");
    EXPECT_EQ(answer_to(framing, "\0\x4b\x09"s), "\x4b\x09") << "the port is told once only";
    EXPECT_EQ(answer_to(framing, "\0"s), "");
    EXPECT_EQ(answer_to(framing, ""), "");
    EXPECT_EQ(answer_to(framing, "\1"s), "") << "an empty error is none";
}

TEST(PortForwardFraming, TellsWhatTheKubeletSays) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(answer_to(framing, error_port), "");
    EXPECT_THAT(answer_to(framing, "\1no such container\x1b[2J"s),
                testing::AllOf(HasSubstr("the kubelet says: no such container"), testing::Not(HasSubstr("\x1b"))));
}

TEST(PortForwardFraming, KeepsWhatTheKubeletSaysOnOneLine) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(answer_to(framing, error_port), "");
    EXPECT_EQ(answer_to(framing, "\1lost\n::error::x"s), "error: the kubelet says: lost ::error::x");
}

TEST(PortForwardFraming, SaysBrieflyThatNothingListens) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(answer_to(framing, error_port), "");
    EXPECT_EQ(
        answer_to(framing, "\1failed to execute portforward: IPv4: dial tcp4 127.0.0.1:2379: connection refused"s),
        "error: nothing listens on port 2379 of the pod");
}

TEST(PortForwardFraming, SaysBrieflyThatThePodClosedTheConnection) {
    for (const std::string end : {"write: broken pipe", "read: connection reset by peer"}) {
        kube::PortForwardFraming framing(port);
        EXPECT_EQ(answer_to(framing, error_port), "");
        EXPECT_EQ(answer_to(framing,
                            "\1error forwarding port 2379 to pod 74ef, uid : failed to execute portforward in "
                            "network namespace \"/x\": readfrom tcp4 127.0.0.1:1->127.0.0.1:2379: " +
                                end),
                  "error: who listens on port 2379 of the pod closed the connection");
    }
}

TEST(PortForwardFraming, RefusesWhatMakesNoSense) {
    struct Case {
        std::string message;
        std::string error;
    };
    for (const auto& [message, error] :
         {Case{"\2x"s, "channel"}, Case{"\xff"s, "channel"}, Case{"\0\x01\x02"s, "another port"},
          Case{"\0"s, "another port"}, Case{"\1not a port"s, "another port"}}) {
        kube::PortForwardFraming framing(port);
        EXPECT_THAT(answer_to(framing, message), HasSubstr(error));
    }
}

// An API server that takes one token only, and then says that forwarding is forbidden; the
// credential plugin gives the tokens one after the other.
class PortForward : public testing::Test {
protected:
    // Why the tunnel's connection ended.
    base::Error trouble(const std::vector<std::string>& plugin_tokens) {
        for (const auto& token : plugin_tokens) {
            processes_.answer(sys::ProcessResult{
                .out =
                    R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":")" +
                    token + R"("}})"});
        }
        const kube::Client client(*http_, clock_,
                                  {.server = server_.url(""),
                                   .plugin = kube::ExecPlugin{.command = "log-in",
                                                              .args = {},
                                                              .variables = {},
                                                              .api_version = "client.authentication.k8s.io/v1",
                                                              .install_hint = {}}},
                                  {.processes = &processes_, .keep_secret = {}, .stop = {}});
        const auto tunnel = kube::forward_port(client, "ns", "etcd-0", port).value();
        const sys::HttpRequest request{.method = "GET", .url = "http://etcd-0/", .unix_socket = tunnel->socket_path()};
        EXPECT_FALSE(http_->send(request, {}, clock_.now() + std::chrono::seconds(20)).has_value());
        return tunnel->trouble().value();
    }
    [[nodiscard]] std::vector<std::string> tokens() const {
        std::vector<std::string> all;
        for (const auto& request : server_.received()) {
            all.push_back(request.headers.at("authorization"));
        }
        return all;
    }

    support::LoopbackServer server_{[](const auto& request, auto& answer) {
        const bool known = request.headers.at("authorization") == "Bearer good-token";
        answer.reply(known ? 403 : 401, R"({"kind":"Status","message":"no"})", {{"Content-Type", "application/json"}});
    }};
    sys::RealClock clock_;
    std::unique_ptr<sys::Http> http_ = sys::make_http();
    support::ScriptedProcess processes_;
};

TEST_F(PortForward, RenewsACredentialThatIsNotAcceptedAndGoesOn) {
    const auto error = trouble({"expired-token", "good-token"});
    EXPECT_THAT(tokens(), testing::ElementsAre("Bearer expired-token", "Bearer good-token"));
    EXPECT_EQ(error.code, base::ErrorCode::forbidden) << error.text();
}

TEST_F(PortForward, RenewsItOnlyOnce) {
    const auto error = trouble({"expired-token", "another-bad-token"});
    EXPECT_THAT(tokens(), testing::ElementsAre("Bearer expired-token", "Bearer another-bad-token"));
    EXPECT_EQ(error.code, base::ErrorCode::unauthorized);
    EXPECT_THAT(error.text(), HasSubstr("pod etcd-0"));
    EXPECT_THAT(error.hint, HasSubstr("log-in"));
}

}  // namespace
