#include "report/report.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/columns.hpp"
#include "report/outputs.hpp"
#include "samples.hpp"
#include "support/golden.hpp"
#include "support/source_tree.hpp"

namespace report_test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

using Sample = std::pair<std::string, model::RunRecord>;

class Summary : public testing::TestWithParam<Sample> {};

std::filesystem::path golden(const std::string& name) {
    return support::test_path("golden/report") / name;
}

TEST_P(Summary, IsTheExpectedMarkdown) {
    support::expect_golden(golden(GetParam().first + ".md"), report::summary_markdown(GetParam().second));
}

TEST_P(Summary, IsTheExpectedTextForATerminal) {
    support::expect_golden(golden(GetParam().first + ".txt"), report::summary_terminal(GetParam().second, {}));
}

// The files are also what tests/cli/run.sh holds docs/verify.schema.json to.
TEST_P(Summary, IsTheExpectedJson) {
    support::expect_golden(golden(GetParam().first + ".json"), report::result_json(GetParam().second));
}

TEST_P(Summary, HasTheSameTextWithColours) {
    std::string coloured = report::summary_terminal(GetParam().second, {.colour = true});
    EXPECT_THAT(coloured, HasSubstr("\033["));
    for (const std::string sequence : {"\033[0m", "\033[1m", "\033[1;31m", "\033[1;32m", "\033[1;33m", "\033[31m",
                                       "\033[32m", "\033[33m", "\033[36m"}) {
        coloured = base::replace_all(std::move(coloured), sequence, "");
    }
    EXPECT_EQ(coloured, report::summary_terminal(GetParam().second, {}));
}

TEST_P(Summary, HasTablesThatFitANarrowTerminal) {
    constexpr std::size_t narrow = 80;
    const auto widest_line = [](const std::string& text) {
        std::size_t widest = 0;
        for (const auto& line : base::nonempty_lines(text)) {
            if (line.starts_with("│")) {
                widest = std::max(widest, report::columns("  " + line));
            }
        }
        return widest;
    };
    EXPECT_LE(widest_line(report::summary_terminal(GetParam().second, {.columns = narrow})), narrow);
}

TEST_P(Summary, HasOutputsInTheFixedOrderOnOneLineEach) {
    const auto outputs = report::outputs(GetParam().second);
    ASSERT_EQ(outputs.size(), report::output_table.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(outputs[i].first, report::output_table[i].name);
        EXPECT_THAT(outputs[i].second, Not(HasSubstr("\n")));
    }
}

INSTANTIATE_TEST_SUITE_P(Report, Summary, testing::ValuesIn(samples()),
                         [](const auto& sample) { return base::replace_all(sample.param.first, "-", "_"); });

std::map<std::string, std::string> outputs_of(const std::string& name) {
    for (const auto& [sample, record] : samples()) {
        if (sample == name) {
            const auto list = report::outputs(record);
            return {list.begin(), list.end()};
        }
    }
    return {};
}

TEST(Outputs, TellTheStatusOfEveryEnd) {
    const std::vector<std::array<std::string, 3>> rows{
        {"installed", "healthy", "true"},          {"upgraded", "healthy", "true"},
        {"unchanged", "healthy", "false"},         {"uninstalled", "uninstalled", "true"},
        {"bad-input", "refused", "false"},         {"nothing-to-uninstall", "uninstalled", "false"},
        {"unreachable", "refused", "false"},       {"helm-failed", "failed", "true"},
        {"image-not-found", "failed", "true"},     {"timed-out", "timed-out", "true"},
        {"unhealthy", "unhealthy", "true"},        {"cancelled", "cancelled", "true"},
        {"verified", "healthy", "false"},          {"verified-unhealthy", "unhealthy", "false"},
        {"nothing-to-verify", "refused", "false"}, {"uninstall-that-hangs", "failed", "true"},
        {"connected", "connected", "false"},       {"file-is-updated", "connected", "true"},
        {"file-is-stale", "stale", "false"},       {"diagnosed", "healthy", "false"},
        {"diagnosed-ill", "unhealthy", "false"}};
    for (const auto& [name, status, changed] : rows) {
        EXPECT_EQ(outputs_of(name)["status"], status) << name;
        EXPECT_EQ(outputs_of(name)["changed"], changed) << name;
    }
}

TEST(Outputs, TellWhatRuns) {
    auto outputs = outputs_of("installed");
    EXPECT_EQ(outputs["revision"], "1");
    EXPECT_EQ(outputs["etcd-version"], "3.7.3");
    EXPECT_EQ(outputs["leader"], "etcd-1");
    EXPECT_EQ(outputs["members"], "3");
    EXPECT_EQ(outputs["members-healthy"], "3");
    EXPECT_EQ(outputs["may-fail"], "1");
    EXPECT_EQ(outputs["failures"], "0");
    EXPECT_EQ(outputs["warnings"], "0");
    EXPECT_EQ(outputs["cluster-id"], "a3f19b207c44e8d1");
    EXPECT_THAT(outputs["endpoints"],
                testing::StartsWith("etcd-0.etcd-headless.anytrade.svc.cluster.local:2379,etcd-1."));
}

