// Each rule where it speaks, and just before.
#include <algorithm>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/make.hpp"
#include "plan/rule.hpp"
#include "unit/plan/facts.hpp"

namespace plan_test {
namespace {

using model::PlanFinding;
using plan::Facts;
using testing::HasSubstr;
using testing::IsEmpty;

struct Row {
    const char* rule;
    PlanFinding::Severity severity;
    Facts (*base)();
    std::function<void(Facts&)> fine;    // just before it speaks; may be empty
    std::function<void(Facts&)> broken;  // it does
    const char* says;                    // in its message
};

constexpr auto blocks = PlanFinding::Severity::blocking;
constexpr auto warns = PlanFinding::Severity::warning;

std::vector<PlanFinding> findings_of(const Facts& facts, std::string_view rule) {
    auto plan = plan::make(facts);
    EXPECT_TRUE(plan.has_value()) << plan.error().text();
    std::erase_if(plan->findings, [rule](const auto& finding) { return finding.rule != rule; });
    return plan->findings;
}

class APlanRule : public testing::TestWithParam<Row> {};

TEST_P(APlanRule, SaysNothingJustBefore) {
    auto facts = GetParam().base();
    if (GetParam().fine) {
        GetParam().fine(facts);
    }
    EXPECT_THAT(findings_of(facts, GetParam().rule), IsEmpty());
}

TEST_P(APlanRule, SaysWhatWhyAndWhatToDo) {
    auto facts = GetParam().base();
    GetParam().broken(facts);
    const auto findings = findings_of(facts, GetParam().rule);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].severity, GetParam().severity);
    EXPECT_THAT(findings[0].message, HasSubstr(GetParam().says));
    EXPECT_FALSE(findings[0].why.empty());
    EXPECT_FALSE(findings[0].hint.empty());
}

TEST_P(APlanRule, OnlyWarnsWhenItIsAllowed) {
    auto facts = GetParam().base();
    GetParam().broken(facts);
    facts.request.allow = {GetParam().rule};
    const auto findings = findings_of(facts, GetParam().rule);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].severity, warns);
    EXPECT_EQ(findings[0].allowed, GetParam().severity == blocks);
}

auto replicas(int number) {
    return [number](Facts& facts) { change_set(facts, [&](Json& set) { set["spec"]["replicas"] = number; }); };
}
auto image(const char* name) {
    return [name](Facts& facts) { ask_for_image(facts, name); };
}
auto from_to(const char* version, const char* wanted) {
    return [version, wanted](Facts& facts) {
        for (int i = 0; i < 3; ++i) {
            facts.members[static_cast<std::size_t>(i)] = member(i, version);
        }
        ask_for_image(facts, wanted);
    };
}
auto hard_anti_affinity(const char* cordoned) {
    return [cordoned](Facts& facts) {
        change_set(facts, [](Json& set) {
            set["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
               ["requiredDuringSchedulingIgnoredDuringExecution"] = Json::parse(
                   R"([{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "etcd"}}}])");
        });
        for (auto& node : *facts.nodes) {
            node.is_unschedulable = node.name == cordoned;
        }
    };
}
auto budget(const char* field, const Json& amount) {
    return [field, amount](Facts& facts) {
        auto object = budget_json();
        object["spec"].erase("minAvailable");
        object["spec"][field] = amount;
        facts.objects[1] = trial(object);
    };
}
auto values(const char* json) {
    return [json](Facts& facts) { facts.values = json; };
}
auto render_error(const char* text) {
    return [text](Facts& facts) {
        facts.render_error = text;
        facts.objects.clear();
    };
}
auto refused(const char* text) {
    return [text](Facts& facts) {
        facts.objects[1].refusal = text;
        facts.objects[1].applied.clear();
    };
}
auto size_of_volumes(const char* size) {
    return [size](Facts& facts) {
        change_set(facts, [size](Json& set) {
            set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] = size;
        });
        facts.objects[0].applied.clear();
        facts.objects[0].refusal = "updates to statefulset spec for fields other than … are forbidden";
    };
}
auto claims(int number) {
    return [number](Facts& facts) {
        for (int i = 0; i < number; ++i) {
            model::PersistentVolumeClaim claim;
            claim.meta.name = "data-etcd-" + std::to_string(i);
            claim.capacity = "8Gi";
            facts.claims.push_back(claim);
        }
    };
}
auto quota(const char* name, const char* hard, const char* used) {
    return [name, hard, used](Facts& facts) {
        facts.quotas = {{{.name = "team", .hard = {{name, hard}}, .used = {{name, used}}}}};
    };
}
void restart_all(Facts& facts) {
    change_set(facts, [](Json& set) { container(set)["env"][0]["value"] = "y"; });
}
void outdated(Facts& facts, std::size_t pod) {
    facts.pods[pod].meta.labels["controller-revision-hash"] = "r0";
}
auto bitnami(const char* values) {
    return [values](Facts& facts) {
        facts.chart.home = "https://bitnami.com";
        facts.values = values;
    };
}

