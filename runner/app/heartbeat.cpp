#include "app/heartbeat.hpp"

#include <utility>

#include "base/text.hpp"

namespace app {
namespace {

constexpr std::size_t longest_phrase = 100;

}  // namespace

Heartbeat::Heartbeat(std::function<void(std::string_view)> say, std::chrono::milliseconds silence)
    : say_(std::move(say)), silence_(silence), thread_([this](const std::stop_token& stop) { beat(stop); }) {}

void Heartbeat::spoke() {
    const std::scoped_lock lock(mutex_);
    last_ = std::chrono::steady_clock::now();
}

void Heartbeat::begin_phase(std::string name) {
    const std::scoped_lock lock(mutex_);
    phases_.push_back({.name = std::move(name), .since = std::chrono::steady_clock::now()});
}

void Heartbeat::end_phase() {
    const std::scoped_lock lock(mutex_);
    if (!phases_.empty()) {
        phases_.pop_back();
    }
    pods_.clear();
}

void Heartbeat::show_pods(std::vector<rollout::PodLine> pods) {
    const std::scoped_lock lock(mutex_);
    pods_ = std::move(pods);
}

void Heartbeat::end() {
    thread_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Heartbeat::beat(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        changed_.wait_until(lock, stop, last_ + silence_, [] { return false; });
        const auto now = std::chrono::steady_clock::now();
        if (stop.stop_requested() || now < last_ + silence_) {
            continue;
        }
        last_ = now;
        if (phases_.empty()) {
            continue;
        }
        const auto line = text(now);
        lock.unlock();
        say_(line);
        lock.lock();
    }
}

std::string Heartbeat::text(TimePoint now) const {
    const auto& phase = phases_.back();
    std::string line = "still at " + phase.name + ", for " +
                       base::human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - phase.since));
    std::vector<std::string> waiting;
    for (const auto& pod : pods_) {
        if (!pod.phrase.starts_with("ready")) {  // "ready (outdated)", too
            waiting.push_back(pod.pod + ": " + base::shorten(pod.phrase, longest_phrase));
        }
    }
    return waiting.empty() ? line : line + ": " + base::join(waiting, "; ");
}

}  // namespace app
