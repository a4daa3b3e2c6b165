#include "helm/helm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_process.hpp"

namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using support::ScriptedProcess;
using testing::ElementsAre;
using testing::HasSubstr;

const helm::Scope scope{{}, sys::Deadline::max()};

helm::Helm helm_in(ScriptedProcess& processes) {
    return {processes, {.program = "helm", .kubeconfig = "/k", .context = "prod", .namespace_name = "anytrade"}};
}

TEST(Helm, UpgradesServerSideWithTheWholeSetOfValues) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{});
    const auto result = helm_in(processes).upgrade({.release = "etcd",
                                                    .chart = "charts/etcd",
                                                    .values_files = {"a.yaml", "b.yaml"},
                                                    .set = {"replicaCount=3"},
                                                    .set_string = {"autoCompactionRetention=1"},
                                                    .create_namespace = true,
                                                    .timeout = 10min},
                                                   {}, scope);
    EXPECT_TRUE(result.has_value());
    EXPECT_THAT(
        processes.commands().at(0).argv,
        ElementsAre("helm", "upgrade", "etcd", "charts/etcd", "--namespace", "anytrade", "--kube-context", "prod",
                    "--install", "--create-namespace", "--server-side=true", "--reset-values", "--wait=hookOnly",
                    "--timeout", "600s", "--history-max", "20", "--values", "a.yaml", "--values", "b.yaml", "--set",
                    "replicaCount=3", "--set-string", "autoCompactionRetention=1"));
    EXPECT_EQ(processes.commands().at(0).environment.at("KUBECONFIG"), "/k");
    EXPECT_EQ(processes.commands().at(0).environment.at("HELM_DRIVER"), "secret");
}

TEST(Helm, UpgradesOnlyWhatIsThereWhenToldSo) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{});
    EXPECT_TRUE(helm_in(processes)
                    .upgrade({.release = "etcd", .chart = "c", .install = false, .timeout = 1min}, {}, scope)
                    .has_value());
    EXPECT_THAT(processes.commands().at(0).argv, testing::Not(testing::Contains("--install")));
}

struct VersionCase {
    const char* printed;
    bool usable;
};

class HelmVersion : public testing::TestWithParam<VersionCase> {};

TEST_P(HelmVersion, MustBeFourOrNewer) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.out = GetParam().printed});
    const auto version = helm_in(processes).version(scope);
    EXPECT_EQ(version.has_value(), GetParam().usable);
    if (!GetParam().usable) {
        EXPECT_EQ(version.error().code, ErrorCode::helm_unusable);
    }
}

INSTANTIATE_TEST_SUITE_P(Helm, HelmVersion,
                         testing::Values(VersionCase{"v4.3.1\n", true}, VersionCase{"v10.0.0", true},
                                         VersionCase{"v3.21.4", false}, VersionCase{"garbage", false},
                                         VersionCase{"", false}));

TEST(Helm, ThatIsMissingIsUnusable) {
    ScriptedProcess processes;
    processes.answer(base::fail(ErrorCode::not_found, "helm"));
    const auto version = helm_in(processes).version(scope);
    ASSERT_FALSE(version.has_value());
    EXPECT_EQ(version.error().code, ErrorCode::helm_unusable);
    EXPECT_FALSE(version.error().hint.empty());
}

struct ComplaintCase {
    const char* name;
    const char* printed;
    ErrorCode expected;
};

class HelmComplaint : public testing::TestWithParam<ComplaintCase> {};

TEST_P(HelmComplaint, IsTakenForWhatItIs) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .err = GetParam().printed});
    const auto result = helm_in(processes).upgrade({.release = "etcd", .chart = "c", .timeout = 1min}, {}, scope);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, GetParam().expected);
    EXPECT_FALSE(result.error().message.starts_with("Error:")) << result.error().message;
    ASSERT_EQ(result.error().command.size(), 1U);
    EXPECT_EQ(result.error().command[0].exit_code, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Helm, HelmComplaint,
    testing::Values(
        ComplaintCase{"Pending", "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
                      ErrorCode::helm_failed},
        ComplaintCase{"Schema",
                      "Error: values don't meet the specifications of the schema(s) in the following chart(s)",
                      ErrorCode::bad_input},
        ComplaintCase{"Refused", "Error: execution error at (etcd/templates/checks.yaml:1:4): no",
                      ErrorCode::bad_input},
        ComplaintCase{"Forbidden", "Error: secrets is forbidden: User \"x\" cannot list resource",
                      ErrorCode::forbidden},
        ComplaintCase{"Other", "Error: something new", ErrorCode::helm_failed}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Helm, ShowsNoSecretOfItsCommandLine) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .err = "Error: no"});
    const auto result = helm_in(processes).upgrade(
        {.release = "etcd", .chart = "c", .set = {"auth.rootPassword=hunter22"}, .timeout = 1min}, {}, scope);
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().command.at(0).argv, testing::Contains("auth.rootPassword=***"));
}

TEST(Helm, ThatWasStoppedIsCancelled) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 143, .stopped = true});
    EXPECT_EQ(helm_in(processes).uninstall("etcd", 1min, {}, scope).error().code, ErrorCode::cancelled);
}

}  // namespace
