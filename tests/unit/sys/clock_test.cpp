#include "sys/clock.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(RealClock, SleepsUntilThen) {
    sys::RealClock clock;
    const auto then = clock.now() + 20ms;
    EXPECT_FALSE(clock.sleep_until(then, {}));
    EXPECT_GE(clock.now(), then);
}

TEST(RealClock, DoesNotSleepUntilThePast) {
    sys::RealClock clock;
    EXPECT_FALSE(clock.sleep_until(clock.now() - 1h, {}));
}

TEST(RealClock, IsWokenByAStopRequest) {
    sys::RealClock clock;
    std::stop_source stop;
    const std::jthread stopper([&stop] { stop.request_stop(); });
    EXPECT_TRUE(clock.sleep_until(sys::Deadline::max(), stop.get_token()));
    EXPECT_TRUE(clock.sleep_until(clock.now() + 1h, stop.get_token())) << "stopped already";
}

TEST(RealClock, CountsNoSleepOfAMachineThatIsAwake) {
    const sys::RealClock clock;
    const auto before = clock.slept();
    EXPECT_GE(before, -1s);
    EXPECT_LT(std::chrono::abs(clock.slept() - before), 1s);
}

TEST(RealClock, TellsTheCalendarsTime) {
    EXPECT_GT(sys::RealClock().wall(), std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
}

}  // namespace
