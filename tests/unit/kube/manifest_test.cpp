#include "kube/manifest.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(AManifest, IsReadAsItsObjects) {
    const auto objects = kube::read_manifest(
        "---\n# Source: a.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: etcd\n  namespace: x\nspec:\n"
        "  ports: [{port: 2379}]\n"
        "---\n# Source: nothing.yaml\n"
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: etcd}\nspec: {replicas: 3, serviceName: "
        "\"3\"}\n");
    ASSERT_TRUE(objects.has_value()) << objects.error().text();
    ASSERT_EQ(objects->size(), 2U);
    const auto& service = objects->front();
    EXPECT_EQ(service.api_version, "v1");
    EXPECT_EQ(service.kind, "Service");
    EXPECT_EQ(service.name, "etcd");
    EXPECT_EQ(service.namespace_name, "x");
    EXPECT_EQ(service.replicas, std::nullopt);
    EXPECT_THAT(service.yaml, HasSubstr("ports: [{port: 2379}]"));
    EXPECT_EQ(
        service.json,
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"etcd","namespace":"x"},"spec":{"ports":[{"port":"2379"}]}})");
    EXPECT_EQ(objects->back().kind, "StatefulSet");
    EXPECT_EQ(objects->back().replicas, 3);
}

TEST(AManifest, MayHoldLinesThatOnlyLookLikeABeginning) {
    const auto objects = kube::read_manifest(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    ---\n    more\n  dashes: ---x\n");
    ASSERT_TRUE(objects.has_value()) << objects.error().text();
    EXPECT_EQ(objects->size(), 1U);
}

TEST(AManifest, OfNothingHasNoObjects) {
    for (const std::string nothing : {"", "---\n", "---", "# only a comment\n", "---\nnull\n", "\n\n---\n\n---\n"}) {
        const auto objects = kube::read_manifest(nothing);
        ASSERT_TRUE(objects.has_value()) << nothing << objects.error().text();
        EXPECT_THAT(*objects, IsEmpty()) << nothing;
    }
}

TEST(AManifest, ThatMakesNoSenseIsAnErrorWithTheDocumentsNumber) {
    const std::string good = "apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n";
    std::string deep;
    for (int depth = 0; depth < 2000; ++depth) {
        deep += "[";
    }
    for (const std::string& bad :
         {std::string("[1, 2]"), std::string("kind: A\nmetadata: {name: a}"),
          std::string("apiVersion: v1\nkind: A\nmetadata: {}"), std::string("a: &x [1]\nb: *x"),
          std::string("{{ template }}: ["), deep, std::string("? [a]\n: b")}) {
        const auto objects = kube::read_manifest(good + bad);
        ASSERT_FALSE(objects.has_value()) << bad;
        EXPECT_THAT(objects.error().message, HasSubstr("document 2")) << bad;
    }
    EXPECT_FALSE(kube::read_manifest(std::string(std::size_t{3} << 20U, '#')).has_value());
}

}  // namespace
