#include "app/heartbeat.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Said {
public:
    void add(std::string_view line) {
        const std::scoped_lock lock(mutex_);
        lines_.emplace_back(line);
        more_.notify_all();
    }
    // Blocks until there are so many; what there is after ten seconds.
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        more_.wait_for(lock, 10s, [&] { return lines_.size() >= count; });
        return lines_;
    }

private:
    std::mutex mutex_;
    std::condition_variable more_;
    std::vector<std::string> lines_;
};

TEST(Heartbeat, TellsWhatIsWaitedForWhenNothingWasSaid) {
    Said said;
    app::Heartbeat heartbeat([&](std::string_view line) { said.add(line); }, 5ms);
    heartbeat.begin_phase("rollout");
    heartbeat.show_pods({{"etcd-0", "ready"}, {"etcd-1", "running, not ready yet"}});
    const auto lines = said.wait_for(3);
    ASSERT_GE(lines.size(), 3U);
    EXPECT_THAT(lines.back(), AllOf(StartsWith("still at rollout, for "), HasSubstr(": etcd-1: running, not ready yet"),
                                    Not(HasSubstr("etcd-0"))));
}

TEST(Heartbeat, TellsTheInnermostPhaseAndNothingBetweenPhases) {
    Said said;
    app::Heartbeat heartbeat([&](std::string_view line) { said.add(line); }, 5ms);
    heartbeat.begin_phase("outer");
    heartbeat.begin_phase("inner");
    EXPECT_THAT(said.wait_for(1).front(), HasSubstr("inner"));
    heartbeat.end_phase();
    heartbeat.end_phase();
    const auto before = said.wait_for(0).size();
    std::this_thread::sleep_for(50ms);
    EXPECT_LE(said.wait_for(0).size(), before + 1);  // one may have been on its way
    heartbeat.end();
}

TEST(Heartbeat, KeepsStillAfterSomethingWasSaid) {
    Said said;
    app::Heartbeat heartbeat([&](std::string_view line) { said.add(line); }, 1h);
    heartbeat.begin_phase("rollout");
    heartbeat.spoke();
    heartbeat.end();
    EXPECT_THAT(said.wait_for(0), IsEmpty());
}

}  // namespace
