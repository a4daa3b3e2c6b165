#include "github/commands.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using github::Annotation;
using testing::MatchesRegex;

TEST(Annotation, NamesItsKindAndPlace) {
    EXPECT_EQ(github::annotation(Annotation::error, "no"), "::error::no");
    EXPECT_EQ(github::annotation(Annotation::warning, "w", {.title = "t"}), "::warning title=t::w");
    EXPECT_EQ(github::annotation(Annotation::notice, "n", {.title = "t", .file = "a/b.yaml", .line = 3}),
              "::notice title=t,file=a/b.yaml,line=3::n");
    EXPECT_EQ(github::annotation(Annotation::error, "n", {.file = "a.yaml"}), "::error file=a.yaml::n");
    EXPECT_EQ(github::annotation(Annotation::error, "n", {.line = 3}), "::error::n");
}

TEST(Annotation, EscapesDataAndProperties) {
    EXPECT_EQ(github::annotation(Annotation::error, "50%\r\n::add-mask::x"), "::error::50%25%0D%0A::add-mask::x");
    EXPECT_EQ(github::annotation(Annotation::error, "m", {.title = "a: b, c%\n", .file = "d,e:f"}),
              "::error title=a%3A b%2C c%25%0A,file=d%2Ce%3Af::m");
}

TEST(Annotation, IsCutToWhatGitHubShows) {
    EXPECT_EQ(github::annotation(Annotation::error, std::string(4096, 'x')), "::error::" + std::string(4096, 'x'));
    EXPECT_EQ(github::annotation(Annotation::error, std::string(4097, 'x')),
              "::error::" + std::string(4093, 'x') + "…");
}

TEST(Commands, AreWrittenAsTheRunnerReadsThem) {
    EXPECT_EQ(github::group("Helm 100%"), "::group::Helm 100%25");
    EXPECT_EQ(github::end_group(), "::endgroup::");
    EXPECT_EQ(github::add_mask("a%b\nc"), "::add-mask::a%25b%0Ac");
    EXPECT_EQ(github::stop_commands("tok"), "::stop-commands::tok");
    EXPECT_EQ(github::resume_commands("tok"), "::tok::");
}

TEST(RandomToken, Is32HexadecimalDigitsAndNeverTheSame) {
    std::set<std::string> tokens;
    for (int i = 0; i < 100; ++i) {
        const std::string token = github::random_token();
        EXPECT_EQ(token.size(), 32U);
        EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos) << token;
        tokens.insert(token);
    }
    EXPECT_EQ(tokens.size(), 100U);
}

TEST(OutputEntry, HoldsItsValueBetweenRandomDelimiters) {
    EXPECT_THAT(github::output_entry("status", "done"), MatchesRegex("status<<(end_[0-9a-f]+)\ndone\nend_[0-9a-f]+\n"));
    const std::string entry = github::output_entry("a", "one\ntwo");
    const std::string delimiter = entry.substr(3, entry.find('\n') - 3);
    EXPECT_EQ(entry, "a<<" + delimiter + "\none\ntwo\n" + delimiter + "\n");
    EXPECT_NE(entry, github::output_entry("a", "one\ntwo"));
}

}  // namespace
