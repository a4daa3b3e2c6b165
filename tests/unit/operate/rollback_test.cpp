#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helm/release.hpp"
#include "kube/journal_text.hpp"
#include "model/outcome.hpp"
#include "operate/deploy.hpp"
#include "unit/operate/world.hpp"

namespace {

using base::ErrorCode;
using model::Action;
using nlohmann::json;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* name = "etcd-deploy-etcd";

// A healthy release whose revision 1 was verified, and an upgrade to an image that is missing.
struct BadUpgrade : World {
    int rollbacks = 0;

    BadUpgrade() {
        cluster.put_healthy_release();
        const model::Journal journal{.running = {},
                                     .verified = {{.revision = 1,
                                                   .values_hash = helm::values_hash("{}"),
                                                   .etcd_version = "3.7.3",
                                                   .cluster_id = 7,
                                                   .members = 3,
                                                   .on_delete = false}}};
        cluster.put_own("configmaps",
                        {{"metadata", {{"name", name}}}, {"data", {{"journal", kube::encode_journal(journal)}}}});
        helm_program.work = [this](const sys::Command& command, const std::stop_token&) {
            if (command.argv.at(1) == "rollback") {
                ++rollbacks;
                EXPECT_EQ(command.argv.at(3), "1");
                cluster.put_set("r1");
                cluster.put_pod({.ordinal = 2, .uid = "newer-2", .revision = "r1"});
                cluster.put_release(3, "deployed");
            } else {
                cluster.put_set("r2");
                cluster.put_pod({.ordinal = 2,
                                 .ready = false,
                                 .uid = "new-2",
                                 .revision = "r2",
                                 .waiting_reason = "ErrImagePull",
                                 .waiting_message = "not found"});
                cluster.put_release(2, "deployed", R"({"image":{"tag":"v9.9.9"}})");
            }
            return sys::ProcessResult{};
        };
    }
    [[nodiscard]] model::Journal journal() const {
        return *kube::decode_journal(cluster.own("configmaps", name)["data"]["journal"].get<std::string>());
    }
};

TEST(AFailedUpgrade, GoesBackToTheVerifiedRevisionAndFailsAllTheSame) {
    BadUpgrade world;
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_EQ(world.rollbacks, 1);
    ASSERT_TRUE(world.record.rollback.has_value());
    EXPECT_EQ(world.record.rollback->revision, 1);
    EXPECT_TRUE(world.record.rollback->healthy) << world.record.rollback->why_not;
    EXPECT_EQ(world.record.after->revision, 3);
    EXPECT_TRUE(world.record.value_changes.empty()) << "what was tried is not what is there";
    EXPECT_THAT(world.record.restarted_pods, testing::ElementsAre("etcd-2"));
    EXPECT_THAT(world.record.cause->headline, HasSubstr("not found"));
    EXPECT_TRUE(world.phase_done("rollback"));
    EXPECT_THAT(world.progress.lines(), Contains("rolled back to revision 1, healthy"));
    EXPECT_EQ(world.journal().verified.back().revision, 3);
    EXPECT_FALSE(world.journal().running.has_value());
    EXPECT_TRUE(world.cluster.own("leases", name).is_null()) << "the lock is given back";
}

TEST(AFailedUpgrade, IsKeptWhenThatIsWanted) {
    BadUpgrade world;
    const auto run = world.run({.action = Action::upgrade, .on_failure = model::OnFailure::keep});
    EXPECT_FALSE(operate_test::deploy(run).has_value());
    EXPECT_EQ(world.rollbacks, 0);
    EXPECT_FALSE(world.record.rollback.has_value());
    EXPECT_EQ(world.record.after->revision, 2);
}

TEST(AFailedUpgrade, IsKeptWhenNothingWasVerified) {
    BadUpgrade world;
    world.cluster.put_own("configmaps",
                          {{"metadata", {{"name", name}}}, {"data", {{"journal", kube::encode_journal({})}}}});
    const auto run = world.run({.action = Action::upgrade});
    EXPECT_FALSE(operate_test::deploy(run).has_value());
    EXPECT_EQ(world.rollbacks, 0);
    EXPECT_THAT(world.record.rollback->why_not, HasSubstr("no earlier revision"));
}

TEST(AFailedUpgrade, IsKeptWhenTheVerifiedRevisionIsOneOfAFormerRelease) {
    BadUpgrade world;
    world.cluster.put_release(1, "deployed", R"({"replicaCount":3,"image":{"tag":"v3.6.0"}})");
    const auto run = world.run({.action = Action::upgrade});
    EXPECT_FALSE(operate_test::deploy(run).has_value());
    EXPECT_EQ(world.rollbacks, 0);
    EXPECT_THAT(world.record.rollback->why_not, HasSubstr("no earlier revision"));
}

TEST(AFailedUpgrade, IsKeptByARunThatIsCancelled) {
    BadUpgrade world;
    const auto work = world.helm_program.work;
    world.helm_program.work = [&](const sys::Command& command, const std::stop_token& stop) {
        auto result = work(command, stop);
        world.stop.request_stop();
        return result;
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::cancelled);
    EXPECT_EQ(world.rollbacks, 0);
    EXPECT_FALSE(world.journal().running.has_value()) << "helm has left nothing pending";
    EXPECT_TRUE(world.cluster.own("leases", name).is_null());
}

TEST(AnUpgrade, WhoseHelmIsCancelledTellsTheNextRunWhichRevisionItLeftPending) {
    BadUpgrade world;
    world.helm_program.work = [&](const sys::Command&, const std::stop_token&) {
        world.cluster.put_release(2, "pending-upgrade");
        world.stop.request_stop();
        return sys::ProcessResult{.exit_code = 137, .stopped = true};
    };
    const auto run = world.run({.action = Action::upgrade});
    EXPECT_FALSE(operate_test::deploy(run).has_value());
    ASSERT_TRUE(world.journal().running.has_value());
    EXPECT_EQ(world.journal().running->left_pending, 2);
}

TEST(AnUpgrade, WhoseLockAnotherRunHasTakenLeavesTheJournalToThatOne) {
    BadUpgrade world;
    world.helm_program.work = [&](const sys::Command&, const std::stop_token& stop) {
        world.cluster.put_own("configmaps", {{"metadata", {{"name", name}}}, {"data", {{"journal", "the other's"}}}});
        world.clock.sleep_unnoticed(std::chrono::minutes(1));
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait_for(lock, stop, std::chrono::seconds(60), [] { return false; });
        return sys::ProcessResult{.exit_code = 143, .stopped = true};
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::locked) << result.error().text();
    EXPECT_EQ(world.cluster.own("configmaps", name)["data"]["journal"], "the other's");
}

void expect_cancelled_with_the_cause(const BadUpgrade& world, const base::Result<void>& result) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::cancelled);
    EXPECT_THAT(result.error().message, testing::StartsWith("cancelled while "));
    EXPECT_THAT(result.error().message, HasSubstr("not found")) << "what it had failed of";
    ASSERT_TRUE(world.record.cause.has_value());
    EXPECT_THAT(world.record.cause->headline, HasSubstr("not found"));
}

