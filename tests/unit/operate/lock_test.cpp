#include "operate/lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/member_changes.hpp"
#include "unit/operate/world.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using nlohmann::json;
using operate::Lock;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;

json lease_of(const std::string& holder, int seconds = 15) {
    return {{"metadata",
             {{"name", "etcd-deploy-etcd"},
              {"annotations", {{"etcd-deploy/run-url", "https://ci.test/runs/7"}, {"etcd-deploy/action", "upgrade"}}}}},
            {"spec",
             {{"holderIdentity", holder},
              {"leaseDurationSeconds", seconds},
              {"acquireTime", "2026-11-25T10:00:00.000000Z"}}}};
}

TEST(TheLock, IsALeaseNamedAfterTheReleaseThatGoesAtTheEnd) {
    World world;
    world.record.run_url = "https://ci.test/runs/8";
    const auto run = world.run();
    {
        const auto lock = Lock::take(run);
        ASSERT_TRUE(lock.has_value()) << lock.error().text();
        EXPECT_FALSE((*lock)->waited());
        const auto lease = world.cluster.own("leases", "etcd-deploy-etcd");
        EXPECT_EQ(lease["metadata"]["annotations"]["etcd-deploy/run-url"], "https://ci.test/runs/8");
        EXPECT_EQ(lease["spec"]["leaseDurationSeconds"], 15);
        EXPECT_FALSE(lease["spec"]["holderIdentity"].get<std::string>().empty());
    }
    EXPECT_TRUE(world.cluster.own("leases", "etcd-deploy-etcd").is_null());
}

TEST(TheLock, OfAnotherRunIsWaitedForAsLongAsAllowedAndThenNamed) {
    World world;
    world.cluster.put_own("leases", lease_of("somebody", 120));
    const auto run = world.run({.lock_timeout = 20s});
    const auto begin = world.clock.now();
    const auto lock = Lock::take(run);
    ASSERT_FALSE(lock.has_value());
    EXPECT_EQ(lock.error().code, ErrorCode::locked);
    EXPECT_THAT(lock.error().message, HasSubstr("https://ci.test/runs/7 (upgrade, since 2026-11-25T10:00:00Z)"));
    EXPECT_GE(world.clock.now() - begin, 20s);
    EXPECT_EQ(world.cluster.own("leases", "etcd-deploy-etcd")["spec"]["holderIdentity"], "somebody");
    EXPECT_FALSE(world.record.touched);
}

TEST(TheLock, ThatNobodyRenewsIsStaleAfterItsDuration) {
    World world;
    world.cluster.put_own("leases", lease_of("somebody"));
    const auto run = world.run({.lock_timeout = 1min});
    const auto begin = world.clock.now();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    EXPECT_GE(world.clock.now() - begin, 15s);
    EXPECT_LT(world.clock.now() - begin, 20s);
    EXPECT_THAT(world.record.warnings, Contains(HasSubstr("did not end in order")));
    EXPECT_EQ(world.cluster.own("leases", "etcd-deploy-etcd")["spec"]["leaseTransitions"], 1);
}

TEST(TheLock, ThatIsFreeIsTakenAtOnce) {
    World world;
    world.cluster.put_own("leases", lease_of(""));
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    EXPECT_FALSE((*lock)->waited());
}

TEST(TheLock, WhichAnotherRunHasTakenAbandonsOurs) {
    World world;
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    world.cluster.put_own("leases", lease_of("somebody"));
    EXPECT_TRUE(run.before_change().has_value()) << "it was renewed just now";
    world.clock.pass(11s);
    const auto change = run.before_change();
    ASSERT_FALSE(change.has_value());
    EXPECT_EQ(change.error().code, ErrorCode::locked);
    EXPECT_THAT(change.error().message, HasSubstr("was lost to another run: https://ci.test/runs/7"));
    EXPECT_TRUE(run.stop().stop_requested());
    EXPECT_EQ(run.interrupted(ErrorCode::timed_out, "anything").code, ErrorCode::locked);
}

TEST(TheLock, IsNotLetGoWhenItIsAnotherRuns) {
    World world;
    const auto run = world.run();
    {
        const auto lock = Lock::take(run);
        ASSERT_TRUE(lock.has_value()) << lock.error().text();
        world.cluster.put_own("leases", lease_of("somebody"));
    }
    EXPECT_EQ(world.cluster.own("leases", "etcd-deploy-etcd")["spec"]["holderIdentity"], "somebody");
}

TEST(TheLock, IsAskedAgainWhileTheApiServerIsAway) {
    World world;
    world.cluster.instead("GET /apis/coordination.k8s.io", 503);
    const auto run = world.run({.lock_timeout = 5s});
    const auto lock = Lock::take(run);
    ASSERT_FALSE(lock.has_value());
    EXPECT_EQ(lock.error().code, ErrorCode::unreachable);
}

TEST(TheLock, ThatMayNotBeReadIsTheError) {
    World world;
    world.cluster.instead("GET /apis/coordination.k8s.io", 403);
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_FALSE(lock.has_value());
    EXPECT_EQ(lock.error().code, ErrorCode::forbidden);
}

constexpr const char* renewal = "PUT /apis/coordination.k8s.io";

bool ends_within(const operate::Run& run, std::chrono::seconds limit) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, run.stop(), limit, [] { return false; });
    return run.stop().stop_requested();
}

