#include <string>

#include <gtest/gtest.h>

#include "plan/rule.hpp"
#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace {

TEST(PlanPage, ListsEveryRule) {
    std::string table = "| rule | | when it speaks |\n|---|---|---|\n";
    for (const auto& rule : plan::all_rules()) {
        table += "| `" + std::string(rule.name) + "` | " + (rule.severity == plan::blocks ? "blocks" : "warns") +
                 " | " + std::string(rule.about) + " |\n";
    }
    support::expect_golden_part(support::test_path("../docs/plan.md"),
                                {.begin = "<!-- rules: begin -->", .end = "<!-- rules: end -->"}, table);
}

}  // namespace
