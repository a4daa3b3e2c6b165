#include "operate/mailbox.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using operate::Mailbox;
using Clock = std::chrono::steady_clock;

TEST(Mailbox, GivesWhatWasPutInThatOrder) {
    Mailbox<int> mailbox;
    mailbox.put(1);
    mailbox.put(2);
    EXPECT_EQ(mailbox.take({}, Clock::time_point::max()), 1);
    EXPECT_EQ(mailbox.take({}, Clock::time_point::max()), 2);
    EXPECT_EQ(mailbox.take({}, Clock::now() + 1ms), std::nullopt);
}

TEST(Mailbox, LooksInsideEvenWhenTheTimeIsUp) {
    Mailbox<int> mailbox;
    mailbox.put(1);
    EXPECT_EQ(mailbox.take({}, Clock::time_point::min()), 1);
}

TEST(Mailbox, WaitsForOthersToPut) {
    Mailbox<int> mailbox;
    constexpr int each = 200;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&mailbox] {
            for (int item = 0; item < each; ++item) {
                mailbox.put(1);
            }
        });
    }
    int sum = 0;
    for (int item = 0; item < 4 * each; ++item) {
        sum += mailbox.take({}, Clock::now() + 60s).value_or(0);
    }
    EXPECT_EQ(sum, 4 * each);
}

TEST(Mailbox, IsLeftWhenAStopIsRequested) {
    Mailbox<int> mailbox;
    std::stop_source stop;
    const std::jthread stopper([&stop] { stop.request_stop(); });
    EXPECT_EQ(mailbox.take(stop.get_token(), Clock::time_point::max()), std::nullopt);
}

}  // namespace
