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
        const auto release = operate::settle_pending(run, release_with(status), {});
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
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"), {});
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
    ASSERT_TRUE(operate::settle_pending(run, release_with("pending-upgrade"), {}).has_value());
    EXPECT_GE(world.clock.now() - begin, 60s);
    EXPECT_TRUE(world.cluster.was_asked(written));
}

TEST(PendingRelease, ThatSomebodyElseChangesMeanwhileIsTheirs) {
    World world;
    world.cluster.put_release(2, "pending-upgrade");
    world.cluster.instead(written, 409);
    const auto run = world.run();
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"), {});
    ASSERT_FALSE(release.has_value());
    EXPECT_EQ(release.error().code, base::ErrorCode::conflict);
    EXPECT_FALSE(release.error().hint.empty());
}

TEST(PendingRelease, OfARunOfOursThatWasCutOffIsSettledAtOnce) {
    struct Case {
        const char* what;
        int revision;  // the one that is pending; the run found revision 1
        bool is_ours;
    };
    for (const auto& [what, revision, is_ours] :
         {Case{"its upgrade's", 2, true}, Case{"its rollback's", 3, true}, Case{"one from before", 1, false},
          Case{"one that it cannot have come to", 4, false}}) {
        World world;
        world.cluster.put_release(revision, "pending-upgrade");
        const auto run = world.run();
        const auto begin = world.clock.now();
        const model::Journal cut_off{.running = model::Operation{.action = "upgrade", .revision_before = 1},
                                     .verified = {}};
        const auto release = operate::settle_pending(
            run, helm::Release{.revision = {.revision = revision, .status = "pending-upgrade"}}, cut_off);
        ASSERT_TRUE(release.has_value()) << release.error().text();
        EXPECT_EQ((*release)->revision.status, "failed") << what;
        EXPECT_EQ(world.clock.now() - begin < 5s, is_ours) << what;
    }
}

TEST(PendingRelease, OfARunOfOursThatWasCancelledIsOnlyTheOneItHasNoted) {
    struct Case {
        const char* what;
        int left_pending;
        bool is_ours;
    };
    for (const auto& [what, left_pending, is_ours] : {Case{"the one that its helm left pending", 2, true},
                                                      Case{"a later one: somebody's helm is at work", 1, false}}) {
        World world;
        world.cluster.put_release(2, "pending-upgrade");
        const auto run = world.run();
        const auto begin = world.clock.now();
        const model::Journal cancelled{
            .running = model::Operation{.action = "upgrade", .revision_before = 0, .left_pending = left_pending},
            .verified = {}};
        ASSERT_TRUE(operate::settle_pending(run, release_with("pending-upgrade"), cancelled).has_value());
        EXPECT_EQ(world.clock.now() - begin < 5s, is_ours) << what;
    }
}

TEST(PendingRelease, IsNotTouchedByARunThatIsCancelled) {
    World world;
    world.cluster.put_release(2, "pending-upgrade");
    world.stop.request_stop();
    const auto run = world.run();
    const auto release = operate::settle_pending(run, release_with("pending-upgrade"), {});
    ASSERT_FALSE(release.has_value());
    EXPECT_EQ(release.error().code, base::ErrorCode::cancelled);
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
}

TEST(PendingRelease, IsNotAskedForWhenThereIsNone) {
    World world;
    const auto run = world.run();
    EXPECT_TRUE(operate::settle_pending(run, release_with("deployed"), {}).has_value());
    EXPECT_TRUE(operate::settle_pending(run, std::nullopt, {}).has_value());
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
    EXPECT_THAT(world.record.phases, IsEmpty());
}

}  // namespace