TEST(AFailedUpgrade, ThatIsCancelledOnTheWayBackIsCancelled) {
    BadUpgrade world;
    const auto work = world.helm_program.work;
    world.helm_program.work = [&](const sys::Command& command, const std::stop_token& stop) {
        if (command.argv.at(1) != "rollback") {
            return work(command, stop);
        }
        world.stop.request_stop();
        return sys::ProcessResult{.exit_code = 143, .stopped = true};
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    expect_cancelled_with_the_cause(world, result);
    EXPECT_FALSE(world.record.rollback->healthy);
}

TEST(AFailedUpgrade, ThatIsCancelledWhileEvidenceIsTakenIsCancelled) {
    BadUpgrade world;
    world.progress.on_line = [&](std::string_view line) {
        if (line.starts_with("looking at what is there")) {
            world.stop.request_stop();
        }
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    expect_cancelled_with_the_cause(world, result);
    EXPECT_EQ(world.rollbacks, 0);
}

TEST(ARollbackThatFails, IsToldAndTheReasonOfTheUpgradeStays) {
    BadUpgrade world;
    const auto work = world.helm_program.work;
    world.helm_program.work = [&](const sys::Command& command, const std::stop_token& stop) {
        return command.argv.at(1) == "rollback" ? sys::ProcessResult{.exit_code = 1, .err = "Error: no way"}
                                                : work(command, stop);
    };
    const auto run = world.run({.action = Action::upgrade});
    const auto result = operate_test::deploy(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::rollout_failed);
    EXPECT_FALSE(world.record.rollback->healthy);
    EXPECT_THAT(world.record.rollback->why_not, HasSubstr("no way"));
    EXPECT_THAT(world.record.cause->headline, HasSubstr("not found"));
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("warning: the rollback failed")));
}

}  // namespace
