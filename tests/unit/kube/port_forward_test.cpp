#include "kube/port_forward.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(PortForwardFraming, SaysBrieflyThatNothingListens) {
    kube::PortForwardFraming framing(port);
    EXPECT_EQ(answer_to(framing, error_port), "");
    EXPECT_EQ(
        answer_to(framing, "\1failed to execute portforward: IPv4: dial tcp4 127.0.0.1:2379: connection refused"s),
        "error: nothing listens on port 2379 of the pod");
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

}  // namespace