TEST(Json, IsUtf8WhateverOthersSaid) {
    auto record = verified();
    record.health->findings[0].message = "bad \xff\xfe \033[31m";
    record.health->notes = {"\xc3"};
    record.endpoints = {"\x80"};
    const auto json = report::result_json(record);
    EXPECT_THAT(json, HasSubstr("bad \uFFFD"));
    EXPECT_THAT(json, Not(ContainsRegex("\033")));
}

TEST(Report, StaysBelowWhatGitHubTakes) {
    auto record = image_not_found();
    const std::string megabyte(std::size_t{1} << 20U, '|');
    record.cause->log = megabyte + "\n" + megabyte;
    record.cause->evidence.assign(5000, megabyte.substr(0, 5000));
    record.warnings.assign(5000, megabyte.substr(0, 5000));
    record.value_changes.assign(5000, {megabyte.substr(0, 5000), "<<<<", megabyte.substr(0, 5000)});
    for (int i = 0; i < 5000; ++i) {
        record.created_pods.push_back("etcd-" + std::to_string(i));
    }
    record.error->command.push_back({.argv = {"helm"}, .exit_code = 1, .last_output = megabyte});
    const auto markdown = report::summary_markdown(record);
    EXPECT_LE(markdown.size(), std::size_t{1} << 20U);
    EXPECT_TRUE(markdown.contains("not found"));
    EXPECT_TRUE(markdown.contains("kubectl describe pod"));
}

TEST(Report, KeepsTheEndOfALongLog) {
    auto record = image_not_found();
    for (int i = 0; i < 5000; ++i) {
        record.cause->log += "line " + std::to_string(i) + "\n";
    }
    const auto markdown = report::summary_markdown(record);
    EXPECT_TRUE(markdown.contains("line 4999\n```"));
    EXPECT_FALSE(markdown.contains("line 1000\n"));
    EXPECT_TRUE(markdown.contains("KiB before this are left out"));
}

TEST(Report, SaysThatAFailureOfHelmTouchedNothing) {
    auto record = image_not_found();
    record.touched = false;
    record.cause.reset();
    record.after.reset();
    record.error->code = base::ErrorCode::helm_failed;
    const auto markdown = report::summary_markdown(record);
    EXPECT_THAT(markdown, HasSubstr("**Nothing was touched**: what ran before runs as before"));
    EXPECT_THAT(markdown, Not(HasSubstr("helm rollback")));
    const auto outputs = report::outputs(record);
    EXPECT_THAT(outputs, testing::Contains(std::pair<std::string, std::string>("changed", "false")));
}

TEST(Report, SaysOfBadInputThatTheClusterWasAskedWhenItWas) {
    auto record = image_not_found();
    record.touched = false;
    record.cause.reset();
    record.after.reset();
    record.error->code = base::ErrorCode::bad_input;
    const auto markdown = report::summary_markdown(record);
    EXPECT_THAT(markdown, HasSubstr("**Nothing was touched**: what ran before runs as before"));
    EXPECT_THAT(markdown, Not(HasSubstr("before it asked the cluster")));
}

TEST(Report, NamesTheStatusOfARevisionThatIsNotDeployed) {
    auto record = image_not_found();
    record.after->status = "failed";
    EXPECT_THAT(report::summary_markdown(record), HasSubstr("`etcd-1.0.0` (failed)"));
}

TEST(Report, GivesNoControlCharactersToATerminal) {
    auto record = image_not_found();
    record.cause->headline = "a\033[2Jb\r\u202Ec";
    EXPECT_THAT(report::summary_terminal(record, {}), Not(ContainsRegex("\033|\r|\u202E")));
}

TEST(Report, ShowsTheErrorOnceForTheLog) {
    const base::Error error{.code = base::ErrorCode::helm_failed,
                            .message = "helm upgrade failed",
                            .context = {},
                            .hint = "mend it",
                            .command = {{.argv = {"helm", "upgrade"}, .exit_code = 1, .last_output = "Error: no\n"}}};
    EXPECT_EQ(
        report::error_text(error),
        "Helm failed: helm upgrade failed\nWhat to do: mend it\nhelm upgrade ended with exit code 1:\nError: no\n");
}

TEST(Columns, CountWhatATerminalShows) {
    EXPECT_EQ(report::columns("abc"), 3U);
    EXPECT_EQ(report::columns("é→│"), 3U);
    EXPECT_EQ(report::columns("e\u0301"), 1U);
    EXPECT_EQ(report::columns("日本✅"), 6U);
    EXPECT_EQ(report::padded("日", 4), "日  ");
    EXPECT_THAT(report::wrapped("aa bb cc", 5), testing::ElementsAre("aa bb", "cc"));
    EXPECT_THAT(report::wrapped("aaaaaaaa b", 5), testing::ElementsAre("aaaaaaaa", "b"));
}

}  // namespace
}  // namespace report_test
