#include "rollout/view.hpp"

#include <gtest/gtest.h>

#include "unit/rollout/builders.hpp"

namespace {

using rollout_test::pod;

model::Pod at_version(model::Pod made, std::uint64_t version) {
    made.meta.resource_version = version;
    return made;
}

TEST(View, KeepsTheNewerOfTwoVersions) {
    rollout::View view;
    view.upsert(at_version(pod(0, true), 30));
    view.upsert(at_version(pod(0, false), 29));
    EXPECT_TRUE(view.pods().at("etcd-0").ready());
}

TEST(View, DoesNotBringBackWhatWasDeleted) {
    rollout::View view;
    view.upsert(at_version(pod(0), 30));
    view.remove(at_version(pod(0), 31));
    view.upsert(at_version(pod(0), 30));
    EXPECT_TRUE(view.pods().empty());
}

TEST(View, LateNewsOfAPredecessorDoNotReplaceItsSuccessor) {
    rollout::View view;
    view.upsert(at_version(pod(0, true, "new"), 40));
    view.upsert(at_version(pod(0, false, "old"), 39));
    EXPECT_EQ(view.pods().at("etcd-0").meta.uid, "pod-0-new");
}

TEST(View, ADeletionDoesNotTouchTheSuccessorOfTheSameName) {
    rollout::View view;
    view.upsert(at_version(pod(0, true, "new"), 40));
    view.remove(at_version(pod(0, true, "old"), 41));
    EXPECT_TRUE(view.pods().contains("etcd-0"));
}

TEST(View, ForgetsWhatAListingLacks) {
    rollout::View view;
    view.upsert(pod(0));
    view.upsert(pod(1));
    view.replace_all(model::Kind::pod, {pod(1)});
    EXPECT_FALSE(view.pods().contains("etcd-0"));
    EXPECT_TRUE(view.pods().contains("etcd-1"));
}

TEST(View, GivesThePodsOfAnOwnerInOrderOfOrdinals) {
    rollout::View view;
    for (const int index : {10, 2, 0}) {
        view.upsert(pod(index));
    }
    std::vector<std::string> names;
    for (const auto* item : view.pods_of(rollout_test::set_uid)) {
        names.push_back(item->meta.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"etcd-0", "etcd-2", "etcd-10"}));
}

TEST(Ordinal, IsTheNumberAtTheEnd) {
    EXPECT_EQ(rollout::ordinal("etcd-12"), 12);
    EXPECT_EQ(rollout::ordinal("etcd-x"), -1);
    EXPECT_EQ(rollout::ordinal("etcd"), -1);
    EXPECT_EQ(rollout::ordinal("etcd-"), -1);
    EXPECT_EQ(rollout::ordinal("etcd-99999999999999999999"), -1);
}

}  // namespace