INSTANTIATE_TEST_SUITE_P(
    Of, APlanRule,
    testing::Values(
        // members
        Row{"set-removed",
            blocks,
            sound,
            {},
            [](Facts& facts) { facts.objects.erase(facts.objects.begin()); },
            "would delete StatefulSet etcd"},
        Row{"member-count", blocks, sound, replicas(3), replicas(5), "from 3 to 5"},
        Row{"no-member", blocks, fresh, replicas(1), replicas(0), "no member"},
        Row{"even-members", blocks, fresh, replicas(5), replicas(4), "4 members are an even number"},
        Row{"single-member", blocks, fresh, replicas(3), replicas(1), "single member"},
        Row{"too-few-nodes", blocks, fresh, hard_anti_affinity(""), hard_anti_affinity("node2"),
            "there are 2 nodes on which one can run"},
        Row{"pdb-blocks-eviction", blocks, sound, budget("maxUnavailable", 1), budget("maxUnavailable", 0),
            "keep all 3"},
        Row{"pdb-foreign", blocks, sound,
            [](Facts& facts) { facts.budgets = {{{.name = "etcd", .selector = {{"app", "etcd"}}}}}; },
            [](Facts& facts) { facts.budgets = {{{.name = "team", .selector = {{"app", "etcd"}}}}}; },
            "PodDisruptionBudget team counts the members"},
        Row{"pdb-allows-quorum-loss", blocks, sound, budget("minAvailable", "51%"), budget("minAvailable", "33%"),
            "a quorum is 2"},
        // versions
        Row{"skipped-minor", blocks, sound, from_to("3.6.16", "etcd:v3.7.3"), from_to("3.5.32", "etcd:v3.7.3"),
            "3.5.32 to 3.7.3 skips"},
        Row{"downgrade", blocks, sound, image("etcd:v3.7.0"), image("etcd:v3.6.16"), "3.7.3 to 3.6.16 is a downgrade"},
        Row{"version-floor", blocks, sound, from_to("3.6.11", "etcd:v3.7.3"), from_to("3.6.10", "etcd:v3.7.3"),
            "has to be 3.6.11"},
        Row{"older-patch", warns, sound, image("etcd:v3.7.3"), image("etcd:v3.7.2"), "older patch"},
        Row{"unknown-tag", warns, sound, image("r:5000/etcd:v3.7.3@sha256:ab"), image("etcd:latest"), "etcd:latest"},
        // storage
        Row{"storage-class-missing",
            blocks,
            fresh,
            {},
            [](Facts& facts) { facts.classes->front().is_default = false; },
            "no StorageClass is the default"},
        Row{"storage-shrinks", blocks, sound, size_of_volumes("8192Mi"), size_of_volumes("4Gi"), "from 8Gi to 4Gi"},
        Row{"storage-grows", blocks, sound, size_of_volumes("8192Mi"), size_of_volumes("16Gi"), "from 8Gi to 16Gi"},
        Row{"leftover-data", blocks, fresh, {}, claims(3), "data-etcd-0 (8Gi), data-etcd-1 (8Gi)"},
        Row{"leftover-members", blocks, fresh,
            [](Facts& facts) {
                facts.request.leftover_data = model::LeftoverData::adopt;
                claims(3)(facts);
            },
            [](Facts& facts) {
                facts.request.leftover_data = model::LeftoverData::adopt;
                claims(2)(facts);
            },
            "the volumes of 2 members"},
        // charts
        Row{"insecure-images", blocks, sound, bitnami(R"({"image": {"repository": "x/etcd"}})"),
            render_error(
                "⚠ ERROR: Original containers have been substituted for unrecognized ones … allowInsecureImages"),
            "takes no image but its own"},
        Row{"missing-password", blocks, sound,
            bitnami(R"({"auth": {"rbac": {"create": true, "existingSecret": "s"}}})"),
            bitnami(R"({"auth": {"rbac": {"create": true}}})"), "auth.rbac is on"},
        Row{"set-string", blocks, sound, values(R"({"autoCompactionRetention": "1"})"),
            values(R"({"autoCompactionRetention": 1})"), "autoCompactionRetention is 1, a number"},
        Row{"chart-refuses", blocks, sound, {}, render_error("execution error at (x.yaml:1): no"), "no"},
        Row{"images-gone", blocks, sound, image("docker.io/bitnamilegacy/etcd:3.7.3"),
            image("docker.io/bitnami/etcd:3.7.3"), "is not published any more"},
        Row{"hook-unplaceable",
            warns,
            sound,
            {},
            [](Facts& facts) {
                facts.hooks = {trial(Json::parse(R"({"kind": "Job", "metadata": {"name": "etcd-pre-upgrade",
                  "annotations": {"helm.sh/hook": "pre-upgrade"}},
                  "spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}, "containers": []}}}})"))};
            },
            "no node has the labels"},
        Row{"memory-limit", warns, sound,
            [](Facts& facts) {
                change_set(facts, [](Json& set) { container(set)["resources"]["limits"]["memory"] = "384Mi"; });
            },
            [](Facts& facts) {
                change_set(facts, [](Json& set) { container(set)["resources"]["limits"]["memory"] = "383Mi"; });
            },
            "the memory limit is 383Mi"},
        Row{"unknown-setting", warns, sound, values(R"({"resources": {"limits": {}}, "global": {"x": 1}})"),
            values(R"({"replicaCont": 3})"), "replicaCont"},
        // what the API server says
        Row{"immutable-field",
            blocks,
            sound,
            {},
            [](Facts& facts) {
                change_set(facts, [](Json& set) { set["spec"]["serviceName"] = "other"; });
                facts.objects[0].applied.clear();
                facts.objects[0].refusal = "updates to statefulset spec for fields other than … are forbidden";
            },
            "spec.serviceName (etcd-headless → other)"},
        Row{"webhook-denies", blocks, sound, refused("exceeded quota: team"),
            refused("admission webhook \"policy.example\" denied the request: no"), "policy.example"},
        Row{"quota-exceeded", blocks, sound, refused("is invalid"), refused("exceeded quota: team, requested: pods=1"),
            "requested: pods=1"},
        Row{"string-expected", blocks, sound, refused("is invalid"),
            refused(".metadata.annotations.a: expected string, got &value.valueUnstructured{Value:1}"),
            "expected string"},
        Row{"refused-by-cluster", blocks, sound, refused("exceeded quota: team"),
            refused("spec.minAvailable: Invalid value"), "Invalid value"},
        Row{"field-taken",
            blocks,
            sound,
            {},
            [](Facts& facts) { facts.objects[0].taken = {{.path = ".spec.replicas", .manager = "kubectl"}}; },
            ".spec.replicas was set by kubectl"},
        Row{"api-warning",
            warns,
            sound,
            {},
            [](Facts& facts) { facts.objects[1].warnings = {"policy/v1beta1 PodDisruptionBudget is deprecated"}; },
            "is deprecated"},
        // the cluster
        Row{"rights",
            blocks,
            sound,
            {},
            [](Facts& facts) {
                facts.missing_rights = {{.group = "apps", .resource = "statefulsets", .verbs = {"patch"}}};
            },
            "patch statefulsets.apps"},
        Row{"too-old", blocks, sound, [](Facts& facts) { facts.kubernetes_version = "v1.28.0"; },
            [](Facts& facts) { facts.kubernetes_version = "v1.27.16"; }, "v1.27.16"},
        Row{"quota", blocks, fresh, quota("requests.memory", "2Gi", "512Mi"), quota("requests.memory", "2Gi", "513Mi"),
            "not for 3 more members"},
        // etcd as it is
        Row{"quorum-at-risk", blocks, sound,
            [](Facts& facts) {  // the change reaches the sick one: it is replaced first
                facts.members[1].linearizable_read.reset();
                restart_all(facts);
            },
            [](Facts& facts) {  // it does not: another that is outdated would go
                facts.members[1].linearizable_read.reset();
                outdated(facts, 2);
            },
            "etcd-1"},
        Row{"alarm", blocks, sound,
            [](Facts& facts) { facts.members[0].alarms = {{{.member_id = 1, .type = "NOSPACE"}}}; },
            [](Facts& facts) {
                facts.members[0].alarms = {{{.member_id = 1, .type = "NOSPACE"}}};
                restart_all(facts);
            },
            "NOSPACE"},
        Row{"rollout-under-way", blocks, sound,
            [](Facts& facts) {
                facts.set->on_delete = false;
                outdated(facts, 0);
            },
            [](Facts& facts) {
                facts.set->on_delete = false;
                outdated(facts, 0);
                facts.pods[2].meta.deleted = facts.now;
            },
            "right now (etcd-2)"},
        Row{"native-while-outdated", blocks, sound, [](Facts& facts) { outdated(facts, 0); },
            [](Facts& facts) {
                facts.is_orchestrated = false;
                outdated(facts, 0);
            },
            "etcd-0 is outdated"},
        Row{"release-pending", blocks, sound, [](Facts& facts) { facts.lock_holder = "run 7"; },
            [](Facts& facts) {
                facts.lock_holder = "run 7";
                facts.release->status = "pending-upgrade";
            },
            "run 7"},
        Row{"locked", warns, sound, {}, [](Facts& facts) { facts.lock_holder = "run 7"; }, "run 7"}),
    [](const auto& row) {
        std::string name = row.param.rule;
        std::ranges::replace(name, '-', '_');
        return name;
    });

