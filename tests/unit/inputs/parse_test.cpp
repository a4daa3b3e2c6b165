#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_world.hpp"
#include "inputs/inputs.hpp"

namespace inputs_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Parse, FillsInEveryDefault) {
    const auto request = request_of({}, {"install"});
    EXPECT_EQ(request.action, model::Action::install);
    EXPECT_EQ(request.release, "etcd");
    EXPECT_EQ(request.namespace_name, "");
    EXPECT_EQ(request.chart.location, "/opt/share/etcd-deploy/charts/etcd");
    EXPECT_EQ(request.timeout, std::chrono::minutes(10));
    EXPECT_TRUE(request.create_namespace);
    EXPECT_FALSE(request.delete_data);
    EXPECT_EQ(request.log_level, model::LogLevel::info);
    EXPECT_THAT(request.kubeconfig.files, ElementsAre("/home/me/.kube/config"));
}

TEST(Parse, TakesTheActionFromTheVariableWhenTheCommandLineHasNone) {
    FakeWorld fake;
    fake.variables["INPUT_ACTION"] = "uninstall";
    EXPECT_EQ(request_of(fake, {}).action, model::Action::uninstall);
    EXPECT_EQ(request_of(fake, {"upgrade"}).action, model::Action::upgrade);
}

TEST(Parse, TakesAFolderForEvidence) {
    EXPECT_EQ(request_of({}, {"diagnose"}).evidence_folder, "");
    EXPECT_EQ(request_of({}, {"diagnose", "--evidence-dir", "~/seen"}).evidence_folder, "/home/me/seen");
    EXPECT_EQ(request_of({}, {"install", "--evidence-dir", "seen"}).evidence_folder, "seen");
    EXPECT_EQ(request_of({}, {"verify", "--evidence-dir", "seen"}).evidence_folder, "") << "it does not concern verify";
}

TEST(Parse, LetsFlagsWinOverVariables) {
    FakeWorld fake;
    fake.variables["INPUT_NAMESPACE"] = "from-variable";
    fake.variables["INPUT_CREATE-NAMESPACE"] = "false";
    fake.variables["INPUT_SET"] = "a=1\nb=2\n";
    const auto plain = request_of(fake, {"install"});
    EXPECT_EQ(plain.namespace_name, "from-variable");
    EXPECT_FALSE(plain.create_namespace);
    EXPECT_THAT(plain.set, ElementsAre("a=1", "b=2"));
    const auto flagged = request_of(fake, {"install", "-n", "from-flag", "--create-namespace", "--set", "c=3"});
    EXPECT_EQ(flagged.namespace_name, "from-flag");
    EXPECT_TRUE(flagged.create_namespace);
    EXPECT_THAT(flagged.set, ElementsAre("c=3"));
}

TEST(Parse, TakesVariablesWithUnderscores) {
    FakeWorld fake;
    fake.variables["INPUT_CREATE_NAMESPACE"] = "false";
    EXPECT_FALSE(request_of(fake, {"install"}).create_namespace);
    fake.variables["INPUT_CREATE-NAMESPACE"] = "true";
    EXPECT_TRUE(request_of(fake, {"install"}).create_namespace) << "GitHub's own name wins";
}

TEST(Parse, TakesThePasswordFromItsVariableOnly) {
    FakeWorld fake;
    fake.variables["INPUT_ETCD_PASSWORD"] = "hunter2";
    EXPECT_EQ(request_of(fake, {"install"}).etcd_password, "hunter2");
    for (const Arguments& arguments :
         {Arguments{"install", "--etcd-password", "hunter3"}, Arguments{"install", "--etcd-password=hunter3"},
          Arguments{"install", "--etcd-password"}}) {
        EXPECT_THAT(faults_of(fake, arguments),
                    testing::ElementsAre(
                        testing::AllOf(HasSubstr("export it as INPUT_ETCD_PASSWORD"), Not(HasSubstr("hunter3")))));
    }
}

