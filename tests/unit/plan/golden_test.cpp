// What a plan looks like to whoever reads it: the job summary of each kind of change.
#include "support/golden.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "plan/make.hpp"
#include "plan/removal.hpp"
#include "report/report.hpp"
#include "support/source_tree.hpp"
#include "unit/plan/facts.hpp"

namespace plan_test {
namespace {

using plan::Facts;

model::RunRecord record_of(model::Plan plan) {
    model::RunRecord record;
    record.action = model::Action::plan;
    record.release = "etcd";
    record.namespace_name = "anytrade";
    record.kubernetes_version = "v1.37.2";
    record.duration = std::chrono::milliseconds(800);
    if (plan.blocked()) {
        record.error = plan::refusal_of(plan);
    }
    record.plan = std::move(plan);
    return record;
}

struct Change {
    const char* name;
    Facts (*base)();
    std::function<void(Facts&)> change;
};

class APlanOf : public testing::TestWithParam<Change> {};

TEST_P(APlanOf, LooksAsItShould) {
    auto facts = GetParam().base();
    GetParam().change(facts);
    auto plan = plan::make(facts);
    ASSERT_TRUE(plan.has_value()) << plan.error().text();
    support::expect_golden(support::test_path("golden/plan/" + std::string(GetParam().name) + ".md"),
                           report::summary_markdown(record_of(std::move(*plan))) + "\n");
}

void refuse(Facts& facts, const char* text) {
    facts.objects[0].applied.clear();
    facts.objects[0].refusal = text;
}
constexpr auto fixed_fields =
    "StatefulSet.apps \"etcd\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than "
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' "
    "and 'minReadySeconds' are forbidden";

INSTANTIATE_TEST_SUITE_P(
    Kinds, APlanOf,
    testing::Values(
        Change{"install", fresh, [](Facts&) {}}, Change{"no_change", sound, [](Facts&) {}},
        Change{"template_change", sound,
               [](Facts& facts) {
                   change_set(facts, [](Json& set) { container(set)["resources"]["limits"]["memory"] = "1Gi"; });
               }},
        Change{"no_restart", sound,
               [](Facts& facts) {
                   auto budget = budget_json();
                   budget["metadata"]["labels"]["team"] = "infra";
                   facts.objects[1].manifest = facts.objects[1].applied = budget.dump();
               }},
        Change{"native_until_now", sound,
               [](Facts& facts) {
                   facts.set->on_delete = false;
                   auto set = set_json();
                   set["spec"]["updateStrategy"] = Json::parse(R"({"type": "RollingUpdate"})");
                   facts.objects[0] = trial(set);
               }},
        Change{"back_from_a_stuck_change", sound,
               [](Facts& facts) {
                   auto live = set_json();
                   container(live)["image"] = "quay.io/coreos/etcd:v3.7.99";
                   facts.objects[0].live = live.dump();
                   facts.set->status.update_revision = "r2";
                   facts.pods[2].meta.labels["controller-revision-hash"] = "r2";
                   facts.members.pop_back();
                   auto kept = set_json()["spec"]["template"];
                   kept["metadata"]["creationTimestamp"] = nullptr;
                   facts.revisions = {
                       {.name = "r1", .owner_uid = "set-uid", .pod_template = kept.dump()},
                       {.name = "r2", .owner_uid = "set-uid", .pod_template = live["spec"]["template"].dump()}};
               }},
        Change{"next_minor", sound,
               [](Facts& facts) {
                   for (int i = 0; i < 3; ++i) {
                       facts.members[static_cast<std::size_t>(i)] = member(i, "3.6.16");
                   }
                   auto live = set_json();
                   container(live)["image"] = "quay.io/coreos/etcd:v3.6.16";
                   facts.objects[0].live = live.dump();
               }},
        Change{"four_members", sound,
               [](Facts& facts) { change_set(facts, [](Json& set) { set["spec"]["replicas"] = 4; }); }},
        Change{"larger_volumes", sound,
               [](Facts& facts) {
                   change_set(facts, [](Json& set) {
                       set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] = "16Gi";
                   });
                   refuse(facts, fixed_fields);
               }},
        Change{"immutable_field", sound,
               [](Facts& facts) {
                   change_set(facts, [](Json& set) { set["spec"]["serviceName"] = "etcd-peers"; });
                   refuse(facts, fixed_fields);
               }},
        Change{"field_taken", sound,
               [](Facts& facts) {
                   auto live = set_json();
                   live["spec"]["minReadySeconds"] = 30;
                   facts.objects[0].live = live.dump();
                   change_set(facts, [](Json& set) { set["spec"]["minReadySeconds"] = 0; });
                   facts.objects[0].taken = {{.path = ".spec.minReadySeconds", .manager = "kubectl-edit"}};
               }},
        Change{"drift", sound,
               [](Facts& facts) {
                   facts.request.drift = true;
                   auto live = set_json();
                   container(live)["resources"]["limits"]["memory"] = "2Gi";
                   facts.deployed = facts.objects;
                   facts.deployed[0].live = live.dump();
                   facts.deployed[1].live.clear();
                   facts.objects[0].live = live.dump();
               }},
        Change{"missing_rights", sound,
               [](Facts& facts) {
                   facts.missing_rights = {{.group = "apps", .resource = "statefulsets", .verbs = {"patch"}}};
                   facts.role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n";
                   facts.notes = {"nodes could not be read, and what depends on them was not checked: forbidden"};
               }}),
    [](const auto& change) { return std::string(change.param.name); });

plan::Trial hook(const char* name, const char* event, const char* policy, bool is_there) {
    return trial(
        {{"kind", "Job"},
         {"metadata",
          {{"name", name}, {"annotations", {{"helm.sh/hook", event}, {"helm.sh/hook-delete-policy", policy}}}}}},
        is_there);
}

TEST(APlanOf, AnUninstallTellsWhatStaysAndHowToRemoveIt) {
    model::PersistentVolumeClaim claim;
    claim.meta.name = "data-etcd-0";
    claim.capacity = "8Gi";
    auto secret = Json::parse(R"({"kind": "Secret", "metadata": {"name": "etcd-ca",
                                  "annotations": {"helm.sh/resource-policy": "keep"}}})");
    auto plan = plan::plan_removal(
        {.release = "etcd",
         .namespace_name = "anytrade",
         .own_name = "etcd-deploy-etcd",
         .objects = {trial(set_json()), trial(secret)},
         .hooks = {hook("left-before", "pre-upgrade", "", true), hook("never-ran", "test", "", false),
                   hook("runs-and-stays", "pre-delete", "before-hook-creation", false),
                   hook("runs-and-goes", "post-delete", "hook-succeeded", false)},
         .claims = {claim}});
    ASSERT_TRUE(plan.has_value()) << plan.error().text();
    auto record = record_of(std::move(*plan));
    record.action = model::Action::uninstall;
    record.dry_run = true;
    support::expect_golden(support::test_path("golden/plan/uninstall.md"), report::summary_markdown(record) + "\n");
}

}  // namespace
}  // namespace plan_test
