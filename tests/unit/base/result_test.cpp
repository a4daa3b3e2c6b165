#include "base/result.hpp"

#include <gtest/gtest.h>

namespace {

base::Result<int> half(int number) {
    if (number % 2 != 0) {
        return base::fail(base::ErrorCode::bad_input, "odd", "take an even one");
    }
    return number / 2;
}

base::Result<int> quarter(int number) {
    TRY(half(number));
    TRY_ASSIGN(const int first, half(number));
    TRY_ASSIGN(const int second, half(first));
    return second;
}

TEST(Result, FailCarriesCodeMessageAndHint) {
    const auto result = half(3);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, base::ErrorCode::bad_input);
    EXPECT_EQ(result.error().message, "odd");
    EXPECT_EQ(result.error().hint, "take an even one");
    EXPECT_TRUE(result.error().command.empty());
}

TEST(Result, TryReturnsTheErrorOrGoesOn) {
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_FALSE(quarter(3).has_value());
    EXPECT_FALSE(quarter(6).has_value());
}

TEST(Error, TextTellsTheOutermostContextFirst) {
    base::Error error = half(1).error();
    EXPECT_EQ(error.text(), "odd");
    error = base::in_context(base::in_context(error, "halving 1"), "dividing");
    EXPECT_EQ(error.text(), "dividing: halving 1: odd");
}

}  // namespace
