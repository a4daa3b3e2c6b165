#include "operate/uninstall.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "unit/operate/world.hpp"

namespace {

using model::Kind;
using operate_test::World;
using testing::Contains;
using testing::HasSubstr;

const model::Request keeping_data{.action = model::Action::uninstall};
const model::Request deleting_data{.action = model::Action::uninstall, .delete_data = true};

// Helm removes the release, and Kubernetes what belongs to it; volumes stay.
void let_helm_uninstall(World& world) {
    world.helm_program.work = [&world](const sys::Command& command, const std::stop_token&) {
        EXPECT_EQ(command.argv.at(1), "uninstall");
        world.cluster.forget_releases();
        world.cluster.remove(Kind::stateful_set, "etcd");
        for (const char* pod : {"etcd-0", "etcd-1", "etcd-2"}) {
            world.cluster.remove(Kind::pod, pod);
        }
        return sys::ProcessResult{};
    };
}

constexpr const char* deleted_claim = "DELETE /api/v1/namespaces/ns/persistentvolumeclaims/";

base::Result<void> uninstall(const operate::Run& run) {
    operate::Evidence evidence;
    return operate::uninstall(run, evidence);
}

TEST(Uninstall, OfNothingSucceedsAndSaysSo) {
    World world;
    const auto run = world.run(keeping_data);
    const auto result = uninstall(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.outcome, model::Outcome::nothing_to_do);
    EXPECT_THAT(world.progress.lines(), Contains(HasSubstr("nothing to uninstall")));
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Uninstall, KeepsTheVolumesAndTellsThem) {
    World world;
    world.cluster.put_healthy_release();
    let_helm_uninstall(world);
    const auto run = world.run(keeping_data);
    const auto result = uninstall(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.outcome, model::Outcome::done);
    ASSERT_EQ(world.record.kept_volumes.size(), 3U);
    EXPECT_EQ(world.record.kept_volumes[0].claim, "data-etcd-0");
    EXPECT_EQ(world.record.kept_volumes[0].capacity, "8Gi");
    EXPECT_TRUE(world.record.deleted_volumes.empty());
    EXPECT_FALSE(world.cluster.was_asked(deleted_claim));
    EXPECT_TRUE(world.phase_done("pods leave"));
}

TEST(Uninstall, DeletesTheVolumesWhenThatIsWanted) {
    World world;
    world.cluster.put_healthy_release();
    let_helm_uninstall(world);
    const auto run = world.run(deleting_data);
    const auto result = uninstall(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.deleted_volumes.size(), 3U);
    EXPECT_TRUE(world.record.kept_volumes.empty());
    EXPECT_TRUE(world.phase_done("volumes are deleted"));
}

TEST(Uninstall, DeletesTheVolumesOfAReleaseThatIsGoneAlready) {
    World world;
    world.cluster.put_claim(0);
    const auto run = world.run(deleting_data);
    const auto result = uninstall(run);
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(world.record.deleted_volumes.size(), 1U);
    EXPECT_EQ(world.record.outcome, model::Outcome::done);
    EXPECT_EQ(world.helm_program.calls(), 0);
}

TEST(Uninstall, DeletesNothingWhenHelmFails) {
    World world;
    world.cluster.put_healthy_release();
    world.helm_program.work = [](const sys::Command&, const std::stop_token&) {
        return sys::ProcessResult{.exit_code = 1, .err = "Error: no"};
    };
    const auto run = world.run(deleting_data);
    const auto result = uninstall(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(model::failure_kind(result.error().code).exit_code, 4);
    EXPECT_TRUE(world.phase_failed("helm"));
    EXPECT_FALSE(world.cluster.was_asked(deleted_claim));
    EXPECT_EQ(world.record.kept_volumes.size(), 3U);
}

TEST(Uninstall, EndsWhenAVolumeMayNotBeDeleted) {
    World world;
    world.cluster.put_claim(0);
    world.cluster.instead("DELETE ", 403);
    const auto run = world.run(deleting_data);
    const auto result = uninstall(run);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, base::ErrorCode::forbidden);
    EXPECT_EQ(world.record.kept_volumes.size(), 1U);
    EXPECT_TRUE(world.record.deleted_volumes.empty());
}

}  // namespace
