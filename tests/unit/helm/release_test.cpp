#include "helm/release.hpp"

#include <gtest/gtest.h>

namespace {

// gzip of {"name":"etcd","version":3,"info":{"status":"deployed"},"chart":{"metadata":
// {"name":"etcd","version":"1.0.0","appVersion":"3.7.3"}},"manifest":"---\n","config":
// {"replicaCount":3},"apply_method":"ssa"}, base64 as helm stores it.
const std::string payload =
    "H4sIAAAAAAACA3WNsQrDMAxE/+Vmx6R4KGTtP3QqFGErjSGWQ+wUQvC/V+nQrZs4vXt3QCgxBnD1AQZvXkvMgsEZRBkzhgOl"
    "Ut2KMoGXOe8c0Az8RGs9v4krBap03n9cuNje9prQstx/obNX69DUlUjiyEV16LruIUr6LGN8nc5VR6OnW95EAde+lnl/6u6U"
    "g1ZKIbQPcTUddcgAAAA=";

TEST(Release, IsDecodedAsHelmStoresIt) {
    const auto release = helm::decode_release(payload);
    ASSERT_TRUE(release.has_value()) << release.error().text();
    EXPECT_EQ(release->revision.revision, 3);
    EXPECT_EQ(release->revision.status, "deployed");
    EXPECT_EQ(release->revision.chart, "etcd-1.0.0");
    EXPECT_EQ(release->revision.app_version, "3.7.3");
    EXPECT_EQ(release->manifest, "---\n");
    EXPECT_EQ(release->values, R"({"replicaCount":3})");
    EXPECT_EQ(release->apply_method, "ssa");
}

TEST(Release, ThatWasInterruptedIsMarkedAsFailedAndElseAsItWas) {
    const auto marked = helm::mark_interrupted(payload);
    ASSERT_TRUE(marked.has_value()) << marked.error().text();
    const auto release = helm::decode_release(*marked);
    ASSERT_TRUE(release.has_value()) << release.error().text();
    EXPECT_EQ(release->revision.status, "failed");
    EXPECT_EQ(release->revision.revision, 3);
    EXPECT_EQ(release->manifest, "---\n");
    EXPECT_EQ(release->values, R"({"replicaCount":3})");
    EXPECT_EQ(release->apply_method, "ssa");
}

TEST(Release, ThatIsNoneCannotBeMarked) {
    for (const char* text : {"", "!", "aGVsbG8="}) {
        EXPECT_FALSE(helm::mark_interrupted(text).has_value()) << text;
    }
}

TEST(Release, RefusesWhatIsNone) {
    for (const char* text : {"", "!", "aGVsbG8=", "H4sIAAAAAAAAAw=="}) {
        EXPECT_FALSE(helm::decode_release(text).has_value()) << text;
    }
}

struct DiffCase {
    const char* name;
    const char* before;
    const char* after;
    std::vector<model::ValueChange> expected;
};

class DiffValues : public testing::TestWithParam<DiffCase> {};

TEST_P(DiffValues, ShowsWhatChangedAndNoSecret) {
    const auto changes = helm::diff_values(GetParam().before, GetParam().after);
    ASSERT_TRUE(changes.has_value());
    ASSERT_EQ(changes->size(), GetParam().expected.size());
    for (std::size_t index = 0; index < changes->size(); ++index) {
        EXPECT_EQ(changes->at(index).path, GetParam().expected[index].path);
        EXPECT_EQ(changes->at(index).before, GetParam().expected[index].before);
        EXPECT_EQ(changes->at(index).after, GetParam().expected[index].after);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Helm, DiffValues,
    testing::Values(DiffCase{"Same", R"({"a":{"b":1}})", R"({"a":{"b":1}})", {}},
                    DiffCase{"Changed", R"({"a":{"b":1}})", R"({"a":{"b":2}})", {{"a.b", "1", "2"}}},
                    DiffCase{"Added", "{}", R"({"list":["x"]})", {{"list[0]", "", "x"}}},
                    DiffCase{"Removed", R"({"a":true})", "{}", {{"a", "true", ""}}},
                    DiffCase{"SecretByKey",
                             R"({"auth":{"rootPassword":"old"}})",
                             R"({"auth":{"rootPassword":"new"}})",
                             {{"auth.rootPassword", "***", "***"}}},
                    DiffCase{"SecretByName",
                             "{}",
                             R"({"extraEnvVars":[{"name":"DB_PASSWORD","value":"x"}]})",
                             {{"extraEnvVars[0].name", "", "DB_PASSWORD"}, {"extraEnvVars[0].value", "", "***"}}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(DiffValues, RefusesWhatIsNoJson) {
    EXPECT_FALSE(helm::diff_values("{", "{}").has_value());
}

}  // namespace
