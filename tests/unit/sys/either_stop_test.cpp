#include "sys/either_stop.hpp"

#include <gtest/gtest.h>

namespace {

TEST(EitherStop, IsRequestedByWhicheverComesFirst) {
    for (const bool is_first : {true, false}) {
        std::stop_source one;
        std::stop_source other;
        const sys::EitherStop either(one.get_token(), other.get_token());
        EXPECT_FALSE(either.token().stop_requested());
        (is_first ? one : other).request_stop();
        EXPECT_TRUE(either.token().stop_requested());
        EXPECT_NE(one.stop_requested(), other.stop_requested()) << "the other one is left alone";
    }
}

TEST(EitherStop, IsRequestedWhenOneWasBefore) {
    std::stop_source one;
    one.request_stop();
    EXPECT_TRUE(sys::EitherStop(one.get_token(), {}).token().stop_requested());
    EXPECT_TRUE(sys::EitherStop({}, one.get_token()).token().stop_requested());
}

}  // namespace
