// The real client against a real server: what goes out, and what comes back.
#include "sys/http.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sys/http_fixture.hpp"

namespace {

using base::ErrorCode;
using support::Answer;
using support::DeadPort;
using support::LoopbackServer;
using support::ReceivedRequest;
using sys_test::HttpTest;
using testing::HasSubstr;

TEST_F(HttpTest, GivesStatusHeadersAndBody) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        answer.reply(200, "hello", {{"Content-TYPE", "text/plain"}, {"X-Twice", "one"}, {"x-twice", " two "}});
    });
    const auto response = get(server.url("/a?b=c"));
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->headers.at("content-type"), "text/plain");
    EXPECT_EQ(response->headers.at("x-twice"), "two");
    EXPECT_EQ(server.received().at(0).method, "GET");
    EXPECT_EQ(server.received().at(0).target, "/a?b=c");
}

// A redirect too: where to go on is for the caller to decide, who has sent credentials.
TEST_F(HttpTest, TakesEveryStatusForAResult) {
    std::atomic<int> status{0};
    const LoopbackServer server([&](const ReceivedRequest&, Answer& answer) {
        answer.reply(status, status == 204 ? "" : "why", {{"Location", "http://127.0.0.1:1/"}});
    });
    for (const int expected : {200, 201, 204, 301, 307, 401, 403, 404, 409, 410, 429, 500, 503}) {
        status = expected;
        const auto response = get(server.url("/"));
        ASSERT_TRUE(response.has_value()) << expected << ": " << response.error().text();
        EXPECT_EQ(response->status, expected);
        EXPECT_EQ(response->body, expected == 204 ? "" : "why");
    }
}

TEST_F(HttpTest, ForgetsTheHeadersOfAnInterimAnswer) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        answer.raw("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
        answer.reply(200, "then", {{"Final", "yes"}});
    });
    const auto response = get(server.url("/"));
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "then");
    EXPECT_FALSE(response->headers.contains("link"));
    EXPECT_TRUE(response->headers.contains("final"));
}

TEST_F(HttpTest, SendsMethodHeadersAndBodyAsTheyAre) {
    const LoopbackServer server(
        [](const ReceivedRequest& request, Answer& answer) { answer.reply(200, request.body); });
    const std::string body = std::string("zero\0byte", 9) + std::string(100'000, 'x');
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "GET"}) {
        const auto response = send({.method = method,
                                    .url = server.url("/"),
                                    .headers = {{"Authorization", "Bearer t"}, {"X-Empty", ""}},
                                    .body = body});
        ASSERT_TRUE(response.has_value()) << response.error().text();
        EXPECT_EQ(response->body, body);
        const auto received = server.received().back();
        EXPECT_EQ(received.method, method);
        EXPECT_EQ(received.headers.at("authorization"), "Bearer t");
        EXPECT_EQ(received.headers.at("x-empty"), "");
        EXPECT_FALSE(received.headers.contains("expect"));
    }
}

TEST_F(HttpTest, SendsMethodsThatHaveNoBody) {
    const LoopbackServer server([](const ReceivedRequest& request, Answer& answer) {
        if (request.method == "HEAD") {
            answer.raw("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n");
        } else {
            answer.reply(200, "done");
        }
    });
    for (const char* method : {"GET", "HEAD", "POST", "DELETE"}) {
        const auto response = send({.method = method, .url = server.url("/")});
        ASSERT_TRUE(response.has_value()) << method << ": " << response.error().text();
        EXPECT_EQ(response->body, method == std::string("HEAD") ? "" : "done");
        EXPECT_EQ(server.received().back().method, method);
        EXPECT_EQ(server.received().back().body, "");
    }
}

TEST_F(HttpTest, CarriesRequestsOneAfterAnotherOnOneConnection) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) { answer.reply(200, "ok"); });
    for (int request = 0; request < 5; ++request) {
        ASSERT_TRUE(get(server.url("/")).has_value());
    }
    EXPECT_EQ(server.connections(), 1U);
}

