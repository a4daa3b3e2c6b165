#include "plan/additions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> added(const std::string& live) {
    std::vector<std::string> lines;
    const auto fields = plan::additions_of_others(live);
    EXPECT_TRUE(fields.has_value());
    for (const auto& field : fields.value_or(std::vector<model::FieldChange>())) {
        lines.push_back(field.path + " " + field.before.value_or("-") + " " + field.after.value_or("-"));
    }
    return lines;
}

// As kubectl set env, kubectl label and kubectl edit leave it; shortened.
constexpr const char* set = R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"etcd",
  "labels":{"app":"etcd","team":"x"},"managedFields":[
  {"manager":"helm","operation":"Apply","fieldsV1":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},
    "f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"etcd\"}":{".":{},"f:name":{},"f:env":{
      "k:{\"name\":\"ETCD_NAME\"}":{".":{},"f:name":{},"f:value":{}}}}}}}}}},
  {"manager":"kubectl-set","operation":"Update","fieldsV1":{"f:spec":{"f:template":{"f:spec":{"f:containers":{
    "k:{\"name\":\"etcd\"}":{"f:env":{"k:{\"name\":\"FOO\"}":{".":{},"f:name":{},"f:value":{}},
      "k:{\"name\":\"ROOT_PASSWORD\"}":{".":{},"f:name":{},"f:value":{}}}}}}}}}},
  {"manager":"kubectl-label","operation":"Update","fieldsV1":{"f:metadata":{"f:labels":{"f:team":{},"f:app":{}}}}},
  {"manager":"kube-controller-manager","operation":"Update","fieldsV1":{"f:metadata":{"f:annotations":{"f:own":{}}}}},
  {"manager":"somebody","operation":"Update","subresource":"status","fieldsV1":{"f:status":{"f:replicas":{}}}}]},
  "spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"etcd","env":[{"name":"ETCD_NAME","value":"a"},
    {"name":"FOO","value":"bar"},{"name":"ROOT_PASSWORD","value":"hunter2"}]}]}}},"status":{"replicas":3}})";

TEST(AdditionsOfOthers, AreWhatOnlyOthersHaveSet) {
    EXPECT_THAT(added(set),
                ElementsAre("metadata.labels.team - x", "spec.template.spec.containers[etcd].env[FOO].name - FOO",
                            "spec.template.spec.containers[etcd].env[FOO].value - bar",
                            "spec.template.spec.containers[etcd].env[ROOT_PASSWORD].name - ROOT_PASSWORD",
                            "spec.template.spec.containers[etcd].env[ROOT_PASSWORD].value - (secret)"));
}

TEST(AdditionsOfOthers, AreNoneOfHelmOfTheRunnerAndOfControllers) {
    for (const std::string manager : {"helm", "etcd-deploy", "kube-controller-manager", "etcd-deploy-rollout"}) {
        EXPECT_THAT(added(R"({"kind":"ConfigMap","data":{"a":"b"},"metadata":{"managedFields":[{"manager":")" +
                          manager + R"(","fieldsV1":{"f:data":{"f:a":{}}}}]}})"),
                    IsEmpty());
    }
}

TEST(AdditionsOfOthers, SurviveNonsense) {
    for (const std::string fields :
         {"null", "1", "[]", R"({"f:data":{"f:a":1}})", R"({"k:":{},"":{},"k:{":{"f:x":{}}})",
          R"({"f:data":{"k:{\"name\":1}":{"f:x":{}}}})"}) {
        EXPECT_TRUE(plan::additions_of_others(R"({"kind":"ConfigMap","data":{"a":"b"},"metadata":{"managedFields":[)"
                                              R"({"manager":"x","fieldsV1":)" +
                                              fields + "}]}}")
                        .has_value())
            << fields;
    }
    EXPECT_FALSE(plan::additions_of_others("[]").has_value());
}

}  // namespace
