#include "operate/connect.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/text.hpp"
#include "model/outcome.hpp"
#include "sys/files.hpp"
#include "sys/temporary_folder.hpp"
#include "unit/operate/world.hpp"

namespace {

using operate_test::World;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* all_three =
    "etcd-0.etcd-headless.ns.svc.cluster.local:2379,etcd-1.etcd-headless.ns.svc.cluster.local:2379,"
    "etcd-2.etcd-headless.ns.svc.cluster.local:2379";
constexpr const char* member_list = "POST /members/etcd-";
constexpr const char* no_leader = R"({"code":14,"message":"etcdserver: no leader"})";

class Connect : public testing::Test {
protected:
    World world;

    [[nodiscard]] std::string file() const { return folder_.path() + "/values.yaml"; }
    void write(const std::string& text) const { std::ofstream(file(), std::ios::binary) << text; }
    [[nodiscard]] std::string read() const { return sys::read_file(file()).value(); }
    [[nodiscard]] model::Request request() const {
        return {.action = model::Action::connect, .env = {.file = file(), .name = "ENDPOINTS", .path = "env"}};
    }
    [[nodiscard]] base::Result<void> connect(const model::Request& request) {
        const auto run = world.run(request);
        return operate::connect(run);
    }
    void expect_failure(const model::Request& request, int exit_code, const std::string& wording) {
        const auto result = connect(request);
        ASSERT_FALSE(result.has_value()) << wording;
        EXPECT_EQ(model::failure_kind(result.error().code).exit_code, exit_code) << result.error().text();
        EXPECT_THAT(result.error().text(), HasSubstr(wording));
        EXPECT_FALSE(world.record.touched);
    }

private:
    sys::TemporaryFolder folder_ = sys::TemporaryFolder::create("connect-test").value();
};

TEST_F(Connect, TellsTheEndpoints) {
    world.cluster.put_healthy_release();
    const auto result = connect({.action = model::Action::connect});
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(base::join(world.record.endpoints, ","), all_three);
    EXPECT_EQ(world.record.backend_value, all_three);
    EXPECT_EQ(world.record.service_address, "etcd.ns.svc.cluster.local:2379");
    EXPECT_FALSE(world.record.file.has_value());
    EXPECT_FALSE(world.record.touched);
    EXPECT_EQ(world.helm_program.calls(), 0);
    EXPECT_TRUE(world.phase_done("endpoints"));
}

TEST_F(Connect, WritesThemIntoTheFile) {
    world.cluster.put_healthy_release();
    write("# ours\r\nenv:\r\n- name: ENDPOINTS  # theirs\r\n  value: 'old:2379' # kept\r\n");
    const auto result = connect(request());
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(read(),
              std::string("# ours\r\nenv:\r\n- name: ENDPOINTS  # theirs\r\n  value: '") + all_three + "' # kept\r\n");
    EXPECT_TRUE(world.record.touched);
    ASSERT_TRUE(world.record.file.has_value());
    EXPECT_EQ(world.record.file->state, model::FileUpdate::State::updated);
    EXPECT_EQ(world.record.file->line, 4U);
    EXPECT_THAT(world.record.file->diff, HasSubstr("-  value: 'old:2379'"));
}

TEST_F(Connect, WritesNothingWhenNothingChanges) {
    world.cluster.put_healthy_release();
    write(std::string("env: [{name: ENDPOINTS, value: \"") + all_three + "\"}]");
    ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
    struct stat before = {};
    ASSERT_EQ(::stat(file().c_str(), &before), 0);
    ASSERT_TRUE(connect(request()).has_value());
    struct stat after = {};
    ASSERT_EQ(::stat(file().c_str(), &after), 0);
    EXPECT_EQ(after.st_ino, before.st_ino);
    EXPECT_FALSE(world.record.touched);
    EXPECT_EQ(world.record.file->state, model::FileUpdate::State::fresh);
    EXPECT_THAT(world.record.file->diff, IsEmpty());
}

TEST_F(Connect, OnlyChecksWhenThatIsWanted) {
    world.cluster.put_healthy_release();
    write("env: []\n");
    ASSERT_EQ(::chmod(file().c_str(), 0444), 0);
    auto wanted = request();
    wanted.env.only_check = true;
    expect_failure(wanted, 1, "ENDPOINTS is not there");
    EXPECT_EQ(read(), "env: []\n");
    EXPECT_EQ(world.record.file->state, model::FileUpdate::State::stale);
    EXPECT_THAT(world.record.file->diff, HasSubstr("+  - name: ENDPOINTS"));
}

TEST_F(Connect, OnlyTellsTheChangeInADryRun) {
    world.cluster.put_healthy_release();
    write("env: []\n");
    auto wanted = request();
    wanted.dry_run = true;
    ASSERT_TRUE(connect(wanted).has_value());
    EXPECT_EQ(read(), "env: []\n");
    EXPECT_FALSE(world.record.touched);
    EXPECT_EQ(world.record.file->state, model::FileUpdate::State::stale);
    EXPECT_THAT(world.record.file->diff, HasSubstr("+  - name: ENDPOINTS"));
}

TEST_F(Connect, TakesAnAliasThatStandsForTheRightValue) {
    world.cluster.put_healthy_release();
    write(std::string("x: &v ") + all_three + "\nenv:\n- name: ENDPOINTS\n  value: *v\n");
    auto wanted = request();
    wanted.env.only_check = true;
    ASSERT_TRUE(connect(wanted).has_value());
    EXPECT_EQ(world.record.file->state, model::FileUpdate::State::fresh);
}

TEST_F(Connect, NeedsNoLeaveToWriteForADryRun) {
    world.cluster.put_healthy_release();
    write("env: []\n");
    ASSERT_EQ(::chmod(file().c_str(), 0444), 0);
    auto wanted = request();
    wanted.dry_run = true;
    EXPECT_TRUE(connect(wanted).has_value());
}

TEST_F(Connect, KeepsThePasswordOfAnOldAddressSecret) {
    world.cluster.put_healthy_release();
    write("env:\n- name: ENDPOINTS\n  value: http://root:hunter2@etcd:2379\n");
    auto wanted = request();
    wanted.env.only_check = true;
    expect_failure(wanted, 1, "is stale");
    EXPECT_THAT(world.progress.secrets(), testing::ElementsAre("hunter2"));
}

TEST_F(Connect, KeepsTheOldValueOfASecretThatWasNamedByMistake) {
    world.cluster.put_healthy_release();
    write("env:\n- name: DATABASE_PASSWORD\n  value: hunter2\n");
    auto wanted = request();
    wanted.env.name = "DATABASE_PASSWORD";
    wanted.env.only_check = true;
    expect_failure(wanted, 1, "is stale");
    EXPECT_THAT(world.progress.secrets(), testing::ElementsAre("hunter2"));
}

TEST_F(Connect, FindsAFaultyFileBeforeItAsksAnybody) {
    write("env:\n  - name: ENDPOINTS\n    valueFrom: {}\n");
    expect_failure(request(), 2, "values.yaml:3:");
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
    EXPECT_THAT(world.record.phases, IsEmpty());
}

TEST_F(Connect, FindsAReadOnlyFileBeforeItAsksAnybody) {
    write("env: []\n");
    ASSERT_EQ(::chmod(file().c_str(), 0444), 0);
    expect_failure(request(), 3, "read-only");
    EXPECT_THAT(world.cluster.asked(), IsEmpty());
}

TEST_F(Connect, ListsAMemberThatIsDownForAMoment) {
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-1", 503, no_leader);
    const auto result = connect({.action = model::Action::connect});
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(base::join(world.record.endpoints, ","), all_three);
    EXPECT_THAT(world.record.warnings, Contains(HasSubstr("etcd-1 does not answer")));
}

TEST_F(Connect, LeavesTheFileAloneWhenNoMemberAnswers) {
    world.cluster.put_healthy_release();
    world.cluster.instead(member_list, 503, no_leader);
    write("env: []\n");
    const auto before = world.clock.now();
    expect_failure(request(), 7, "etcdserver: no leader");
    EXPECT_GE(world.clock.now() - before, std::chrono::seconds(9)) << "it is given time to settle";
    EXPECT_EQ(read(), "env: []\n");
    EXPECT_THAT(world.record.endpoints, IsEmpty());
}

TEST_F(Connect, LeavesTheFileAloneWhenMembersDisagree) {
    world.cluster.put_healthy_release();
    world.cluster.instead("POST /members/etcd-2", 200, R"({"header":{},"members":[{"ID":"9","name":"etcd-2"}]})");
    write("env: []\n");
    expect_failure(request(), 7, "do not agree");
    EXPECT_EQ(read(), "env: []\n");
}

TEST_F(Connect, SaysWhenThereIsNoEtcd) {
    expect_failure({.action = model::Action::connect}, 3, "no StatefulSet");
}

TEST_F(Connect, SaysWhenTheNamespaceIsMissing) {
    world.cluster.instead("GET /api/v1/namespaces/ns", 404);
    expect_failure({.action = model::Action::connect}, 3, "namespace ns does not exist");
}

TEST_F(Connect, AsksForTheFewRightsThatItNeeds) {
    world.cluster.instead("POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews", 201,
                          R"({"status":{"resourceRules":[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}]}})");
    expect_failure({.action = model::Action::connect}, 3, "list statefulsets.apps; get, create pods/portforward");
}

}  // namespace
