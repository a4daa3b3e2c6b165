#include "operate/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using operate_test::World;
using testing::HasSubstr;

TEST(Phase, CountsAsFailedUnlessItWasCompleted) {
    World world;
    const auto run = world.run();
    {
        operate::PhaseScope good(run, "good");
        world.clock.pass(3s);
        good.complete();
    }
    {
        const operate::PhaseScope bad(run, "bad");
        EXPECT_TRUE(world.phase_failed("bad")) << "also when the report is written in the middle of it";
    }
    EXPECT_TRUE(world.phase_done("good"));
    EXPECT_TRUE(world.phase_failed("bad"));
    EXPECT_GE(world.record.phases[0].end - world.record.phases[0].begin, 3s);
    EXPECT_GE(world.record.phases[1].begin, 3s);
}

TEST(Run, WarnsAtOnceAndInTheSummary) {
    World world;
    world.run().warn("beware");
    EXPECT_THAT(world.record.warnings, testing::ElementsAre("beware"));
    EXPECT_THAT(world.progress.lines(), testing::ElementsAre("warning: beware"));
}

TEST(Run, TellsACancellationFromADeadline) {
    World world;
    const auto run = world.run({.timeout = 5min});
    const auto late = run.interrupted(base::ErrorCode::rollout_timed_out, "waiting");
    EXPECT_EQ(late.code, base::ErrorCode::rollout_timed_out);
    EXPECT_THAT(late.message, HasSubstr("timed out after 5m"));
    world.stop.request_stop();
    const auto cancelled = run.interrupted(base::ErrorCode::rollout_timed_out, "waiting");
    EXPECT_EQ(cancelled.code, base::ErrorCode::cancelled);
    EXPECT_EQ(cancelled.message, "cancelled while waiting");
}

}  // namespace