TEST(Parse, KnowsTheWaysToEtcd) {
    EXPECT_EQ(request_of({}, {"install"}).etcd_access, model::EtcdAccess::automatic);
    EXPECT_EQ(request_of({}, {"install", "--etcd-access", "port-forward"}).etcd_access,
              model::EtcdAccess::port_forward);
    EXPECT_EQ(request_of({}, {"install", "--etcd-access=direct"}).etcd_access, model::EtcdAccess::direct);
}

TEST(Parse, AsksVerifyForNoChartAndNoValues) {
    FakeWorld fake;
    fake.files.erase("/opt/share/etcd-deploy/charts/etcd/Chart.yaml");
    fake.variables["INPUT_VALUES"] = "nowhere.yaml";
    fake.variables["INPUT_ETCD_USER"] = "health";
    const auto request = request_of(fake, {"verify"});
    EXPECT_EQ(request.action, model::Action::verify);
    EXPECT_THAT(request.values_files, IsEmpty());
    EXPECT_EQ(request.etcd_user, "health");
}

TEST(Parse, KnowsHowLongMembersAreWatched) {
    EXPECT_EQ(request_of({}, {"install"}).soak, std::chrono::seconds(5));
    EXPECT_EQ(request_of({}, {"upgrade", "--soak", "0s"}).soak, std::chrono::seconds(0));
    EXPECT_EQ(request_of({}, {"upgrade", "--soak", "1h"}).soak, std::chrono::hours(1));
    EXPECT_THAT(faults_of({}, {"install", "--soak", "2h"}), ElementsAre(HasSubstr("\"2h\" is longer than one hour")));
    EXPECT_THAT(faults_of({}, {"install", "--soak", "5"}), ElementsAre(HasSubstr("soak: \"5\" is no duration")));
}

TEST(Parse, KnowsWhatIsWantedOnStdoutAlsoWhenInputsAreFaulty) {
    const FakeWorld fake;
    const auto world = fake.world();
    const auto format = [&](const Arguments& arguments) { return inputs::output_format(arguments, world); };
    EXPECT_EQ(request_of({}, {"verify", "--output", "json"}).output, model::OutputFormat::json);
    EXPECT_EQ(format({"verify", "--output", "json", "--timeout", "x"}), model::OutputFormat::json);
    EXPECT_EQ(format({"verify"}), model::OutputFormat::text);
    EXPECT_EQ(format({"verify", "--output", "jsn"}), model::OutputFormat::text);
    EXPECT_THAT(faults_of({}, {"verify", "--output", "jsn"}), ElementsAre(HasSubstr("did you mean json?")));
}

TEST(Parse, CountsAnEmptyVariableAsUnset) {
    FakeWorld fake;
    for (const auto& input : inputs::table()) {
        fake.variables[inputs::variable_name(input)] = " ";
    }
    fake.variables["INPUT_ACTION"] = "install";
    EXPECT_THAT(faults_of(fake, {}), IsEmpty());
    EXPECT_EQ(request_of(fake, {}).release, "etcd");
}

TEST(Parse, TakesValuesInEitherSpelling) {
    for (const Arguments& arguments : {Arguments{"install", "--timeout=5m", "--set=a=[1]"},
                                       Arguments{"install", "--timeout", "5m", "--set", "a=[1]"},
                                       Arguments{"--timeout", "5m", "install", "--set=a=[1]"}}) {
        const auto request = request_of({}, arguments);
        EXPECT_EQ(request.timeout, std::chrono::minutes(5));
        EXPECT_THAT(request.set, ElementsAre("a=[1]"));
    }
}

TEST(Parse, LeavesListsAndBracesInValuesAlone) {
    const auto request =
        request_of({}, {"install", "--set-string", "a={x,y}", "--set-string=b=-1", "--set-string", "c="});
    EXPECT_THAT(request.set_string, ElementsAre("a={x,y}", "b=-1", "c="));
}