// libcurl would repeat what it has sent over a connection that was there, and then broke.
TEST_F(HttpTest, SendsOnceWhatWantsAConnectionOfItsOwn) {
    const LoopbackServer server([](const ReceivedRequest& request, Answer& answer) {
        request.method == "POST" ? answer.hang_up() : answer.reply(200, "ok");
    });
    ASSERT_TRUE(get(server.url("/")).has_value());
    const auto response =
        send({.method = "POST", .url = server.url("/"), .body = "x", .connections = sys::Connections::fresh});
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::unreachable);
    EXPECT_EQ(server.received().size(), 2U);
    EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpTest, AnswersManyThreadsAtOnceEachWithItsOwn) {
    const LoopbackServer server(
        [](const ReceivedRequest& request, Answer& answer) { answer.reply(200, request.target); });
    constexpr int threads = 16;
    constexpr int requests = 20;
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> askers;
        for (int thread = 0; thread < threads; ++thread) {
            askers.emplace_back([&, thread] {
                for (int request = 0; request < requests; ++request) {
                    const auto target = "/" + std::to_string(thread) + "/" + std::to_string(request);
                    const auto response = get(server.url(target));
                    right += response && response->body == target ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(right, threads * requests);
}

// On a busy machine a deadline passes before the request is begun: it must not be begun afterwards.
TEST_F(HttpTest, ForgetsARequestThatComesTooLate) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) { answer.reply(200, "in time"); });
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int request = 0; request < 500; ++request) {
                const auto late = http().send({.url = server.url("/")}, {}, std::chrono::steady_clock::now());
                EXPECT_TRUE(late.has_value() || late.error().code == ErrorCode::timed_out) << late.error().text();
            }
        });
    }
    threads.clear();
    const auto response = get(server.url("/"));
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->body, "in time");
}

TEST_F(HttpTest, LimitsTheLengthOfAnAnswer) {
    const LoopbackServer server(
        [](const ReceivedRequest&, Answer& answer) { answer.reply(200, std::string(1000, 'x')); });
    const auto fits = send({.url = server.url("/"), .body_limit = 1000});
    ASSERT_TRUE(fits.has_value()) << fits.error().text();
    EXPECT_EQ(fits->body.size(), 1000U);
    const auto too_long = send({.url = server.url("/"), .body_limit = 999});
    ASSERT_FALSE(too_long.has_value());
    EXPECT_EQ(too_long.error().code, ErrorCode::protocol);
    EXPECT_THAT(too_long.error().message, HasSubstr(server.address() + " sent an answer longer than"));
}

TEST_F(HttpTest, StopsHeadersWithoutEnd) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        const std::string header = "X-Filler: " + std::string(1000, 'x') + "\r\n";
        answer.raw("HTTP/1.1 200 OK\r\n");
        for (int count = 0; count < 4000 && answer.raw(header); ++count) {
        }
        answer.hang_up();
    });
    const auto response = get(server.url("/"));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::protocol);
    EXPECT_EQ(response.error().message, server.address() + " sent headers without end");
}

TEST_F(HttpTest, SaysThatAConnectionWasRefusedAndWhere) {
    const DeadPort port(DeadPort::Kind::refuses);
    const auto response = get("http://" + port.address() + "/version");
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::unreachable);
    EXPECT_EQ(response.error().message, "cannot connect to " + port.address() + ": connection refused");
}

TEST_F(HttpTest, GivesUpConnectingAfterTheConnectTimeout) {
    const DeadPort port(DeadPort::Kind::never_answers);
    const auto response =
        send({.url = "http://" + port.address() + "/", .connect_timeout = std::chrono::milliseconds(100)});
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::unreachable);
    EXPECT_THAT(response.error().message, HasSubstr("no connection to " + port.address() + " within"));
}

struct BrokenCase {
    const char* name;
    const char* bytes;
    ErrorCode expected;
    const char* wording;
};

class BrokenAnswer : public HttpTest, public testing::WithParamInterface<BrokenCase> {};

TEST_P(BrokenAnswer, IsAnErrorThatSaysSo) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        answer.raw(GetParam().bytes);
        answer.hang_up();
    });
    const auto response = get(server.url("/"));
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, GetParam().expected);
    EXPECT_THAT(response.error().message, HasSubstr(GetParam().wording));
    EXPECT_THAT(response.error().message, HasSubstr(server.address()));
}