TEST(PlanRules, AllHaveARowHere) {
    // gtest knows the rows by their names.
    for (const auto& rule : plan::all_rules()) {
        std::string name = "SaysNothingJustBefore/" + std::string(rule.name);
        std::ranges::replace(name, '-', '_');
        bool is_there = false;
        const auto& unit = *testing::UnitTest::GetInstance();
        for (int i = 0; i < unit.total_test_suite_count(); ++i) {
            const auto& suite = *unit.GetTestSuite(i);
            for (int k = 0; k < suite.total_test_count(); ++k) {
                is_there = is_there || suite.GetTestInfo(k)->name() == name;
            }
        }
        EXPECT_TRUE(is_there) << rule.name << " has no row in tests/unit/plan/rules_test.cpp";
    }
}

TEST(APlan, OfNothingNewHasNoFindingsAndNoChanges) {
    const auto plan = plan::make(sound());
    ASSERT_TRUE(plan.has_value()) << plan.error().text();
    EXPECT_THAT(plan->findings, IsEmpty());
    EXPECT_FALSE(plan->changes());
}

TEST(APlan, PointsAtTheLineOfTheValuesFile) {
    auto facts = fresh();
    replicas(4)(facts);
    const auto findings = findings_of(facts, "even-members");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].file, "values.yaml");
    EXPECT_EQ(findings[0].line, 12U);
}

