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

TEST(Run, HasTwoSecondsForEachThingThatCompletesTheRecord) {
    World world;
    const auto run = world.run();
    world.clock.pass(1h);
    const auto before = world.clock.now();
    const auto end = run.closing_scope().deadline;
    EXPECT_GE(end, before + 2s);
    EXPECT_LE(end, world.clock.now() + 2s);
}

TEST(Run, ThatIsStoppedHasFourSecondsForAllOfThem) {
    World world;
    const auto run = world.run();
    world.stop.request_stop();
    const auto stopped = world.clock.now();
    const auto first = run.closing_scope().deadline;
    EXPECT_LE(first, world.clock.now() + 2s);
    for (int second = 1; second < 4; ++second) {
        world.clock.pass(1s);
        EXPECT_LE(run.closing_scope().deadline, stopped + 4s) << second;
        EXPECT_FALSE(run.closing_scope().stop.stop_requested());
    }
    world.clock.pass(1h);
    EXPECT_LE(run.with_time_again().closing_scope().deadline, stopped + 4s);
}

}  // namespace
