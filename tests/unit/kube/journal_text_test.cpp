#include "kube/journal_text.hpp"

#include <gtest/gtest.h>

namespace {

model::Journal full() {
    return {.running = model::Operation{.action = "upgrade",
                                        .revision_before = 4,
                                        .left_pending = 5,
                                        .run_url = "https://ci.test/runs/7",
                                        .started = "2026-11-25T10:00:00Z"},
            .verified = {{.revision = 4,
                          .chart = "etcd-1.0.0",
                          .values_hash = "ab12",
                          .etcd_version = "3.7.3",
                          .cluster_id = 0xfedcba9876543210,
                          .members = 3,
                          .on_delete = true,
                          .run_url = "https://ci.test/runs/6",
                          .time = "2026-11-24T10:00:00Z"}}};
}

TEST(TheJournal, IsReadAsItWasWritten) {
    for (const auto& journal : {full(), model::Journal()}) {
        const auto read = kube::decode_journal(kube::encode_journal(journal));
        ASSERT_TRUE(read.has_value()) << read.error().text();
        EXPECT_EQ(*read, journal);
    }
}

TEST(TheJournal, OfAnOlderProgramTellsOfNoRevisionThatWasLeftPending) {
    const auto read = kube::decode_journal(
        R"({"schema":1,"running":{"action":"upgrade","revisionBefore":4,"runUrl":"","started":"x"},"verified":[]})");
    ASSERT_TRUE(read.has_value()) << read.error().text();
    ASSERT_TRUE(read->running.has_value());
    EXPECT_EQ(read->running->revision_before, 4);
    EXPECT_EQ(read->running->left_pending, 0);
}

TEST(TheJournal, OfANewerProgramIsRefused) {
    for (const char* text :
         {R"({"schema":2})", R"({"schema":0})", "{}", "[]", "nonsense", R"({"schema":1,"verified":7})"}) {
        EXPECT_FALSE(kube::decode_journal(text).has_value()) << text;
    }
}

}  // namespace