TEST(APlan, SaysThatARuleThatIsAllowedDoesNotExist) {
    auto facts = sound();
    facts.request.allow = {"single-membre"};
    const auto findings = findings_of(facts, "unknown-rule");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_THAT(findings[0].hint, HasSubstr("single-member"));
}

TEST(APlan, KnowsTheFloorOfEachMinorVersion) {
    const auto is_below = [](const char* from, const char* to) {
        auto facts = sound();
        from_to(from, to)(facts);
        return !findings_of(facts, "version-floor").empty();
    };
    EXPECT_TRUE(is_below("3.5.31", "etcd:v3.6.16"));
    EXPECT_FALSE(is_below("3.5.32", "etcd:v3.6.16"));
    EXPECT_TRUE(is_below("3.6.10", "etcd:v3.7.3"));
    EXPECT_FALSE(is_below("3.6.11", "etcd:v3.7.3"));
}

TEST(APlan, TakesNoTagThatNeverRanForTheVersionThatRuns) {
    auto facts = sound();  // a first install with a mistyped tag, corrected
    facts.members.clear();
    for (auto& pod : facts.pods) {
        pod.containers[0].running = pod.containers[0].ready = false;
    }
    auto live = set_json();
    container(live)["image"] = "quay.io/coreos/etcd:v3.77.0";
    facts.objects[0].live = live.dump();
    EXPECT_THAT(plan::make(facts)->findings, IsEmpty());
    facts.last_version = "3.6.16";  // verified before
    ask_for_image(facts, "quay.io/coreos/etcd:v3.5.35");
    EXPECT_EQ(findings_of(facts, "downgrade").size(), 1U);
}

