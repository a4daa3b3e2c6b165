#include "operate/release.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/operate/world.hpp"

namespace {

using base::ErrorCode;
using operate_test::World;
using testing::HasSubstr;

TEST(ReadRelease, FindsNoneWhereNoneIs) {
    World world;
    const auto run = world.run();
    const auto release = operate::read_release(run, run.scope());
    ASSERT_TRUE(release.has_value()) << release.error().text();
    EXPECT_FALSE(release->has_value());
}

TEST(ReadRelease, TakesTheNewestRevision) {
    World world;
    for (const int revision : {2, 10, 9}) {  // as text, 9 would be newer than 10
        world.cluster.put_release(revision, revision == 10 ? "deployed" : "superseded");
    }
    const auto run = world.run();
    const auto release = operate::read_release(run, run.scope());
    ASSERT_TRUE(release.has_value()) << release.error().text();
    ASSERT_TRUE(release->has_value());
    EXPECT_EQ((*release)->revision.revision, 10);
    EXPECT_EQ((*release)->revision.status, "deployed");
    EXPECT_EQ((*release)->manifest, "revision 10");
}

TEST(ReadRelease, ShowsThatOneIsPending) {
    for (const char* status : {"pending-install", "pending-upgrade", "pending-rollback", "failed"}) {
        World world;
        world.cluster.put_release(1, status);
        const auto run = world.run();
        const auto release = operate::read_release(run, run.scope());
        ASSERT_TRUE(release.has_value() && release->has_value()) << status;
        EXPECT_EQ((*release)->revision.status, status);
    }
}

// helm uninstall --keep-history
TEST(ReadRelease, TakesAnUninstalledOneForNone) {
    World world;
    world.cluster.put_release(1, "superseded");
    world.cluster.put_release(2, "uninstalled");
    const auto run = world.run();
    EXPECT_FALSE(operate::read_release(run, run.scope()).value().has_value());
}

TEST(ReadRelease, SaysWhatItWasReadingWhenItFails) {
    World forbidden;
    forbidden.cluster.instead("GET /api/v1/namespaces/ns/secrets?", 403);
    const auto run = forbidden.run();
    const auto refused = operate::read_release(run, run.scope());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
    EXPECT_THAT(refused.error().text(), HasSubstr("reading release etcd"));

    World broken;
    broken.cluster.put_release(1);
    broken.cluster.instead("GET /api/v1/namespaces/ns/secrets/", 200, R"({"data":{"release":"bm90aGluZw=="}})");
    const auto other_run = broken.run();
    const auto nonsense = operate::read_release(other_run, other_run.scope());
    ASSERT_FALSE(nonsense.has_value());
    EXPECT_THAT(nonsense.error().text(), HasSubstr("reading release etcd"));
}

model::StatefulSet set_of(const std::string& name, const std::string& release, const std::string& component = "") {
    model::StatefulSet set;
    set.meta = {.name = name, .uid = "uid-" + name, .resource_version = 1};
    set.meta.annotations["meta.helm.sh/release-name"] = release;
    if (!component.empty()) {
        set.meta.labels["app.kubernetes.io/component"] = component;
    }
    set.claim_templates = {"data"};
    return set;
}

model::PersistentVolumeClaim claim(const std::string& name, const std::string& instance = "") {
    model::PersistentVolumeClaim made;
    made.meta = {.name = name, .uid = "uid-" + name, .resource_version = 1};
    if (!instance.empty()) {
        made.meta.labels["app.kubernetes.io/instance"] = instance;
    }
    return made;
}

TEST(ReleaseSets, AreThoseThatHelmSaysAreTheReleases) {
    rollout::View view;
    view.upsert(set_of("etcd", "etcd"));
    view.upsert(set_of("other", "other"));
    view.upsert(model::StatefulSet{.meta = {.name = "by-hand", .uid = "x", .resource_version = 1}});
    const auto sets = operate::release_sets(view, "etcd");
    ASSERT_EQ(sets.size(), 1U);
    EXPECT_EQ(sets[0]->meta.name, "etcd");
}

TEST(EtcdSet, IsTheOnlyOneOrTheOneLabelledSo) {
    rollout::View view;
    EXPECT_THAT(operate::etcd_set(view, "etcd").error().message, HasSubstr("has no StatefulSet"));
    view.upsert(set_of("a", "etcd"));
    EXPECT_EQ(operate::etcd_set(view, "etcd").value()->meta.name, "a");
    view.upsert(set_of("b", "etcd"));
    EXPECT_EQ(operate::etcd_set(view, "etcd").error().code, ErrorCode::rollout_failed);
    view.upsert(set_of("c", "etcd", "etcd"));
    EXPECT_EQ(operate::etcd_set(view, "etcd").value()->meta.name, "c");
    view.upsert(set_of("d", "etcd", "etcd"));
    EXPECT_THAT(operate::etcd_set(view, "etcd").error().message, HasSubstr("several"));
}

std::vector<std::string> names(const std::vector<const model::PersistentVolumeClaim*>& claims) {
    std::vector<std::string> result;
    for (const auto* item : claims) {
        result.push_back(item->meta.name);
    }
    return result;
}

// What is found here may be deleted with delete-data: never one too many.
TEST(ReleaseClaims, AreThoseOfItsMembersOnly) {
    rollout::View view;
    view.upsert(set_of("etcd", "etcd"));
    for (const char* name : {"data-etcd-0", "data-etcd-12", "data-etcd-x", "data-etcd-backup-0", "data-etcd-01",
                             "data-etcd", "other-etcd-0", "data-etcd2-0"}) {
        view.upsert(claim(name));
    }
    view.upsert(claim("data-old-0", "etcd"));
    view.upsert(claim("notes", "etcd"));
    view.upsert(claim("data-stranger-0", "stranger"));
    EXPECT_THAT(names(operate::release_claims(view, "etcd")),
                testing::UnorderedElementsAre("data-etcd-0", "data-etcd-12", "data-old-0"));
}

TEST(ReleaseClaims, AreFoundWhenTheStatefulSetIsGone) {
    rollout::View view;
    view.upsert(claim("data-etcd-0", "etcd"));
    view.upsert(claim("data-etcd-1"));
    EXPECT_THAT(names(operate::release_claims(view, "etcd")), testing::ElementsAre("data-etcd-0"));
}

}  // namespace