INSTANTIATE_TEST_SUITE_P(
    Http, BrokenAnswer,
    testing::Values(BrokenCase{"Nothing", "", ErrorCode::unreachable, "was lost"},
                    BrokenCase{"HalfABody", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ErrorCode::unreachable,
                               "was lost"},
                    BrokenCase{"HalfAChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                               ErrorCode::unreachable, "was lost"},
                    BrokenCase{"NoHttp", "220 mail.example.com ESMTP\r\n", ErrorCode::protocol, "no sense"},
                    BrokenCase{"NoLength", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", ErrorCode::protocol,
                               "no sense"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(HttpTest, RefusesAddressesThatAreNone) {
    for (const std::string url : {"", "nonsense://", "ftp://127.0.0.1/", "file:///etc/passwd", "http://127.0.0.1/a b",
                                  "http://127.0.0.1/\r\nX: y", "http://127.0.0.1:99999/"}) {
        const auto response = get(url);
        ASSERT_FALSE(response.has_value()) << url;
        EXPECT_EQ(response.error().code, ErrorCode::bad_input) << url << ": " << response.error().text();
    }
}

// A token with a line end in it would become a header of its own.
TEST_F(HttpTest, SendsNoHeaderThatHoldsControlCharacters) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) { answer.reply(200); });
    for (const auto& header : std::vector<std::pair<std::string, std::string>>{
             {"Authorization", "Bearer x\r\nHost: elsewhere"}, {"X-\n", "y"}, {"", "y"}}) {
        const auto response = send({.url = server.url("/"), .headers = {header}});
        ASSERT_FALSE(response.has_value());
        EXPECT_EQ(response.error().code, ErrorCode::bad_input);
        EXPECT_THAT(response.error().text(), testing::Not(HasSubstr("Bearer")));
    }
    EXPECT_TRUE(server.received().empty());
}

TEST_F(HttpTest, UnpacksWhatComesCompressedAndCountsWhatItUnpacks) {
    using namespace std::string_literals;
    // 2000 times the letter a, by gzip.
    const std::string packed =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x1c\x05\xa3\x60\x14\x8c\x82\x51"s
        "\x30\x0a\x46\xc1\x50\x07\x00\x39\x3e\x13\xa8\xd0\x07\x00\x00"s;
    const LoopbackServer server([&](const ReceivedRequest& request, Answer& answer) {
        const bool may = request.headers.contains("accept-encoding");
        answer.reply(200, may ? packed : "plain",
                     may ? std::vector<std::pair<std::string, std::string>>{{"Content-Encoding", "gzip"}}
                         : std::vector<std::pair<std::string, std::string>>{});
    });
    EXPECT_EQ(send({.url = server.url("/")})->body, "plain");
    const sys::HttpRequest request{.url = server.url("/"), .body_limit = 2000, .compression = sys::Compression::gzip};
    const auto fits = send(request);
    ASSERT_TRUE(fits.has_value()) << fits.error().text();
    EXPECT_EQ(fits->body, std::string(2000, 'a'));
    auto short_limit = request;
    short_limit.body_limit = 1999;
    const auto too_long = send(short_limit);
    ASSERT_FALSE(too_long.has_value());
    EXPECT_EQ(too_long.error().code, base::ErrorCode::protocol);
}

// As client-go does with proxy-url: NO_PROXY counts for the environment's proxy only.
TEST_F(HttpTest, GoesThroughTheProxyThatItWasToldWhateverTheEnvironmentSays) {
    const LoopbackServer proxy(
        [](const ReceivedRequest& request, Answer& answer) { answer.reply(200, request.target); });
    ::setenv("no_proxy", "*", 1);
    const auto response = send({.url = "http://cluster.invalid/version", .proxy = "http://" + proxy.address()});
    ::unsetenv("no_proxy");
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->body, "http://cluster.invalid/version");
}

TEST_F(HttpTest, NamesTheProxyThatCannotBeReachedWithoutItsPassword) {
    const DeadPort port(DeadPort::Kind::refuses);
    const auto response = send({.url = "https://cluster.invalid/", .proxy = "http://me:secret@" + port.address()});
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().message, "cannot connect to the proxy " + port.address() + ": connection refused");
}

}  // namespace
