// Where other threads put what happened, and the one thread that decides reads it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

namespace operate {

template <typename T>
class Mailbox {
public:
    void put(T item) {
        {
            const std::lock_guard lock(mutex_);
            items_.push_back(std::move(item));
        }
        arrived_.notify_one();
    }

    // The next item; nothing when `until` has come or a stop is requested.
    [[nodiscard]] std::optional<T> take(const std::stop_token& stop, std::chrono::steady_clock::time_point until) {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_until(lock, stop, until, [this] { return !items_.empty(); })) {
            return std::nullopt;
        }
        T item = std::move(items_.front());
        items_.pop_front();
        return item;
    }

private:
    std::mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<T> items_;
};

}  // namespace operate
