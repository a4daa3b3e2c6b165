// A plan that was agreed to, against what the plan is now.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/make.hpp"
#include "report/report.hpp"
#include "unit/plan/facts.hpp"

namespace plan_test {
namespace {

using plan::Facts;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string agreed_to(const Facts& facts) {
    model::RunRecord record;
    record.action = model::Action::plan;
    record.plan = plan::make(facts).value();
    return report::result_json(record);
}

Facts with_a_change() {
    auto facts = sound();
    ask_for_image(facts, "quay.io/coreos/etcd:v3.7.4");
    return facts;
}

TEST(AnAgreedPlan, HoldsWhileNothingMoves) {
    const auto moved = plan::moved_since(agreed_to(with_a_change()), plan::make(with_a_change()).value());
    ASSERT_TRUE(moved.has_value()) << moved.error().text();
    EXPECT_THAT(*moved, IsEmpty());
}

struct Move {
    const char* name;
    std::function<void(Facts&)> change;
    const char* says;
};

class AnAgreedPlanThatMoved : public testing::TestWithParam<Move> {};

TEST_P(AnAgreedPlanThatMoved, IsToldByWhatMoved) {
    auto facts = with_a_change();
    GetParam().change(facts);
    const auto moved = plan::moved_since(agreed_to(with_a_change()), plan::make(facts).value());
    ASSERT_TRUE(moved.has_value());
    EXPECT_THAT(*moved, testing::Contains(HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    By, AnAgreedPlanThatMoved,
    testing::Values(
        Move{"ARevision", [](Facts& facts) { facts.release->revision = 5; },
             "the release's revision is 5 (deployed), and was 4 (deployed)"},
        Move{"AReplacedPod", [](Facts& facts) { facts.pods[1].meta.uid = "another"; }, "pod etcd-1 is another"},
        Move{"AMissingPod", [](Facts& facts) { facts.pods.pop_back(); }, "pod etcd-2 is not there any more"},
        Move{"AnotherCluster", [](Facts& facts) { facts.members[0].status->cluster_id = 9; }, "etcd's cluster ID is 9"},
        Move{"AnotherImage", [](Facts& facts) { ask_for_image(facts, "quay.io/coreos/etcd:v3.7.5"); },
             "StatefulSet etcd is not what it was"},
        Move{"AnObjectMore",
             [](Facts& facts) {
                 facts.objects.push_back(
                     trial(Json::parse(R"({"kind": "Service", "metadata": {"name": "x"}})"), false));
             },
             "Service x is not what it was"}),
    [](const auto& move) { return std::string(move.param.name); });

TEST(AnAgreedPlan, ThatIsMangledHasMoved) {
    for (const char* fields : {R"({"a":1})", R"("x")", "3", "[3]", "[[]]"}) {
        const auto document = std::string(R"({"plan": {"basis": [], "objects": [
            {"kind": "StatefulSet", "name": "etcd", "change": "change", "fields": )") +
                              fields + "}]}}";
        const auto moved = plan::moved_since(document, plan::make(with_a_change()).value());
        ASSERT_TRUE(moved.has_value()) << fields;
        EXPECT_THAT(*moved, testing::Contains(HasSubstr("StatefulSet etcd is not what it was"))) << fields;
    }
}

TEST(AnAgreedPlan, IsNoOtherFile) {
    for (const char* text : {"", "[]", "{}", R"({"plan": {}})", R"({"plan": {"basis": 1, "objects": []}})"}) {
        const auto moved = plan::moved_since(text, plan::make(sound()).value());
        ASSERT_FALSE(moved.has_value()) << text;
        EXPECT_EQ(moved.error().code, base::ErrorCode::bad_input);
    }
}

}  // namespace
}  // namespace plan_test
