// The real client against a real server: streams, and what ends a request early.
#include <atomic>
#include <future>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/sys/http_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::Answer;
using support::LoopbackServer;
using support::ReceivedRequest;
using sys_test::HttpTest;
using sys_test::patience;
using testing::HasSubstr;

constexpr const char* stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// "5\r\nhello\r\n"; without text the last one. (For pieces of up to nine bytes.)
std::string chunk(const std::string& text) {
    return std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

bool comes_true(std::future<void>& fact) {
    return fact.wait_for(60s) == std::future_status::ready;
}

TEST_F(HttpTest, HandsAStreamOverAsItComes) {
    std::promise<void> first_arrived;
    auto arrived = first_arrived.get_future();
    std::atomic<bool> in_time{false};
    const LoopbackServer server([&](const ReceivedRequest&, Answer& answer) {
        answer.raw(stream_head + chunk("one"));
        in_time = comes_true(arrived);  // the second is sent when the first has been seen
        answer.raw(chunk("two") + chunk(""));
    });
    std::string seen;
    const auto response = http().stream(
        {.url = server.url("/")},
        [&](std::string_view data) {
            if (seen.empty()) {
                first_arrived.set_value();
            }
            seen += data;
            return true;
        },
        {}, patience());
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_TRUE(in_time);
    EXPECT_EQ(seen, "onetwo");
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "") << "what was handed over is not kept";
}

TEST_F(HttpTest, EndsAStreamWhenItsReaderHasEnough) {
    const LoopbackServer server([](const ReceivedRequest& request, Answer& answer) {
        if (request.target == "/other") {
            answer.reply(200, "still well");
            return;
        }
        answer.raw(stream_head + chunk("enough"));
        answer.wait_until_client_leaves();
    });
    int calls = 0;
    const auto response =
        http().stream({.url = server.url("/")}, [&](std::string_view) { return ++calls > 1; }, {}, patience());
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(get(server.url("/other")).value().body, "still well");
}

TEST_F(HttpTest, DoesNotLimitTheLengthOfAStream) {
    const LoopbackServer server(
        [](const ReceivedRequest&, Answer& answer) { answer.reply(200, std::string(100'000, 'x')); });
    std::size_t seen = 0;
    const auto response = http().stream(
        {.url = server.url("/"), .body_limit = 10},
        [&](std::string_view data) {
            seen += data.size();
            return true;
        },
        {}, patience());
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(seen, 100'000U);
}

TEST_F(HttpTest, KeepsTheBodyOfAStreamThatIsRefused) {
    const LoopbackServer server(
        [](const ReceivedRequest&, Answer& answer) { answer.reply(410, "too old resource version"); });
    bool called = false;
    const auto response = http().stream(
        {.url = server.url("/")},
        [&](std::string_view) {
            called = true;
            return true;
        },
        {}, patience());
    ASSERT_TRUE(response.has_value()) << response.error().text();
    EXPECT_EQ(response->status, 410);
    EXPECT_EQ(response->body, "too old resource version");
    EXPECT_FALSE(called);
}

TEST_F(HttpTest, TellsThatAStreamBrokeOff) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        answer.raw(stream_head + chunk("one"));
        answer.hang_up();
    });
    std::string seen;
    const auto response = http().stream(
        {.url = server.url("/")},
        [&](std::string_view data) {
            seen += data;
            return true;
        },
        {}, patience());
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::unreachable);
    EXPECT_THAT(response.error().message, HasSubstr("the connection to " + server.address() + " was lost"));
    EXPECT_EQ(seen, "one");
}

// A server that takes every request to /slow and never answers it.
class Silent {
public:
    Silent()
        : server_([this](const ReceivedRequest& request, Answer& answer) {
              if (request.target != "/slow") {
                  answer.reply(200, "well");
                  return;
              }
              asked_.fetch_add(1);
              asked_.notify_all();
              answer.wait_until_client_leaves();
          }) {}
    [[nodiscard]] std::string url() const { return server_.url("/slow"); }
    [[nodiscard]] const LoopbackServer& server() const { return server_; }
    void wait_until_asked(int times) const {
        for (int asked = asked_; asked < times; asked = asked_) {
            asked_.wait(asked);
        }
    }

private:
    std::atomic<int> asked_{0};
    LoopbackServer server_;
};

TEST_F(HttpTest, GivesUpAtTheDeadlineAndIsWellAfterwards) {
    const Silent silent;
    const auto begin = std::chrono::steady_clock::now();
    const auto response = http().send({.url = silent.url()}, {}, begin + 100ms);
    EXPECT_GE(std::chrono::steady_clock::now(), begin + 100ms);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::timed_out);
    EXPECT_EQ(response.error().message, "no answer from " + silent.server().address() + " in time");
    EXPECT_EQ(get(silent.server().url("/")).value().body, "well");
}

