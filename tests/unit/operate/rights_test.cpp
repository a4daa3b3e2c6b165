#include "operate/rights.hpp"

#include <gtest/gtest.h>

#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace {

TEST(RightsPage, HasTheSmallestRole) {
    model::Request request;
    request.namespace_name = "anytrade";
    support::expect_golden_part(support::test_path("../docs/rights.md"),
                                {.begin = "<!-- role: begin -->", .end = "<!-- role: end -->"},
                                "```yaml\n" + operate::role_for(request) + "```\n");
}

}  // namespace
