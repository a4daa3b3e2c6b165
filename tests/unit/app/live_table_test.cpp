#include "app/live_table.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using app::LiveTable;
using std::chrono::seconds;

// Goes on when it is told to. The table's own thread reads it, too.
class StillClock final : public sys::Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
    bool sleep_until(sys::Deadline /*when*/, const std::stop_token& /*stop*/) override { return false; }
    void advance(seconds by) { now_ = now_.load() + by; }

private:
    std::atomic<std::chrono::steady_clock::time_point> now_{};
};

// Of a terminal what the table needs: text, line breaks, "up" and "erase what is below".
class Screen {
public:
    std::size_t columns = 80;
    std::size_t rows = 24;

    [[nodiscard]] LiveTable::Terminal terminal() {
        return {.write = [this](std::string_view text) { write(text); },
                .size = [this]() -> app::TerminalSize { return {.columns = columns, .rows = rows}; }};
    }
    [[nodiscard]] std::string text() const {
        const std::scoped_lock lock(mutex_);
        std::string all;
        for (const auto& line : lines_) {
            all += line + "\n";
        }
        return all;
    }

private:
    void write(std::string_view text) {
        const std::scoped_lock lock(mutex_);
        while (!text.empty()) {
            if (text.starts_with("\x1b[J")) {
                text.remove_prefix(3);
                continue;
            }
            if (text.starts_with("\x1b[")) {
                std::size_t length = 0;
                const auto up = std::stoul(std::string(text.substr(2)), &length);
                ASSERT_EQ(text.at(2 + length), 'A');
                ASSERT_LE(up, lines_.size());
                lines_.resize(lines_.size() - up);
                text.remove_prefix(3 + length);
                continue;
            }
            const auto end = text.find('\n');
            ASSERT_NE(end, std::string_view::npos) << "a line is not ended: " << text;
            lines_.emplace_back(text.substr(0, end));
            text.remove_prefix(end + 1);
        }
    }
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

class LiveTableOnAScreen : public testing::Test {
protected:
    Screen screen;
    StillClock clock;
    LiveTable table{screen.terminal(), clock};
};

TEST_F(LiveTableOnAScreen, StandsBelowTheLogAndTellsSinceWhen) {
    table.log("  0.01s  something was done\n");
    table.begin_phase("rolling");
    table.show_pods({{"etcd-0", "ready"}, {"etcd-1", "terminating"}});
    clock.advance(seconds(3));
    table.show_pods({{"etcd-0", "ready"}, {"etcd-1", "running, not ready yet"}});
    clock.advance(seconds(70));
    table.log("  3.01s  etcd-1: running, not ready yet\n");
    EXPECT_EQ(screen.text(),
              "  0.01s  something was done\n"
              "  3.01s  etcd-1: running, not ready yet\n"
              "rolling  1m13s\n"
              "  ✓ etcd-0  ready                   1m13s\n"
              "  · etcd-1  running, not ready yet  1m10s\n");
}

TEST_F(LiveTableOnAScreen, IsGoneWithTheLastPhase) {
    table.begin_phase("rollback");
    table.begin_phase("helm rollback");
    EXPECT_EQ(screen.text(), "helm rollback  0 s\n");
    table.end_phase();
    EXPECT_EQ(screen.text(), "rollback  0 s\n");
    table.end_phase();
    EXPECT_EQ(screen.text(), "");
    table.log("the end\n");
    EXPECT_EQ(screen.text(), "the end\n");
}

TEST_F(LiveTableOnAScreen, DoesNotComeBackWhenItHasEnded) {
    table.begin_phase("rolling");
    table.end();
    table.show_pods({{"etcd-0", "ready"}});
    table.log("the summary\n");
    EXPECT_EQ(screen.text(), "the summary\n");
}

TEST_F(LiveTableOnAScreen, BreaksNoLineAndLeavesHalfOfTheTerminalToTheLog) {
    screen.columns = 40;
    screen.rows = 6;
    table.begin_phase("rolling");
    std::vector<rollout::PodLine> pods;
    for (int number = 0; number < 9; ++number) {
        pods.push_back({"etcd-" + std::to_string(number), "waiting for a node: 0/3 nodes are available: — much more"});
    }
    table.show_pods(pods);
    EXPECT_EQ(screen.text(),
              "rolling  0 s\n"
              "  · etcd-0  waiting for a nod…  0 s\n"
              "  · etcd-1  waiting for a nod…  0 s\n");
}

}  // namespace
