#include "report/escape.hpp"

#include <gtest/gtest.h>

#include "report/commands.hpp"
#include "report/gantt.hpp"

namespace report_test {
namespace {

struct Row {
    std::string raw;
    std::string expected;
};

TEST(Escape, KeepsTextFromFormattingLinkingAndMentioning) {
    for (const auto& [raw, expected] : std::vector<Row>{
             {"plain text, 3 of 3.", "plain text, 3 of 3."},
             {"a|b", "a\\|b"},
             {"<b>&amp;", "&lt;b&gt;&amp;amp;"},
             {"two\nlines\r\n", "two lines "},
             {"*x* _y_ snake_case", "\\*x\\* \\_y\\_ snake_case"},
             {"[a](https://b)", "\\[a\\](https&#58;//b)"},
             {"@team fix #12", "@<!-- -->team fix #<!-- -->12"},
             {"image@sha256:ab", "image@sha256:ab"},
             {"# no heading", "\\# no heading"},
             {"- no list", "\\- no list"},
             {"12. no list", "12\\. no list"},
             {"12.5 s", "12\\.5 s"},
             {"www.x.y", "www<!-- -->.x.y"},
             {"\\", "\\\\"},
         }) {
        EXPECT_EQ(report::escape_text(raw), expected);
    }
}

TEST(Escape, MakesCodeSpansThatHoldBackticks) {
    EXPECT_EQ(report::code_span("a"), "`a`");
    EXPECT_EQ(report::code_span("a`b"), "``a`b``");
    EXPECT_EQ(report::code_span("`"), "`` ` ``");
    EXPECT_EQ(report::code_span(" "), "–");
    EXPECT_EQ(report::code_span("a|b"), "`a|b`");
    EXPECT_EQ(report::code_span_in_table("a|b"), "`a\\|b`");
}

TEST(Escape, MakesFencesLongerThanWhatTheyHold) {
    EXPECT_EQ(report::fenced("sh", "a\n"), "```sh\na\n```\n");
    EXPECT_EQ(report::fenced("", "a ````\nb"), "`````\na ````\nb\n`````\n");
}

TEST(Commands, QuoteWordsForTheShell) {
    EXPECT_EQ(report::shell_word("svc/etcd-0"), "svc/etcd-0");
    EXPECT_EQ(report::shell_word("a b"), "'a b'");
    EXPECT_EQ(report::shell_word("$(x)'"), "'$(x)'\\'''");
    EXPECT_EQ(report::shell_word("-rf"), "'-rf'");
    EXPECT_EQ(report::shell_word(""), "''");
}

TEST(Gantt, KeepsNamesFromBeingSyntax) {
    using std::chrono::milliseconds;
    const report::Timeline timeline{
        .phases = {{.name = "a: b;c#d", .begin = milliseconds(0), .end = milliseconds(1200)},
                   {.name = "Section x", .begin = milliseconds(1200), .end = milliseconds(1200)},
                   {.name = "\n", .begin = milliseconds(9000), .end = milliseconds(8000), .failed = true}},
        .total = milliseconds(9000)};
    EXPECT_EQ(report::gantt(timeline),
              "gantt\n    dateFormat x\n    axisFormat %s s\n    todayMarker off\n"
              "    a  b c d 1.2 s :0, 1200ms\n"
              "    - Section x 0 ms :1200, 1ms\n"
              "    phase 0 ms :crit, 9000, 1ms\n");
}

}  // namespace
}  // namespace report_test
