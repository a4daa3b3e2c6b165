#include "plan/diff.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using model::FieldChange;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::nullopt_t none = std::nullopt;

struct Case {
    const char* name;
    const char* before;
    const char* after;
    std::vector<FieldChange> changes;
};

class Diff : public testing::TestWithParam<Case> {};

TEST_P(Diff, IsToldFieldByField) {
    const auto changes = plan::diff(GetParam().before, GetParam().after);
    ASSERT_TRUE(changes.has_value()) << changes.error().text();
    EXPECT_EQ(*changes, GetParam().changes);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Diff,
    testing::Values(
        Case{"EqualObjects", R"({"a": 1})", R"({"a": 1})", {}},
        Case{
            "SecretVariablesWhoseNamesStandTwice",
            R"({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "ROOT_PASSWORD", "value": "x"}]})",
            R"({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "ROOT_PASSWORD", "value": "y"}]})",
            {{"env[2].value", "(secret)", "(secret)"}}},
        Case{"ALineOfAFileThatHoldsASecret",
             R"({"data": {"etcd.conf.yaml": "name: a\npassword: x\n"}})",
             R"({"data": {"etcd.conf.yaml": "name: b\npassword: y\n"}})",
             {{"data[\"etcd.conf.yaml\"]", "name: a\n(secret)\n", "name: b\n(secret)\n"}}},
        Case{"ArgumentsThatHoldASecret",
             R"({"args": ["--user", "root", "--root-token=x", "--password", "x"]})",
             R"({"args": ["--user", "root", "--root-token=y", "--password", "y"]})",
             {{"args", R"x(["--user","root","(secret)","--password","(secret)"])x",
               R"x(["--user","root","(secret)","--password","(secret)"])x"}}},
        Case{"WhatHelmAddsAsItApplies",
             R"({"metadata": {"annotations": {"meta.helm.sh/release-name": "etcd", "a": "1"},
                              "labels": {"app.kubernetes.io/managed-by": "Helm"}}})",
             R"({"metadata": {"annotations": {"a": "1"}}})",
             {}},
        Case{"ANumberAndAText",
             R"({"spec": {"n": 1, "t": "x"}})",
             R"({"spec": {"n": 2, "t": "y"}})",
             {{"spec.n", "1", "2"}, {"spec.t", "x", "y"}}},
        Case{"AFieldThatIsNew", R"({"spec": {}})", R"({"spec": {"a": {"b": true}}})", {{"spec.a.b", none, "true"}}},
        Case{"AFieldThatGoes", R"({"spec": {"a": {"b": true}}})", R"({"spec": {}})", {{"spec.a.b", "true", none}}},
        Case{"AnEmptyObjectThatIsNew",
             R"({"spec": {}})",
             R"({"spec": {"emptyDir": {}}})",
             {{"spec.emptyDir", none, "{}"}}},
        Case{"AnotherKindOfValue", R"({"a": {"b": 1}})", R"({"a": [1]})", {{"a", R"({"b":1})", "[1]"}}},
        Case{"AListOfTexts",
             R"({"args": ["a", "b"]})",
             R"({"args": ["a", "c"]})",
             {{"args", R"(["a","b"])", R"(["a","c"])"}}},
        Case{"AContainerByItsName",
             R"({"containers": [{"name": "etcd", "image": "a"}, {"name": "x", "image": "x"}]})",
             R"({"containers": [{"name": "x", "image": "x"}, {"name": "etcd", "image": "b"}]})",
             {{"containers[etcd].image", "a", "b"}}},
        Case{"AContainerMore",
             R"({"containers": [{"name": "etcd"}]})",
             R"({"containers": [{"name": "etcd"}, {"name": "log", "image": "x"}]})",
             {{"containers[log].image", none, "x"}, {"containers[log].name", none, "log"}}},
        Case{"APortByItsNumber",
             R"({"ports": [{"port": 2379, "targetPort": 1}]})",
             R"({"ports": [{"port": 2379, "targetPort": 2}]})",
             {{"ports[2379].targetPort", "1", "2"}}},
        Case{"ElementsWithoutNames",
             R"({"terms": [{"weight": 1}, {"weight": 1}]})",
             R"({"terms": [{"weight": 1}, {"weight": 2}]})",
             {{"terms[1].weight", "1", "2"}}},
        Case{"ElementsOfOneName",
             R"({"l": [{"name": "a", "v": 1}, {"name": "a", "v": 2}]})",
             R"({"l": [{"name": "a", "v": 1}, {"name": "a", "v": 3}]})",
             {{"l[1].v", "2", "3"}}},
        Case{
            "AnAnnotationWithDots",
            R"({"metadata": {"annotations": {}}})",
            R"({"metadata": {"annotations": {"checksum/config": "x", "a.b": "y"}}})",
            {{R"(metadata.annotations["a.b"])", none, "y"}, {R"(metadata.annotations["checksum/config"])", none, "x"}}},
        Case{
            "WhatTheServerWrites",
            R"({"metadata": {"resourceVersion": "1", "generation": 1, "uid": "a", "managedFields": []}, "status": {"n": 1}})",
            R"({"metadata": {"resourceVersion": "2", "generation": 2, "uid": "b"}, "status": {"n": 2}})",
            {}},
        Case{"WhatKubectlWrites",
             R"({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}})",
             R"({"metadata": {}})",
             {}},
        Case{"ControlSigns", R"({"a": "x"})", R"({"a": "\u001b[31mred"})", {{"a", "x", "red"}}}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(OfASecret, Diff,
                         testing::Values(Case{"ItsData",
                                              R"({"kind": "Secret", "data": {"a": "MQ=="}})",
                                              R"({"kind": "Secret", "data": {"a": "Mg==", "b": "Mw=="}})",
                                              {{"data.a", "(secret)", "(secret)"}, {"data.b", none, "(secret)"}}},
                                         Case{"ItsDataAsAWhole",
                                              R"({"kind": "Secret"})",
                                              R"({"kind": "Secret", "data": {"a": "Mg=="}})",
                                              {{"data.a", none, "(secret)"}}},
                                         Case{"ItsLabelsAreNone",
                                              R"({"kind": "Secret", "metadata": {"labels": {"a": "1"}}})",
                                              R"({"kind": "Secret", "metadata": {"labels": {"a": "2"}}})",
                                              {{"metadata.labels.a", "1", "2"}}},
                                         Case{"AVariableThatIsNamedLikeOne",
                                              R"({"env": [{"name": "ROOT_PASSWORD", "value": "old"}]})",
                                              R"({"env": [{"name": "ROOT_PASSWORD", "value": "new"}]})",
                                              {{"env[ROOT_PASSWORD].value", "(secret)", "(secret)"}}},
                                         Case{"AVariableThatIsNot",
                                              R"({"env": [{"name": "LEVEL", "value": "old"}]})",
                                              R"({"env": [{"name": "LEVEL", "value": "new"}]})",
                                              {{"env[LEVEL].value", "old", "new"}}},
                                         Case{"AFieldThatIsNamedLikeOne",
                                              R"({"spec": {"password": "old"}})",
                                              R"({"spec": {"password": "new"}})",
                                              {{"spec.password", "(secret)", "(secret)"}}}),
                         [](const auto& one) { return one.param.name; });

TEST(DiffOfACreatedObject, IsAllThatTheManifestSetsButItsName) {
    const auto fields = plan::fields_of(
        R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "etcd", "namespace": "x"}, "spec": {"clusterIP": "None"}})");
    ASSERT_TRUE(fields.has_value());
    EXPECT_THAT(*fields, ElementsAre(FieldChange{"spec.clusterIP", none, "None"}));
}

TEST(DiffOfHostileAnswers, IsAnError) {
    EXPECT_FALSE(plan::diff("{}", "").has_value());
    EXPECT_FALSE(plan::diff("[]", "{}").has_value());
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    EXPECT_FALSE(plan::diff("{}", R"({"a": )" + deep + "}").has_value());
    const auto odd_kind = plan::diff(R"({"kind": 1})", R"({"kind": 1})");
    ASSERT_TRUE(odd_kind.has_value());
    EXPECT_THAT(*odd_kind, IsEmpty());
}

}  // namespace