TEST(Parse, LeavesBracketsAroundAValueAlone) {
    EXPECT_EQ(request_of({}, {"install", "--context", "[a,b]"}).context, "[a,b]");
    EXPECT_EQ(request_of({}, {"install", "--context={}", "--timeout=1m"}).context, "{}");
}

TEST(Parse, TakesTheLastOfRepeatedSingleFlags) {
    EXPECT_EQ(request_of({}, {"install", "--release", "a", "--release", "b"}).release, "b");
}

TEST(Parse, ReadsBooleanFlagsWithAndWithoutAValue) {
    struct Row {
        Arguments flags;
        bool expected;
    };
    for (const auto& row : {Row{{"--create-namespace"}, true}, Row{{"--create-namespace=false"}, false},
                            Row{{"--create-namespace", "false"}, false}, Row{{"--create-namespace", "TRUE"}, true}}) {
        Arguments arguments{"install"};
        arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
        EXPECT_EQ(request_of({}, arguments).create_namespace, row.expected) << row.flags.back();
    }
}

TEST(Parse, ReportsEveryFaultAtOnce) {
    const auto faults = faults_of(
        {}, {"instal", "--tiemout", "5m", "--timeout", "soon", "--release", "No_Name", "--create-namespace=yes"});
    EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr("unknown flag \"--tiemout\""), HasSubstr("--timeout?")),
                                    AllOf(HasSubstr("there is no action \"instal\""), HasSubstr("mean install?")),
                                    HasSubstr("release: \"No_Name\""), HasSubstr("timeout: \"soon\" is no duration")));
}

TEST(Parse, TellsTheFaultOfTheKubeconfigAmongTheOthers) {
    FakeWorld fake;
    fake.kubeconfig_error = base::Error{.code = base::ErrorCode::bad_input,
                                        .message = "the kubeconfig has no context prod",
                                        .context = {},
                                        .hint = "it has: test",
                                        .command = {}};
    EXPECT_THAT(faults_of(fake, {"install", "--timeout", "soon"}),
                ElementsAre(HasSubstr("timeout:"), HasSubstr("kubeconfig: the kubeconfig has no context prod")));
    EXPECT_THAT(faults_of(fake, {"install", "--context=-x"}), ElementsAre(HasSubstr("context: \"-x\"")));
}

TEST(Parse, PassesOverCommentsInListsOfLines) {
    FakeWorld fake;
    fake.variables["INPUT_SET"] = "# three of them\n\n  replicaCount=3\n  # a=b\nb=#1\n";
    EXPECT_THAT(request_of(fake, {"install"}).set, ElementsAre("replicaCount=3", "b=#1"));
}

TEST(Parse, RefusesPipesThatHelmCouldNotReadAgain) {
    FakeWorld fake;
    fake.pipes = {"/dev/fd/63"};
    EXPECT_THAT(faults_of(fake, {"install", "--values", "/dev/fd/63"}), ElementsAre(HasSubstr("this is a pipe")));
    EXPECT_THAT(faults_of(fake, {"install", "--kubeconfig", "/dev/fd/63"}), ElementsAre(HasSubstr("this is a pipe")));
}

TEST(Parse, TakesAWordAfterABooleanFlagForItsValueOnceTheCommandIsThere) {
    EXPECT_EQ(request_of({}, {"--create-namespace", "install"}).action, model::Action::install);
    EXPECT_THAT(faults_of({}, {"install", "--create-namespace", "maybe"}),
                ElementsAre(HasSubstr("create-namespace: \"maybe\" is no boolean")));
}

struct FaultRow {
    std::string name;
    Arguments arguments;
    std::string expected;
};

class OneFault : public testing::TestWithParam<FaultRow> {};

TEST_P(OneFault, IsToldWithItsInput) {
    EXPECT_THAT(faults_of({}, GetParam().arguments), ElementsAre(HasSubstr(GetParam().expected)));
}

