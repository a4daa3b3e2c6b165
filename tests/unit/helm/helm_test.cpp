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
                                                    .timeout = 10min},
                                                   {}, scope);
    EXPECT_TRUE(result.has_value());
    EXPECT_THAT(
        processes.commands().at(0).argv,
        ElementsAre("helm", "upgrade", "etcd", "charts/etcd", "--namespace", "anytrade", "--kube-context", "prod",
                    "--install", "--reset-values", "--values", "a.yaml", "--values", "b.yaml", "--set",
                    "replicaCount=3", "--set-string", "autoCompactionRetention=1", "--server-side=true",
                    "--disable-openapi-validation", "--wait=hookOnly", "--timeout", "600s", "--history-max", "20"));
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
        ComplaintCase{
            "TerminatingNamespace",
            "Error: create: secrets \"sh.helm.release.v1.etcd.v1\" is forbidden: unable to create new content "
            "in namespace x because it is being terminated",
            ErrorCode::refused},
        ComplaintCase{"ValuesThatGoCannotRead",
                      "Error: failed to parse a.yaml: cannot unmarshal yaml document: invalid leading UTF-8 octet",
                      ErrorCode::bad_input},
        ComplaintCase{"NoArchive", "Error: file 'x.tgz' does not appear to be a gzipped archive; got 'text/plain'",
                      ErrorCode::bad_input},
        ComplaintCase{"Other", "Error: something new", ErrorCode::helm_failed}),
    [](const auto& tested) { return std::string(tested.param.name); });

base::Error complaint(std::string err, std::string out) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .out = std::move(out), .err = std::move(err)});
    return helm_in(processes).upgrade({.release = "etcd", .chart = "c", .timeout = 1min}, {}, scope).error();
}

TEST(Helm, SaysItsComplaintOnce) {
    const auto error =
        complaint("Error: etcd/templates/cm.yaml:6:15\n  executing \"etcd/templates/cm.yaml\":\n    nil\n",
                  "Release \"etcd\" does not exist. Installing it now.\n");
    EXPECT_THAT(error.message, HasSubstr("cm.yaml:6:15 executing"));
    EXPECT_EQ(error.command.at(0).last_output, "");
    EXPECT_FALSE(error.hint.empty());
}

TEST(Helm, LeavesOutTheObjectInAComplaintAboutAField) {
    const auto error = complaint(
        "Error: UPGRADE FAILED: StatefulSet.apps \"etcd\" is invalid: spec.volumeClaimTemplates: "
        "Invalid value: [{\"name\":\"data\",\"Spec\":{" +
            std::string(900, 'x') + "}}]: field is immutable",
        "");
    EXPECT_EQ(
        error.message,
        "UPGRADE FAILED: StatefulSet.apps \"etcd\" is invalid: spec.volumeClaimTemplates: Invalid value: …: field is "
        "immutable");
    EXPECT_THAT(error.hint, HasSubstr("cannot be changed in place"));
    EXPECT_EQ(error.command.at(0).last_output, "");
}

TEST(Helm, ShowsWhatItPrintedBeyondItsComplaint) {
    const auto error = complaint("warning: old API\nError: no\n", "");
    EXPECT_EQ(error.message, "no");
    EXPECT_THAT(error.command.at(0).last_output, HasSubstr("warning: old API"));
}

TEST(Helm, ShowsNoSecretOfItsCommandLine) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .err = "Error: no"});
    const auto result = helm_in(processes).upgrade(
        {.release = "etcd", .chart = "c", .set = {"auth.rootPassword=hunter22"}, .timeout = 1min}, {}, scope);
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().command.at(0).argv, testing::Contains("auth.rootPassword=***"));
}

constexpr const char* http_answer =
    "Error: Get \"https://127.0.0.1:5000/v2/\": http: server gave HTTP response to HTTPS client";

TEST(Helm, PullsByPlainHttpFromThisMachineWhenThatIsWhatItSpeaks) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .err = http_answer});
    processes.answer(sys::ProcessResult{
        .exit_code = 1,
        .err = "Error: GET \"http://127.0.0.1:5000/v2/etcd/tags/list\": response status code 404: name unknown"});
    const auto result = helm_in(processes).pull({.location = "oci://127.0.0.1:5000/etcd"}, "/nowhere", {}, scope);
    EXPECT_THAT(processes.commands().at(0).argv, testing::Not(testing::Contains("--plain-http")));
    EXPECT_THAT(processes.commands().at(1).argv, testing::Contains("--plain-http"));
    EXPECT_EQ(result.error().code, ErrorCode::bad_input);
}

TEST(Helm, PullsByPlainHttpFromNobodyElse) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 1, .err = http_answer});
    const auto result = helm_in(processes).pull({.location = "oci://198.51.100.7:5000/etcd"}, "/nowhere", {}, scope);
    EXPECT_EQ(processes.commands().size(), 1U);
    EXPECT_EQ(result.error().code, ErrorCode::refused);
    EXPECT_THAT(result.error().hint, HasSubstr("plain HTTP"));
}

TEST(Helm, ThatWasStoppedIsCancelled) {
    ScriptedProcess processes;
    processes.answer(sys::ProcessResult{.exit_code = 143, .stopped = true});
    EXPECT_EQ(helm_in(processes).uninstall("etcd", 1min, {}, scope).error().code, ErrorCode::cancelled);
}

}  // namespace
