// Holds action.yml and docs/inputs.md to the table of inputs.
#include "inputs/table.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "base/text.hpp"
#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace inputs_test {
namespace {

const std::filesystem::path root = support::test_path("..");

std::string quoted(std::string_view text) {
    return "\"" + base::replace_all(base::replace_all(std::string(text), "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string action_yaml() {
    std::string text = "inputs:\n";
    for (const auto& input : inputs::table()) {
        text += "  " + std::string(input.name) + ":\n    description: " + quoted(input.description) + "\n";
        text += std::string("    required: ") + (input.required ? "true" : "false") + "\n";
        if (!input.fallback.empty()) {
            text += "    default: " + quoted(input.fallback) + "\n";
        }
    }
    return text;
}

std::string concerned(const inputs::Input& input) {
    if (input.actions.empty()) {
        return "all";
    }
    std::string text;
    for (const auto action : input.actions) {
        text += std::string(text.empty() ? "" : ", ") + model::to_string(action);
    }
    return text;
}

std::string reference_table() {
    std::string text = "| Input | Default | Actions | What it says |\n|---|---|---|---|\n";
    for (const auto& input : inputs::table()) {
        std::string fallback = input.required ? "**required**" : std::string(input.default_shown);
        if (!input.fallback.empty()) {
            fallback = "`" + std::string(input.fallback) + "`";
        }
        text += "| `" + std::string(input.name) + "` | " + fallback + " | " + concerned(input) + " | " +
                std::string(input.description) + " |\n";
    }
    return text;
}

TEST(Table, IsWhatActionYmlSays) {
    support::expect_golden_part(root / "action.yml", {"# inputs: begin", "# inputs: end"}, action_yaml());
}

TEST(Table, IsWhatTheReferenceSays) {
    support::expect_golden_part(root / "docs/inputs.md", {"<!-- inputs: begin", "<!-- inputs: end"}, reference_table());
}

TEST(Table, MakesAnActionThatGitHubCanRead) {
    const auto action = YAML::LoadFile((root / "action.yml").string());
    EXPECT_EQ(action["inputs"].size(), inputs::table().size());
    for (const auto& input : inputs::table()) {
        const auto written = action["inputs"][std::string(input.name)];
        ASSERT_TRUE(written.IsMap()) << input.name;
        EXPECT_EQ(written["description"].as<std::string>(), input.description);
        EXPECT_EQ(written["default"].as<std::string>(""), input.fallback);
    }
    EXPECT_EQ(action["runs"]["using"].as<std::string>(), "docker");
    EXPECT_TRUE(action["branding"]["icon"].IsDefined());
}

// GitHub evaluates nothing there, and refuses the whole action for it.
TEST(Table, HasNoExpressionInADescription) {
    for (const auto& input : inputs::table()) {
        EXPECT_FALSE(input.description.contains("${{")) << input.name;
        EXPECT_FALSE(input.fallback.contains("${{")) << input.name;
    }
}

TEST(Table, HasADefaultOrSaysWhatAppliesWithoutOne) {
    for (const auto& input : inputs::table()) {
        EXPECT_TRUE(input.required || !input.fallback.empty() || !input.default_shown.empty()) << input.name;
        EXPECT_FALSE(input.help.ends_with('.')) << input.name;
        EXPECT_TRUE(input.description.ends_with('.')) << input.name;
    }
}

TEST(Table, NamesVariablesAsGitHubDoes) {
    EXPECT_EQ(inputs::variable_name(*inputs::find("create-namespace")), "INPUT_CREATE-NAMESPACE");
    EXPECT_EQ(inputs::find("nonsense"), nullptr);
}

}  // namespace
}  // namespace inputs_test