const std::vector<FaultRow> fault_rows{
    {"NoAction", {}, "action: it is not said what to do"},
    {"AFlagInsteadOfTheCommand", {"install", "--action", "upgrade"}, "there is no flag --action"},
    {"UnknownFlagOnly", {"install", "--wat=1"}, "unknown flag \"--wat\""},
    {"UnknownShortFlag", {"install", "-x"}, "unknown flag \"-x\""},
    {"MissingValueAtTheEnd", {"install", "--values"}, "values: the flag --values has no value"},
    {"MissingValueBeforeAFlag",
     {"install", "--context", "--timeout", "5m"},
     "context: the flag --context has no value"},
    {"StrayArgument", {"install", "b.yaml"}, "unexpected argument \"b.yaml\""},
    {"ValueOnHelp", {"install", "--help=maybe"}, "the command line cannot be read"},
    {"NoBoolean", {"install", "--create-namespace=yes"}, "create-namespace: \"yes\" is no boolean"},
    {"NumberWithoutUnit", {"install", "--timeout", "600"}, "timeout: \"600\" is no duration"},
    {"NoTime", {"install", "--timeout", "0s"}, "is not between one second and one day"},
    {"TooMuchTime", {"install", "--timeout", "25h"}, "is not between one second and one day"},
    {"LongRelease", {"install", "--release", std::string(54, 'a')}, "cannot be the name of a release"},
    {"ReleaseWithADot", {"install", "--release", "a.b"}, "cannot be the name of a release"},
    {"NamespaceInCapitals", {"install", "-n", "Prod"}, "namespace: \"Prod\" cannot be the name of a namespace"},
    {"LogLevel", {"install", "--log-level", "warn"}, "log-level: there is no log-level \"warn\""},
    {"ContextLikeAFlag", {"install", "--context=-x"}, "context: \"-x\" cannot be the name of a context"},
    {"DeleteDataUnconfirmed", {"uninstall", "--delete-data"}, "confirm: deleting data has to be confirmed"},
    {"DeleteDataElsewhere",
     {"install", "--delete-data", "--confirm", "etcd"},
     "delete-data: only uninstall deletes data"},
};

INSTANTIATE_TEST_SUITE_P(Parse, OneFault, testing::ValuesIn(fault_rows),
                         [](const auto& row) { return row.param.name; });

TEST(Parse, DeletesDataOnlyWithTheReleaseNameAsConfirmation) {
    const auto request = request_of({}, {"uninstall", "--release", "x", "--delete-data", "--confirm", "x"});
    EXPECT_TRUE(request.delete_data);
    const auto faults = faults_of({}, {"uninstall", "--release", "x", "--delete-data", "--confirm", "hunter2"});
    EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr("confirm: it is not the name"), Not(HasSubstr("hunter2")))));
}

TEST(Parse, LooksOnlyAtWhatConcernsTheAction) {
    EXPECT_THAT(faults_of({}, {"uninstall", "--values", "missing.yaml", "--chart", "nowhere"}), IsEmpty());
    EXPECT_EQ(faults_of({}, {"install", "--values", "missing.yaml", "--chart", "nowhere"}).size(), 2U);
}

TEST(Parse, PrintsEverythingInADebugRunUnlessAFlagSaysOtherwise) {
    FakeWorld fake;
    fake.variables["RUNNER_DEBUG"] = "1";
    fake.variables["INPUT_LOG-LEVEL"] = "info";
    EXPECT_EQ(request_of(fake, {"install"}).log_level, model::LogLevel::debug);
    EXPECT_EQ(request_of(fake, {"install", "--log-level", "error"}).log_level, model::LogLevel::error);
}

