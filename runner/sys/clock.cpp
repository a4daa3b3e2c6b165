#include "sys/clock.hpp"

#include <condition_variable>
#include <ctime>
#include <mutex>

namespace sys {
namespace {

std::chrono::nanoseconds reading_of(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::chrono::steady_clock::time_point RealClock::now() const {
    return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point RealClock::wall() const {
    return std::chrono::system_clock::now();
}

std::chrono::nanoseconds RealClock::slept() const {
    // Who loses the processor between the readings would take that for sleep.
    constexpr std::chrono::milliseconds at_once{10};
    for (;;) {
        const auto before = reading_of(CLOCK_MONOTONIC);
        const auto with_sleep = reading_of(CLOCK_BOOTTIME);
        const auto after = reading_of(CLOCK_MONOTONIC);
        if (after - before < at_once) {
            return with_sleep - after;
        }
    }
}

bool RealClock::sleep_until(Deadline when, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, stop, when, [] { return false; });
    return stop.stop_requested();
}

}  // namespace sys
