// Holds action.yml and the docs to the tables of outputs and of exit codes.
#include <gtest/gtest.h>

#include "model/outcome.hpp"
#include "report/outputs.hpp"
#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace report_test {
namespace {

const std::filesystem::path root = support::test_path("..");

TEST(Documents, ActionYmlDeclaresEveryOutput) {
    std::string text = "outputs:\n";
    for (const auto& output : report::output_table) {
        text += "  " + std::string(output.name) + ":\n    description: \"" + std::string(output.description) + "\"\n";
    }
    support::expect_golden_part(root / "action.yml", {"# outputs: begin", "# outputs: end"}, text);
}

TEST(Documents, TheReferenceExplainsEveryOutput) {
    std::string text = "| Output | What it says |\n|---|---|\n";
    for (const auto& output : report::output_table) {
        text += "| `" + std::string(output.name) + "` | " + std::string(output.description) + " |\n";
    }
    support::expect_golden_part(root / "docs/inputs.md", {"<!-- outputs: begin", "<!-- outputs: end"}, text);
}

TEST(Documents, TheExitCodesAreThoseOfTheProgram) {
    std::string text = "| Code | Meaning | Headings in the summary |\n|---|---|---|\n";
    for (const auto& code : model::exit_codes) {
        std::string headings;
        for (const auto& kind : model::failure_kinds) {
            if (kind.exit_code == code.number && !headings.contains(kind.heading)) {
                headings += (headings.empty() ? "" : ", ") + std::string(kind.heading);
            }
        }
        text += "| " + std::to_string(code.number) + " | " + std::string(code.meaning) + " | " + headings + " |\n";
    }
    support::expect_golden_part(root / "docs/exit-codes.md", {"<!-- exit codes: begin", "<!-- exit codes: end"}, text);
}

}  // namespace
}  // namespace report_test