TEST(Parse, TurnsSeveralFaultsIntoOneErrorWithALineForEach) {
    const auto error = inputs::to_error({{.input = "a", .message = "is wrong", .hint = "mend it"},
                                         {.input = "b", .message = "too", .file = "x.yaml", .line = 3, .column = 5}});
    EXPECT_EQ(error.code, base::ErrorCode::bad_input);
    EXPECT_EQ(error.message, "2 faults in what was asked for\na: is wrong (mend it)\nb: x.yaml:3:5: too");
}

TEST(Parse, KeepsALongTextGivenByMistakeToItself) {
    const std::string secret(300, 's');
    for (const auto& input : inputs::table()) {
        if (input.name == "action" || input.kind == inputs::Kind::boolean || input.name == "context") {
            continue;
        }
        for (const auto& fault : faults_of({}, {"install", "--" + std::string(input.name) + "=" + secret})) {
            EXPECT_THAT(fault, Not(HasSubstr("ssssssss"))) << input.name;
        }
    }
    EXPECT_THAT(faults_of({}, {"install", secret}), ElementsAre(HasSubstr("300 bytes, not shown")));
}

}  // namespace

TEST(Rollout, IsOrchestratedUnlessTheValuesHaveAStrategyOfTheirOwn) {
    EXPECT_EQ(request_of({}, {"install"}).rollout, model::Rollout::orchestrated);
    EXPECT_EQ(request_of({}, {"install", "--rollout", "native"}).rollout, model::Rollout::native);
    for (const char* own : {"updateStrategy.type=RollingUpdate", "updateStrategy=null"}) {
        EXPECT_EQ(request_of({}, {"install", "--set", own}).rollout, model::Rollout::native) << own;
        EXPECT_THAT(faults_of({}, {"install", "--set", own, "--rollout", "orchestrated"}),
                    ElementsAre(HasSubstr("the values set updateStrategy")))
            << own;
    }
    EXPECT_EQ(request_of({}, {"install", "--set", "updateStrategyOfOurs.x=1"}).rollout, model::Rollout::orchestrated);
}

TEST(Rollout, TakesGracesByName) {
    const auto graces =
        request_of({}, {"upgrade", "--grace", "unschedulable=5m", "--grace", "image-pull = 1500ms"}).graces;
    EXPECT_EQ(graces.unschedulable, std::chrono::minutes(5));
    EXPECT_EQ(graces.image_pull, std::chrono::seconds(2)) << "rounded up";
    EXPECT_EQ(graces.provisioning, model::Graces().provisioning);
    EXPECT_EQ(request_of({}, {"uninstall", "--grace", "terminating=5m"}).graces.stuck_terminating,
              std::chrono::minutes(5));
    EXPECT_THAT(faults_of({}, {"upgrade", "--grace", "unschedulabel=5m"}),
                ElementsAre(HasSubstr("there is no grace \"unschedulabel\"")));
    EXPECT_THAT(faults_of({}, {"upgrade", "--grace", "unschedulable"}), ElementsAre(HasSubstr("name=duration")));
    EXPECT_THAT(faults_of({}, {"upgrade", "--grace", "unschedulable=soon"}),
                ElementsAre(HasSubstr("\"soon\" is no duration")));
    EXPECT_THAT(faults_of({}, {"upgrade", "--grace", "unschedulable=25h"}),
                ElementsAre(HasSubstr("longer than one day")));
}

TEST(Rollout, HasSafeDefaults) {
    const auto request = request_of({}, {"upgrade"});
    EXPECT_FALSE(request.force_quorum_risk);
    EXPECT_TRUE(request.availability_probe);
    EXPECT_EQ(request.on_failure, model::OnFailure::rollback);
    EXPECT_EQ(request.lock_timeout, std::chrono::minutes(2));
    EXPECT_EQ(request_of({}, {"upgrade", "--on-failure", "keep"}).on_failure, model::OnFailure::keep);
    EXPECT_EQ(request_of({}, {"uninstall", "--lock-timeout", "0s"}).lock_timeout, std::chrono::seconds(0));
}

}  // namespace inputs_test