TEST_F(HttpTest, SaysThatAnAnswerThatBeganHadNoEnd) {
    const LoopbackServer server([](const ReceivedRequest&, Answer& answer) {
        answer.raw(stream_head + chunk("one"));
        answer.wait_until_client_leaves();
    });
    const auto response = http().send({.url = server.url("/")}, {}, std::chrono::steady_clock::now() + 500ms);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::timed_out);
    EXPECT_EQ(response.error().message, "the answer of " + server.address() + " did not end in time");
}

TEST_F(HttpTest, TakesADeadlineThatHasPassedForOne) {
    const Silent silent;
    const auto response = http().send({.url = silent.url()}, {}, std::chrono::steady_clock::now() - 1s);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::timed_out);
}

TEST_F(HttpTest, IsCancelledFromAnotherThread) {
    const Silent silent;
    std::stop_source stop;
    const std::jthread canceller([&] {
        silent.wait_until_asked(1);
        stop.request_stop();
    });
    const auto response = http().send({.url = silent.url()}, stop.get_token(), patience());
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::cancelled);
}

TEST_F(HttpTest, SendsNothingWhenItIsCancelledAlready) {
    const Silent silent;
    std::stop_source stop;
    stop.request_stop();
    const auto response = http().send({.url = silent.url()}, stop.get_token(), patience());
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::cancelled);
    EXPECT_EQ(silent.server().connections(), 0U);
}

TEST_F(HttpTest, CancelsManyAtOnceAndNoOther) {
    const Silent silent;
    constexpr int cancelled_ones = 8;
    std::stop_source stop;
    std::atomic<int> cancelled{0};
    {
        std::vector<std::jthread> askers;
        for (int asker = 0; asker < cancelled_ones; ++asker) {
            askers.emplace_back([&] {
                const auto response = http().send({.url = silent.url()}, stop.get_token(), patience());
                cancelled += !response && response.error().code == ErrorCode::cancelled ? 1 : 0;
            });
        }
        silent.wait_until_asked(cancelled_ones);
        EXPECT_EQ(get(silent.server().url("/")).value().body, "well") << "others are not held up";
        stop.request_stop();
    }
    EXPECT_EQ(cancelled, cancelled_ones);
    EXPECT_EQ(get(silent.server().url("/")).value().body, "well");
}

// After the call has come back nobody calls the callback any more: what it refers to is gone.
TEST_F(HttpTest, CallsNobodyBackOnceAStreamIsCancelled) {
    std::atomic<bool> go_on{true};
    const LoopbackServer server([&](const ReceivedRequest&, Answer& answer) {
        answer.raw(stream_head);
        while (go_on && answer.raw(chunk("x"))) {
        }
        answer.hang_up();
    });
    for (int round = 0; round < 20; ++round) {
        std::stop_source stop;
        auto seen = std::make_unique<std::string>();
        std::atomic<bool> cancelled{false};
        std::jthread canceller;
        const auto response = http().stream(
            {.url = server.url("/")},
            [&](std::string_view data) {
                seen->append(data);
                if (!cancelled.exchange(true)) {
                    canceller = std::jthread([&stop] { stop.request_stop(); });
                }
                return true;
            },
            stop.get_token(), patience());
        seen.reset();
        ASSERT_FALSE(response.has_value());
        EXPECT_EQ(response.error().code, ErrorCode::cancelled);
    }
    go_on = false;
}

}  // namespace
