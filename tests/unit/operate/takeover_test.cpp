#include "operate/takeover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/release.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* written = "PUT /api/v1/namespaces/ns/secrets/sh.helm.release.v1.etcd.v2";

std::optional<helm::Release> release_with(const std::string& status) {
    return helm::Release{.revision = {.revision = 2, .status = status}};
}

TEST(PendingRelease, ThatNobodyWorksOnCountsAsFailed) {
    for (const char* status : {"pending-install", "pending-upgrade", "pending-rollback"}) {
        World world;
        world.cluster.put_release(1, "deployed");
        world.cluster.put_release(2, status);
        const auto run = world.run();
        const auto begin = world.clock.now();
        const auto release = operate::settle_pending(run, release_with(status));
        ASSERT_TRUE(release.has_value()) << release.error().text();
        EXPECT_GE(world.clock.now() - begin, 10s) << "somebody may be at work";
        EXPECT_EQ((*release)->revision.status, "failed");
        EXPECT_EQ((*release)->revision.revision, 2);
        EXPECT_TRUE(world.cluster.was_asked(written));
        EXPECT_THAT(world.record.warnings, Contains(HasSubstr("left behind by a helm that was killed")));
    }
}

TEST(PendingRelease, ThatBecomesFinishedIsLeftAlone) {
    World world;
    world.cluster.put_release(2, "deployed");
    const auto run = world.run();
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"));
    ASSERT_TRUE(release.has_value()) << release.error().text();
    EXPECT_EQ((*release)->revision.status, "deployed");
    EXPECT_FALSE(world.cluster.was_asked("PUT"));
    EXPECT_FALSE(world.record.touched);
    EXPECT_THAT(world.record.warnings, IsEmpty());
}

TEST(PendingRelease, IsGivenAMinuteWhileAHookIsUnfinished) {
    World world;
    world.cluster.put_release(2, "pending-upgrade");
    world.cluster.put(model::Kind::job, "migrate",
                      R"({"metadata":{"name":"migrate","uid":"job-uid","resourceVersion":"@VERSION@",)"
                      R"("annotations":{"helm.sh/hook":"pre-upgrade"}},"spec":{},"status":{}})");
    const auto run = world.run({.timeout = 5min});
    const auto begin = world.clock.now();
    ASSERT_TRUE(operate::settle_pending(run, release_with("pending-upgrade")).has_value());
    EXPECT_GE(world.clock.now() - begin, 60s);
    EXPECT_TRUE(world.cluster.was_asked(written));
}

TEST(PendingRelease, ThatSomebodyElseChangesMeanwhileIsTheirs) {
    World world;
    world.cluster.put_release(2, "pending-upgrade");
    world.cluster.instead(written, 409);
    const auto run = world.run();
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"));
    ASSERT_FALSE(release.has_value());
    EXPECT_EQ(release.error().code, base::ErrorCode::conflict);
    EXPECT_FALSE(release.error().hint.empty());
}

TEST(PendingRelease, IsNotTouchedByARunThatIsCancelled) {
    World world;
    world.cluster.put_release(2, "pending-upgrade");
    world.stop.request_stop();
    const auto run = world.run();
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"));
    ASSERT_FALSE(release.has_value());
    EXPECT_EQ(release.error().code, base::ErrorCode::cancelled);
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
}

TEST(PendingRelease, IsNotAskedForWhenThereIsNone) {
    World world;
    const auto run = world.run();
    EXPECT_TRUE(operate::settle_pending(run, release_with("deployed")).has_value());
    EXPECT_TRUE(operate::settle_pending(run, std::nullopt).has_value());
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
    EXPECT_THAT(world.record.phases, IsEmpty());
}

}  // namespace
