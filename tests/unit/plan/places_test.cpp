#include "plan/places.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

std::size_t line_of(const std::vector<plan::ValuePlace>& places, const std::string& path) {
    for (const auto& place : places) {
        if (place.path == path) {
            return place.line;
        }
    }
    return 0;
}

TEST(ValuePlaces, AreTheLinesOfTheKeys) {
    const auto places = plan::places_in("values.yaml",
                                        "# a comment\n"
                                        "replicaCount: 3\n"
                                        "\n"
                                        "resources:\n"
                                        "  limits: {memory: 512Mi,\n"
                                        "    cpu: 1}\n"
                                        "extraEnvVars:\n"
                                        "  - name: A\n"
                                        "    value: b\n");
    EXPECT_EQ(line_of(places, "replicaCount"), 2U);
    EXPECT_EQ(line_of(places, "resources.limits"), 5U);
    EXPECT_EQ(line_of(places, "resources.limits.cpu"), 6U);
    EXPECT_EQ(line_of(places, "extraEnvVars[0].value"), 9U);
    EXPECT_EQ(places.front().file, "values.yaml");
}

TEST(ValuePlaces, AreNoneOfWhatIsNoMapping) {
    for (const char* text : {"", "3", "- a", "a: [", "\x01"}) {
        EXPECT_THAT(plan::places_in("f", text), testing::IsEmpty()) << text;
    }
}

}  // namespace
