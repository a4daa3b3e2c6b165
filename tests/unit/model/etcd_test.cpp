#include "model/etcd.hpp"

#include <gtest/gtest.h>

namespace {

TEST(ClusterHealth, ToleratesVotersAboveTheQuorum) {
    struct Row {
        std::size_t voters;
        std::size_t healthy;
        std::size_t expected;
    };
    for (const Row& row : {
             Row{0, 0, 0}, Row{1, 1, 0}, Row{2, 2, 0}, Row{3, 3, 1}, Row{3, 2, 0}, Row{3, 1, 0}, Row{4, 4, 1},
             Row{5, 5, 2}, Row{5, 4, 1}, Row{3, 9, 1},  // more healthy members than voters make nothing safer
         }) {
        model::ClusterHealth health;
        health.voters = row.voters;
        health.healthy_members = row.healthy;
        EXPECT_EQ(health.tolerance(), row.expected) << row.voters << " voters, " << row.healthy << " healthy";
    }
}

TEST(ClusterHealth, IsHealthyDespiteWarnings) {
    model::ClusterHealth health;
    EXPECT_TRUE(health.healthy());
    health.findings.push_back({.severity = model::Severity::warning, .rule = "w"});
    EXPECT_TRUE(health.healthy());
    health.findings.push_back({.severity = model::Severity::failure, .rule = "f"});
    EXPECT_FALSE(health.healthy());
}

TEST(HexId, IsWrittenAsEtcdDoes) {
    EXPECT_EQ(model::hex_id(0), "0");
    EXPECT_EQ(model::hex_id(0x8e9e05c52164694dULL), "8e9e05c52164694d");
    EXPECT_EQ(model::hex_id(0x0123ULL), "123");
    EXPECT_EQ(model::hex_id(~0ULL), "ffffffffffffffff");
}

}  // namespace
