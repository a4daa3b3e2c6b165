// Which pods a change replaces, in which order, and how many members may fail meanwhile.
#include "plan/forecast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/trial_pod.hpp"
#include "unit/plan/facts.hpp"

namespace plan_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

plan::Change change() {
    auto facts = sound();
    return {.before = facts.set,
            .after = *facts.set,
            .fields = {{.path = "spec.template.spec.containers[etcd].image", .before = "a", .after = "b"}},
            .pods = facts.pods,
            .members = facts.members};
}

std::vector<std::string> restarted(const plan::Change& of) {
    std::vector<std::string> pods;
    for (const auto& restart : plan::forecast(of).restarts) {
        pods.push_back(restart.pod);
    }
    return pods;
}

TEST(AForecast, HasFollowersFromTheHighestOrdinalAndTheLeaderLast) {
    auto of = change();
    EXPECT_THAT(restarted(of), ElementsAre("etcd-2", "etcd-1", "etcd-0"));
    for (auto& member : of.members) {
        member.status->leader_id = 2;
    }
    EXPECT_THAT(restarted(of), ElementsAre("etcd-2", "etcd-0", "etcd-1"));
}

TEST(AForecast, HasASickMemberFirst) {
    auto of = change();
    of.members[1].linearizable_read.reset();
    const auto forecast = plan::forecast(of);
    ASSERT_EQ(forecast.restarts.size(), 3U);
    EXPECT_EQ(forecast.restarts[0].pod, "etcd-1");
    EXPECT_EQ(forecast.restarts[0].role, "serves nothing");
    EXPECT_EQ(forecast.may_fail_before, 0U);
}

TEST(AForecast, CountsAMemberThatDoesNotRunAsOneThatServesNothing) {
    auto of = change();
    of.members.erase(of.members.begin() + 1);  // only those that run are asked
    const auto forecast = plan::forecast(of);
    ASSERT_EQ(forecast.restarts.size(), 3U);
    EXPECT_EQ(forecast.restarts[0].pod, "etcd-1");
    EXPECT_EQ(forecast.restarts[0].role, "serves nothing");
    EXPECT_EQ(forecast.may_fail_before, 0U);
    EXPECT_EQ(forecast.may_fail_after, 1U);
}

TEST(AForecast, OfKubernetesGoesByOrdinalsAlone) {
    auto of = change();
    of.is_orchestrated = false;
    for (auto& member : of.members) {
        member.status->leader_id = 3;
    }
    EXPECT_THAT(restarted(of), ElementsAre("etcd-2", "etcd-1", "etcd-0"));
}

TEST(AForecast, RestartsNobodyWhereTheTemplateStays) {
    auto of = change();
    of.fields = {{.path = "spec.minReadySeconds", .before = "0", .after = "1"}};
    const auto forecast = plan::forecast(of);
    EXPECT_THAT(forecast.restarts, IsEmpty());
    EXPECT_THAT(forecast.stay, ElementsAre("etcd-0", "etcd-1", "etcd-2"));
}

TEST(AForecast, RestartsWhatIsOutdatedAlready) {
    auto of = change();
    of.fields.clear();
    of.pods[1].meta.labels["controller-revision-hash"] = "r0";
    EXPECT_THAT(restarted(of), ElementsAre("etcd-1"));
}

TEST(AForecast, HasAMemberThatIsTriedAgainThoughItsTemplateStays) {
    auto of = change();
    of.fields.clear();
    of.members.erase(of.members.begin());
    of.pods[0].containers = {{.name = "etcd", .waiting_reason = "CrashLoopBackOff"}};
    const auto forecast = plan::forecast(of);
    ASSERT_EQ(forecast.restarts.size(), 1U);
    EXPECT_EQ(forecast.restarts[0].pod, "etcd-0");
    EXPECT_TRUE(forecast.restarts[0].is_retry);
    of.is_orchestrated = false;
    EXPECT_THAT(restarted(of), IsEmpty()) << "Kubernetes leaves it to the kubelet";
}

TEST(AForecast, SparesWhatIsBelowThePartition) {
    auto of = change();
    of.after.partition = 2;
    EXPECT_THAT(restarted(of), ElementsAre("etcd-2"));
}

struct Tolerance {
    std::size_t members;
    std::size_t before;
    std::optional<std::size_t> meanwhile;
};
class AForecastOf : public testing::TestWithParam<Tolerance> {};

TEST_P(AForecastOf, CountsHowManyMayFail) {
    auto of = change();
    of.before->replicas = of.after.replicas = static_cast<std::int32_t>(GetParam().members);
    of.pods.clear();
    of.members.clear();
    for (int i = 0; i < of.after.replicas; ++i) {
        of.pods.push_back(pod(i));
        of.members.push_back(member(i));
    }
    const auto forecast = plan::forecast(of);
    EXPECT_EQ(forecast.may_fail_before, GetParam().before);
    EXPECT_EQ(forecast.may_fail_meanwhile, GetParam().meanwhile);
    EXPECT_EQ(forecast.may_fail_after, GetParam().before);
}
INSTANTIATE_TEST_SUITE_P(Members, AForecastOf,
                         testing::Values(Tolerance{1, 0, std::nullopt}, Tolerance{2, 0, std::nullopt},
                                         Tolerance{3, 1, 0}, Tolerance{5, 2, 1}, Tolerance{7, 3, 2}));

TEST(ATrialPod, IsWhatTheSetsControllerWouldMake) {
    auto set = set_json();
    set["spec"]["template"]["spec"]["serviceAccountName"] = "not-made-yet";
    const auto pod = plan::trial_pod(trial(set, false));
    ASSERT_TRUE(pod.has_value());
    EXPECT_EQ(pod->name, "etcd-0");
    const auto object = Json::parse(pod->json);
    EXPECT_EQ(object["metadata"]["name"], "etcd-dry-run");
    EXPECT_EQ(object["metadata"]["labels"]["app"], "etcd");
    EXPECT_EQ(object["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "data-etcd-0");
    EXPECT_THAT(pod->json, Not(HasSubstr("not-made-yet")));
}

TEST(ATrialPod, IsMadeOfAnAnswerThatMakesNoSense) {
    auto set = set_json();
    set["spec"]["template"]["spec"]["volumes"] = "none";
    const auto pod = plan::trial_pod(trial(set, false));
    ASSERT_TRUE(pod.has_value());
    EXPECT_EQ(Json::parse(pod->json)["spec"]["volumes"].size(), 1U);
}

TEST(ATrialPod, IsNoneWhereNoPodWouldBeAnother) {
    EXPECT_FALSE(plan::trial_pod(trial(set_json())).has_value());
    EXPECT_FALSE(plan::trial_pod(trial(budget_json(), false)).has_value());
    auto refused = trial(set_json(), false);
    refused.applied.clear();
    EXPECT_FALSE(plan::trial_pod(refused).has_value());
}

}  // namespace
}  // namespace plan_test
