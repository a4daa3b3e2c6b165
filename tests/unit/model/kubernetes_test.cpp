#include "model/kubernetes.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace {

model::Pod pod_with(std::vector<model::Condition> conditions) {
    model::Pod pod;
    pod.conditions = std::move(conditions);
    return pod;
}

TEST(Pod, IsReadyOnlyWhenItsConditionIsTrue) {
    EXPECT_FALSE(pod_with({}).ready());
    EXPECT_FALSE(pod_with({{.type = "Ready", .status = "False"}}).ready());
    EXPECT_FALSE(pod_with({{.type = "Ready", .status = "Unknown"}}).ready());
    EXPECT_FALSE(pod_with({{.type = "ContainersReady", .status = "True"}}).ready());
    EXPECT_TRUE(pod_with({{.type = "Initialized", .status = "True"}, {.type = "Ready", .status = "True"}}).ready());
}

TEST(Pod, FindsAConditionByType) {
    const model::Pod pod = pod_with({{.type = "PodScheduled", .status = "False", .reason = "Unschedulable"}});
    ASSERT_NE(pod.condition("PodScheduled"), nullptr);
    EXPECT_EQ(pod.condition("PodScheduled")->reason, "Unschedulable");
    EXPECT_EQ(pod.condition("Ready"), nullptr);
}

TEST(Pod, CountsRestartsOfAllItsContainers) {
    model::Pod pod;
    EXPECT_EQ(pod.restarts(), 0);
    pod.containers = {{.name = "init", .restart_count = 1}, {.name = "etcd", .restart_count = 2}};
    EXPECT_EQ(pod.restarts(), 3);
    pod.containers.push_back({.name = "hostile", .restart_count = std::numeric_limits<std::int32_t>::max()});
    EXPECT_EQ(pod.restarts(), std::numeric_limits<std::int32_t>::max());
}

TEST(Job, IsAHookByItsAnnotation) {
    model::Job job;
    EXPECT_FALSE(job.is_hook());
    job.meta.annotations["helm.sh/hook"] = "pre-upgrade";
    EXPECT_TRUE(job.is_hook());
}

}  // namespace
