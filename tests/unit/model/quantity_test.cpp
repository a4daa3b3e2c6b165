#include "model/quantity.hpp"

#include <gtest/gtest.h>

namespace model {
namespace {

TEST(Quantity, IsReadInBothKindsOfSuffixes) {
    EXPECT_EQ(parse_quantity("512Mi"), 536870912U);
    EXPECT_EQ(parse_quantity("1Gi"), 1073741824U);
    EXPECT_EQ(parse_quantity("1.5Gi"), 1610612736U);
    EXPECT_EQ(parse_quantity("2G"), 2000000000U);
    EXPECT_EQ(parse_quantity("128974848"), 128974848U);
    EXPECT_EQ(parse_quantity("1e3"), 1000U);
    EXPECT_EQ(parse_quantity("1E"), 1000000000000000000U);
    EXPECT_EQ(parse_quantity("1500m"), 1U);
    EXPECT_EQ(parse_quantity("0"), 0U);
    EXPECT_EQ(parse_milli_quantity("1500m"), 1500U);
    EXPECT_EQ(parse_milli_quantity("0.1"), 100U);
    EXPECT_EQ(parse_milli_quantity("2"), 2000U);
}

TEST(Quantity, ThatMakesNoSenseIsNone) {
    for (const char* text :
         {"", "Gi", "-1", "1 Gi", "1gi", "1Xi", "nan", "inf", "1e400", "99999999Ei", "null", "\"1\""}) {
        EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace model
