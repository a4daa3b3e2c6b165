#include "model/outcome.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace {

using base::ErrorCode;

// A new code does not compile here (-Wswitch) until it is listed below.
constexpr bool is_known(ErrorCode code) {
    switch (code) {
        case ErrorCode::bad_input:
        case ErrorCode::unreachable:
        case ErrorCode::unauthorized:
        case ErrorCode::forbidden:
        case ErrorCode::not_found:
        case ErrorCode::gone:
        case ErrorCode::conflict:
        case ErrorCode::protocol:
        case ErrorCode::io:
        case ErrorCode::refused:
        case ErrorCode::helm_unusable:
        case ErrorCode::helm_failed:
        case ErrorCode::rollout_failed:
        case ErrorCode::rollout_timed_out:
        case ErrorCode::etcd_unhealthy:
        case ErrorCode::difference:
        case ErrorCode::locked:
        case ErrorCode::timed_out:
        case ErrorCode::cancelled:
        case ErrorCode::bug: return true;
    }
    return false;
}

TEST(Outcome, HasExactlyOneRowPerErrorCode) {
    int codes = 0;
    for (; is_known(static_cast<ErrorCode>(codes)); ++codes) {
        const auto code = static_cast<ErrorCode>(codes);
        EXPECT_EQ(std::ranges::count(model::failure_kinds, code, &model::FailureKind::code), 1) << codes;
        EXPECT_EQ(model::failure_kind(code).code, code);
        EXPECT_FALSE(model::failure_kind(code).heading.empty()) << codes;
    }
    EXPECT_EQ(codes, 20);
    EXPECT_EQ(model::failure_kinds.size(), static_cast<std::size_t>(codes));
}

TEST(Outcome, UsesOnlyExitCodesOfTheTable) {
    for (const auto& kind : model::failure_kinds) {
        EXPECT_EQ(std::ranges::count(model::exit_codes, kind.exit_code, &model::ExitCode::number), 1) << kind.heading;
        EXPECT_GT(kind.exit_code, 0) << kind.heading << " would look like a success";
        EXPECT_EQ(kind.exit_code == 1, kind.code == ErrorCode::difference) << kind.heading;
    }
}

TEST(Outcome, KeepsThePublishedExitCodes) {
    std::vector<int> numbers;
    for (const auto& code : model::exit_codes) {
        numbers.push_back(code.number);
        EXPECT_FALSE(code.meaning.empty()) << code.number;
    }
    EXPECT_EQ(numbers, (std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 130}));
}

}  // namespace
