// Where the scheduler may put a pod.
#include "plan/placement.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/plan/facts.hpp"

namespace plan_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A spec whose node affinity is one term of that one requirement.
Json asks_for(const std::string& requirement) {
    return Json::parse(
        R"({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [)" +
        requirement + "]}}}}");
}
Json asks_for_label(const std::string& requirement) {
    return asks_for(R"({"matchExpressions": [)" + requirement + "]}");
}

struct Requirement {
    const char* means;
    const char* text;
    bool holds;
};
class ARequirement : public testing::TestWithParam<Requirement> {};

// https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#operators
TEST_P(ARequirement, IsReadAsTheSchedulerReadsIt) {
    auto here = node("node1");
    here.labels["zone"] = "a";
    here.labels["disks"] = "4";
    EXPECT_EQ(plan::may_run_on(here, asks_for_label(GetParam().text)), GetParam().holds);
}

INSTANTIATE_TEST_SUITE_P(
    Operators, ARequirement,
    testing::Values(Requirement{"OneOfTheValues", R"({"key": "zone", "operator": "In", "values": ["b", "a"]})", true},
                    Requirement{"NoneOfTheValues", R"({"key": "zone", "operator": "In", "values": ["b"]})", false},
                    Requirement{"NoSuchLabel", R"({"key": "rack", "operator": "In", "values": ["b"]})", false},
                    Requirement{"NotTheValue", R"({"key": "zone", "operator": "NotIn", "values": ["b"]})", true},
                    Requirement{"NotWithoutTheLabel", R"({"key": "rack", "operator": "NotIn", "values": ["b"]})", true},
                    Requirement{"NotButItIs", R"({"key": "zone", "operator": "NotIn", "values": ["a"]})", false},
                    Requirement{"Exists", R"({"key": "zone", "operator": "Exists"})", true},
                    Requirement{"ExistsNot", R"({"key": "rack", "operator": "Exists"})", false},
                    Requirement{"IsAbsent", R"({"key": "rack", "operator": "DoesNotExist"})", true},
                    Requirement{"IsNotAbsent", R"({"key": "zone", "operator": "DoesNotExist"})", false},
                    Requirement{"Greater", R"({"key": "disks", "operator": "Gt", "values": ["3"]})", true},
                    Requirement{"NotGreater", R"({"key": "disks", "operator": "Gt", "values": ["4"]})", false},
                    Requirement{"Less", R"({"key": "disks", "operator": "Lt", "values": ["5"]})", true},
                    Requirement{"NoNumber", R"({"key": "zone", "operator": "Gt", "values": ["3"]})", false},
                    Requirement{"OneOfANewKind", R"({"key": "zone", "operator": "Near", "values": ["b"]})", true}),
    [](const auto& of) { return std::string(of.param.means); });

TEST(Placement, NeedsOneTermAndOfThatAllRequirements) {
    const auto here = node("node1");
    const auto this_node =
        std::string(R"({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node1"]}]})");
    const auto other_node =
        std::string(R"({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node2"]}]})");
    EXPECT_TRUE(plan::may_run_on(here, asks_for(other_node + "," + this_node)));
    EXPECT_FALSE(plan::may_run_on(here, asks_for(other_node)));
    EXPECT_FALSE(plan::may_run_on(here, asks_for("{}"))) << "a term that asks for nothing matches nothing";
    EXPECT_TRUE(plan::may_run_on(here, Json::object()));
}

TEST(Placement, SaysWhatStandsInTheWayFirst) {
    auto cordoned = node("node1");
    cordoned.is_unschedulable = true;
    auto tainted = node("node2");
    tainted.taints = {{.key = "only", .value = "db", .effect = "NoExecute"}};
    const std::vector nodes{cordoned, tainted};
    const auto zone = asks_for_label(R"({"key": "zone", "operator": "Exists"})");
    EXPECT_THAT(plan::why_no_node(nodes, zone), HasSubstr("labels"));
    EXPECT_THAT(plan::why_no_node(nodes, Json::object()), HasSubstr("cordoned"));
    EXPECT_THAT(plan::why_no_node({cordoned}, Json::parse(R"({"tolerations": [{"operator": "Exists"}]})")), IsEmpty());
    auto pod = Json::parse(R"({"tolerations": [{"key": "only", "value": "db"}],
        "containers": [{"resources": {"requests": {"cpu": "3", "memory": "1Gi"}}},
                       {"resources": {"requests": {"cpu": "2"}}}]})");
    EXPECT_THAT(plan::why_no_node(nodes, pod), HasSubstr("large enough"));
    pod["containers"].erase(1);
    EXPECT_THAT(plan::why_no_node(nodes, pod), IsEmpty());
}

}  // namespace
}  // namespace plan_test