// A renewal that waits for an API server that says nothing, and the one who wants it.
class SilentRenewal {
public:
    SilentRenewal(World& world, const operate::Run& run) {
        world.cluster.stall(renewal);
        world.clock.pass(11s);
        asker_ = std::jthread([&run] { EXPECT_FALSE(run.before_change().has_value()); });
        EXPECT_TRUE(world.cluster.wait_until_asked(renewal));
    }
    void wait_for_the_asker() { asker_.join(); }

private:
    std::jthread asker_;
};

TEST(TheLock, ThatIsInDoubtEndsAnUnattendedHelmAlthoughARenewalIsUnderWay) {
    World world;
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    const SilentRenewal silent(world, run);
    EXPECT_FALSE(run.stop().stop_requested()) << "nothing goes on unattended";
    const Lock::Unattended helm(lock->get());
    EXPECT_TRUE(ends_within(run, 3s));
    const auto reason = run.interrupted(ErrorCode::timed_out, "anything");
    EXPECT_EQ(reason.code, ErrorCode::locked);
    EXPECT_THAT(reason.message, HasSubstr("could not be renewed in time"));
}

TEST(TheLock, IsGivenBackAtOnceByARunThatIsStoppedDuringARenewal) {
    World world;
    const auto run = world.run();
    auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    SilentRenewal silent(world, run);
    const auto begin = std::chrono::steady_clock::now();
    world.stop.request_stop();
    silent.wait_for_the_asker();
    lock->reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    EXPECT_TRUE(world.cluster.own("leases", "etcd-deploy-etcd").is_null());
}

TEST(TheLock, IsRenewedBeforeAChangeWhenTheMachineHasSlept) {
    World world;
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    world.clock.sleep_unnoticed(500ms);
    EXPECT_TRUE(run.before_change().has_value());
    EXPECT_FALSE(world.cluster.was_asked(renewal));
    world.clock.sleep_unnoticed(1min);
    EXPECT_FALSE((*lock)->is_good());
    EXPECT_TRUE(run.before_change().has_value());
    EXPECT_TRUE(world.cluster.was_asked(renewal));
    EXPECT_TRUE((*lock)->is_good());
}

TEST(TheLock, OfAMachineThatSleepsWhileHelmIsAtWorkEndsHelm) {
    World world;
    const auto run = world.run();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    const Lock::Unattended helm(lock->get());
    world.clock.sleep_unnoticed(1min);
    EXPECT_TRUE(ends_within(run, 3s));
    EXPECT_THAT(run.interrupted(ErrorCode::timed_out, "anything").message, HasSubstr("this machine was asleep"));
}

// Until when each request could have arrived.
class Deadlines final : public sys::Http {
public:
    explicit Deadlines(sys::Http& http) : http_(http) {}
    base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                         sys::Deadline deadline) override {
        last = deadline;
        return http_.send(request, std::move(stop), deadline);
    }
    base::Result<sys::HttpResponse> stream(const sys::HttpRequest& request,
                                           std::function<bool(std::string_view)> on_data, std::stop_token stop,
                                           sys::Deadline deadline) override {
        return http_.stream(request, std::move(on_data), std::move(stop), deadline);
    }
    sys::Deadline last;

private:
    sys::Http& http_;
};

TEST(AMemberThatIsTakenDown, GoesBeforeTheLockCouldBeAnothersOrNotAtAll) {
    World world;
    world.cluster.put_healthy_release();
    world.cluster.on_evictions("r2");
    world.cluster.instead("DELETE /api/v1/namespaces/ns/pods/etcd-1", 200);
    const auto run = world.run();
    const auto begin = world.clock.now();
    const auto lock = Lock::take(run);
    ASSERT_TRUE(lock.has_value()) << lock.error().text();
    const auto taken = world.clock.now();
    Deadlines http(world.cluster);
    const kube::Client kube(http, world.clock, {.server = "https://kubernetes.test:6443"});
    auto tools = run.tools();
    const operate::Run watched(run.request(),
                               {kube, tools.helm, tools.clock, tools.progress, {world.cluster, tools.etcd.forward}},
                               world.record, world.stop.get_token());
    watched.guard_by(lock->get());
    world.clock.pass(9s);
    const operate::MemberChanges changes(watched);
    ASSERT_TRUE(changes.evict("etcd-2", "pod-2").has_value());
    EXPECT_GT(http.last, world.clock.now());
    EXPECT_GE(http.last, begin + 14s);
    EXPECT_LE(http.last, taken + 14s);
    ASSERT_TRUE(changes.remove("etcd-1", "pod-1").has_value());
    EXPECT_LE(http.last, taken + 14s);
    watched.guard_by(nullptr);
}

TEST(ARunWithoutALock, MayChangeThingsAndIsTouchedThen) {
    World world;
    const auto run = world.run();
    EXPECT_TRUE(run.before_change().has_value());
    EXPECT_TRUE(world.record.touched);
}

TEST(AnAbandonedRun, EndsForTheFirstReason) {
    World world;
    const auto run = world.run();
    run.abandon({.code = ErrorCode::locked, .message = "first", .context = {}, .hint = {}, .command = {}});
    run.abandon({.code = ErrorCode::unreachable, .message = "second", .context = {}, .hint = {}, .command = {}});
    EXPECT_EQ(run.interrupted(ErrorCode::timed_out, "x").message, "first");
    EXPECT_FALSE(run.before_change().has_value());
    EXPECT_FALSE(world.record.touched);
}

}  // namespace
