#include "sys/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace sys {

std::chrono::steady_clock::time_point RealClock::now() const {
    return std::chrono::steady_clock::now();
}

std::chrono::system_clock::time_point RealClock::wall() const {
    return std::chrono::system_clock::now();
}

bool RealClock::sleep_until(Deadline when, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, stop, when, [] { return false; });
    return stop.stop_requested();
}

}  // namespace sys