TEST(APlan, LeavesAMemberThatHasJustBegunToTheRun) {
    auto facts = sound();
    facts.members[2].linearizable_read.reset();
    outdated(facts, 0);
    EXPECT_EQ(findings_of(facts, "quorum-at-risk").size(), 1U);
    auto young = facts;
    young.pods[2].meta.created = young.now - std::chrono::seconds(20);
    EXPECT_THAT(findings_of(young, "quorum-at-risk"), IsEmpty());
    facts.was_cut_off = true;
    EXPECT_THAT(findings_of(facts, "quorum-at-risk"), IsEmpty());
}

TEST(APlan, TrustsKubernetesToHealOnlyTheMemberThatItTakesFirst) {
    for (const auto& [ill, is_refused] : {std::pair(2U, false), std::pair(0U, true)}) {
        auto facts = sound();
        facts.is_orchestrated = facts.sets_strategy = false;
        facts.members[ill].linearizable_read.reset();
        restart_all(facts);
        EXPECT_EQ(findings_of(facts, "quorum-at-risk").size(), is_refused ? 1U : 0U) << ill;
    }
}

TEST(APlan, DoesNotCountTheTrialPodBesideThoseThatRun) {
    auto facts = sound();
    facts.pod = trial(Json::parse(R"({"kind": "Pod", "metadata": {"name": "etcd-0"}})"), false);
    facts.pod->refusal = "exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3";
    EXPECT_THAT(findings_of(facts, "quota-exceeded"), IsEmpty());
    facts.pods.clear();
    EXPECT_EQ(findings_of(facts, "quota-exceeded").size(), 1U);
}

TEST(APlan, FinishesARollingThatHealsNospace) {
    auto facts = sound();
    facts.members[0].alarms = {{{.member_id = 1, .type = "NOSPACE"}}};
    outdated(facts, 1);  // a run before has given the new quota to some
    EXPECT_THAT(findings_of(facts, "alarm"), IsEmpty());
    facts.members[0].alarms = {{{.member_id = 1, .type = "CORRUPT"}}};
    EXPECT_EQ(findings_of(facts, "alarm").size(), 1U);
}

TEST(APlan, TellsARefusalBesideASizeThatIsOnlyWrittenOtherwise) {
    auto facts = sound();
    size_of_volumes("8192Mi")(facts);
    facts.objects[0].refusal = "spec.template.spec.containers[0].livenessProbe: Invalid value";
    EXPECT_EQ(findings_of(facts, "refused-by-cluster").size(), 1U);
}

TEST(APlan, SaysWhatHoldsMembersBackAndHowToGiveItUp) {
    auto facts = sound();
    for (auto& object : facts.objects) {
        if (object.object.kind == "StatefulSet") {
            object.refusal =
                "StatefulSet.apps \"etcd\" is invalid: spec.updateStrategy.rollingUpdate: Invalid value: {}: only "
                "allowed "
                "for updateStrategy 'RollingUpdate'";
        }
    }
    EXPECT_FALSE(findings_of(facts, "refused-by-cluster").at(0).message.contains("partition")) << "there is none";
    facts.set->partition = 2;
    const auto findings = findings_of(facts, "refused-by-cluster");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_TRUE(findings[0].message.contains("rollingUpdate.partition")) << findings[0].message;
    EXPECT_TRUE(findings[0].hint.contains("kubectl patch statefulset etcd")) << findings[0].hint;
}

TEST(APlan, NeverDeletesTheVolumesOfMembersThatLive) {
    auto facts = sound();
    facts.release.reset();  // helm's record is lost
    facts.request.leftover_data = model::LeftoverData::remove;
    claims(3)(facts);
    EXPECT_EQ(findings_of(facts, "leftover-data").size(), 1U);
    EXPECT_EQ(plan::make(facts)->objects.size(), 2U);
}

TEST(APlan, TellsTheVolumesThatItWouldDelete) {
    auto facts = fresh();
    facts.request.leftover_data = model::LeftoverData::remove;
    claims(3)(facts);
    const auto plan = plan::make(facts);
    EXPECT_THAT(plan->findings, IsEmpty());
    EXPECT_EQ(std::ranges::count(plan->objects, model::ObjectChange::Kind::remove, &model::ObjectChange::kind), 3);
}

TEST(APlan, LetsTheSettingsOfTheOperationsReadmePass) {
    auto facts = fresh();
    facts.values = R"({"replicaCount": 3, "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}}})";
    const auto plan = plan::make(facts);
    ASSERT_TRUE(plan.has_value());
    EXPECT_THAT(plan->findings, IsEmpty());
}

}  // namespace
}  // namespace plan_test
