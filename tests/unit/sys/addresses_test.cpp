#include "sys/addresses.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Addresses, OfThisMachineAreItsOwn) {
    for (const char* own : {"localhost", "127.0.0.1", "::1", "[::1]"}) {
        EXPECT_TRUE(sys::is_own_address(own)) << own;
    }
}

// 198.51.100.0/24 and 2001:db8::/32 are for documentation (RFC 5737, RFC 3849).
TEST(Addresses, OfOthersAreNot) {
    for (const char* other : {"", "198.51.100.7", "2001:db8::7", "registry.example", "127.0.0.1.example"}) {
        EXPECT_FALSE(sys::is_own_address(other)) << other;
    }
}

}  // namespace
