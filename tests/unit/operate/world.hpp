// Everything outside that a run touches, as fakes: a cluster in memory, helm as a
// function, a clock of which sleeping takes no time, and a log that can be waited for.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operate/deploy.hpp"
#include "operate/run.hpp"
#include "unit/operate/fake_cluster.hpp"

namespace operate_test {

// Real time, and what was slept or passed on top of it.
class SkippingClock final : public sys::Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
        return std::chrono::steady_clock::now() + skipped_.load();
    }
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::now() + skipped_.load();
    }
    bool sleep_until(sys::Deadline when, const std::stop_token& stop) override {
        if (const auto left = when - now(); left.count() > 0) {
            pass(left);
        }
        return stop.stop_requested();
    }
    void pass(std::chrono::nanoseconds time) { skipped_ = skipped_.load() + time; }
    [[nodiscard]] std::chrono::nanoseconds slept() const override { return slept_; }
    // Of the machine: now() does not notice.
    void sleep_unnoticed(std::chrono::nanoseconds time) { slept_ = slept_.load() + time; }

private:
    std::atomic<std::chrono::nanoseconds> slept_{};
    std::atomic<std::chrono::nanoseconds> skipped_{};
};

// The command `helm`. It runs in a thread of its own.
class FakeHelm final : public sys::ProcessRunner {
public:
    using Work = std::function<sys::ProcessResult(const sys::Command&, const std::stop_token&)>;

    std::string version = "v4.3.1\n";
    Work work = [](const sys::Command&, const std::stop_token&) { return sys::ProcessResult{}; };
    // What it would apply (--dry-run=server).
    std::string rendering = rendering_of("etcd", 3);
    static std::string rendering_of(const std::string& set, int replicas) {
        const std::string manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " + set +
                                     "}\nspec: {replicas: " + std::to_string(replicas) + "}\n";
        return nlohmann::json{{"version", 1}, {"manifest", manifest}}.dump();
    }

    [[nodiscard]] base::Result<sys::ProcessResult> run(const sys::Command& command, std::stop_token stop,
                                                       sys::Deadline /*deadline*/) override {
        if (command.argv.at(1) == "version") {
            return sys::ProcessResult{.out = version};
        }
        if (std::ranges::find(command.argv, "--dry-run=server") != command.argv.end()) {
            return sys::ProcessResult{.exit_code = rendering.empty() ? 1 : 0, .out = rendering};
        }
        ++calls_;
        return work(command, stop);
    }
    // Other than for its version.
    [[nodiscard]] int calls() const { return calls_; }

private:
    std::atomic<int> calls_{0};
};

class FakeProgress final : public operate::Progress {
public:
    // Called from the thread that tells, before it goes on. May be empty.
    std::function<void(std::string_view)> on_line;

    void line(std::string_view text) override {
        add(std::string(text));
        if (on_line) {
            on_line(text);
        }
    }
    void warning(std::string_view text) override { add("warning: " + std::string(text)); }
    void begin_output_of(std::string_view title) override { add("[" + std::string(title)); }
    void output_line(std::string_view text) override { add("| " + std::string(text)); }
    void end_output() override { add("]"); }
    void begin_phase(std::string /*name*/) override {}
    void end_phase() override {}
    void show_pods(std::vector<rollout::PodLine> /*pods*/) override {}
    void keep_secret(std::string_view secret) override {
        const std::scoped_lock lock(mutex_);
        secrets_.emplace_back(secret);
    }
    [[nodiscard]] std::vector<std::string> secrets() const {
        const std::scoped_lock lock(mutex_);
        return secrets_;
    }

    [[nodiscard]] std::vector<std::string> lines() const {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }
    // False when a minute passes without so many lines that hold this.
    bool wait_for(std::string_view part, int times = 1) {
        std::unique_lock lock(mutex_);
        return told_.wait_for(lock, std::chrono::seconds(60), [&] {
            return std::ranges::count_if(lines_, [&](const auto& line) { return line.contains(part); }) >= times;
        });
    }

private:
    void add(std::string text) {
        const std::scoped_lock lock(mutex_);
        lines_.push_back(std::move(text));
        told_.notify_all();
    }
    mutable std::mutex mutex_;
    std::condition_variable told_;
    std::vector<std::string> lines_;
    std::vector<std::string> secrets_;
};

// Leads to the member of that name in the cluster in memory.
class FakeTunnel final : public sys::Tunnel {
public:
    FakeTunnel(const std::string& pod, std::optional<base::Error> trouble)
        : path_("/members/" + pod), trouble_(std::move(trouble)) {}
    void end_soon() override {}
    [[nodiscard]] const std::string& socket_path() const override { return path_; }
    [[nodiscard]] std::optional<base::Error> trouble() const override { return trouble_; }

private:
    std::string path_;
    std::optional<base::Error> trouble_;
};

struct World {
    FakeCluster cluster;
    FakeHelm helm_program;
    SkippingClock clock;
    FakeProgress progress;
    std::stop_source stop;
    model::RunRecord record;
    std::map<std::string, base::Error> tunnel_troubles;  // by pod
    model::Rollout rollout = model::Rollout::native;     // of its runs
    kube::Client kube{cluster, clock, {.server = "https://kubernetes.test:6443"}};
    helm::Helm helm{helm_program, {.namespace_name = "ns"}};

    // A minute: only a test that would hang gets so far.
    [[nodiscard]] operate::Run run(model::Request request = {}) {
        request.namespace_name = "ns";
        request.chart.location = "charts/etcd";
        request.chart.is_packed = true;
        request.rollout = rollout;
        if (request.timeout == model::Request().timeout) {
            request.timeout = std::chrono::minutes(1);
        }
        // Watching afterwards takes real time: who tests it says so.
        if (request.soak == model::Request().soak) {
            request.soak = {};
        }
        request.availability_probe = false;  // it is at work in availability_test.cpp
        const auto forward = [this](const std::string&, const std::string& pod,
                                    std::uint16_t) -> base::Result<std::unique_ptr<sys::Tunnel>> {
            const auto trouble = tunnel_troubles.find(pod);
            return std::make_unique<FakeTunnel>(
                pod, trouble == tunnel_troubles.end() ? std::nullopt : std::optional(trouble->second));
        };
        return {std::move(request), {kube, helm, clock, progress, {cluster, forward}}, record, stop.get_token()};
    }
    [[nodiscard]] bool phase_failed(std::string_view name) const {
        const auto phase = std::ranges::find(record.phases, name, &model::Phase::name);
        return phase != record.phases.end() && phase->failed;
    }
    [[nodiscard]] bool phase_done(std::string_view name) const {
        const auto phase = std::ranges::find(record.phases, name, &model::Phase::name);
        return phase != record.phases.end() && !phase->failed;
    }
};

// Without its evidence.
inline base::Result<void> deploy(const operate::Run& run) {
    operate::Evidence evidence;
    return operate::deploy(run, evidence);
}

}  // namespace operate_test
