#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "model/graces.hpp"
#include "support/source_tree.hpp"

namespace {

// "90" -> "1m30s"
std::string shown(std::chrono::seconds length) {
    if (length.count() == 0) {
        return "0s";
    }
    const auto minutes = length.count() / 60;
    const auto seconds = length.count() % 60;
    return (minutes > 0 ? std::to_string(minutes) + "m" : "") + (seconds > 0 ? std::to_string(seconds) + "s" : "");
}

TEST(RolloutPage, TellsEveryGraceAsItIs) {
    const std::ifstream file(support::test_path("../docs/rollout.md"));
    std::ostringstream text;
    text << file.rdbuf();
    for (const auto& grace : model::named_graces) {
        const auto row = "| `" + std::string(grace.name) + "` | " + shown(model::Graces().*grace.member) + " | " +
                         std::string(grace.meaning) + " |";
        EXPECT_TRUE(text.str().contains(row)) << row;
    }
}

}  // namespace
