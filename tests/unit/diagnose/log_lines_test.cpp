#include "diagnose/log_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnose/last_words.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(LogLines, ReadsWhatEtcdWrites) {
    const auto lines =
        diagnose::log_lines(R"({"level":"fatal","ts":"2026-11-25T04:18:47.123456Z","caller":"etcdmain/etcd.go:183",)"
                            R"("msg":"discovery failed","error":"member count is unequal"})"
                            "\nplain words\n");
    ASSERT_THAT(lines, SizeIs(2));
    EXPECT_EQ(lines[0].level, "fatal");
    EXPECT_TRUE(lines[0].time.has_value());
    EXPECT_EQ(lines[0].shown, "fatal: discovery failed: member count is unequal");
    EXPECT_EQ(lines[1].level, "");
    EXPECT_EQ(lines[1].shown, "plain words");
}

TEST(LogLines, SurvivesWhatIsHostile) {
    const auto lines =
        diagnose::log_lines(std::string(100000, '{') + "\n{\"level\":3,\"msg\":[1]}\n{\"msg\":\"" +
                            std::string(100000, 'x') + "\"}\n{\"msg\":\"\x1b[2J\"}\n" + std::string(10000, '\n'));
    ASSERT_THAT(lines, SizeIs(4));
    for (const auto& line : lines) {
        EXPECT_LE(line.shown.size(), 410U);
        EXPECT_THAT(line.shown, Not(HasSubstr("\x1b")));
    }
}

TEST(LogLines, KeepsTheLastOfAHugeLog) {
    std::string text;
    for (int number = 0; number < 5000; ++number) {
        text += "line " + std::to_string(number) + "\n";
    }
    const auto lines = diagnose::log_lines(text);
    ASSERT_THAT(lines, SizeIs(2000));
    EXPECT_EQ(lines.back().shown, "line 4999");
}

struct WordsCase {
    const char* name;
    const char* log;
    const char* line;
    const char* meaning;
};

class LastWords : public testing::TestWithParam<WordsCase> {};

TEST_P(LastWords, AreTheLineThatTellsWhyItEnded) {
    const auto words = diagnose::last_words(GetParam().log);
    EXPECT_EQ(words ? words->line : "", GetParam().line);
    EXPECT_EQ(words ? words->meaning : "", GetParam().meaning);
    EXPECT_EQ(words && !words->advice.empty(), words && !words->meaning.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Logs, LastWords,
    testing::Values(
        WordsCase{
            "OfAnEtcdThatRefusesASetting",
            R"({"level":"warn","msg":"unrecognized environment variable"})"
            "\n"
            R"({"level":"info","msg":"Running: "})"
            "\n"
            R"({"level":"warn","msg":"failed to verify flags","error":"invalid value \"abc\" for X: parse error"})"
            "\n",
            "failed to verify flags: invalid value \"abc\" for X: parse error",
            "etcd does not accept one of its settings"},
        WordsCase{"OfAFatalLineThoughWarningsFollow",
                  R"({"level":"fatal","msg":"discovery failed","error":"member count is unequal"})"
                  "\n"
                  R"({"level":"warn","msg":"dial tcp: connection refused"})"
                  "\n",
                  "discovery failed: member count is unequal",
                  "the members that the pod is told of are not those that etcd's cluster has"},
        WordsCase{"OfAPanicAboveItsTrace",
                  "panic: tocommit(9) is out of range [lastIndex(0)]\n\ngoroutine 1 [running]:\n"
                  "main.main(0x1, {0x2})\n\t/go/src/main.go:5 +0x1\n",
                  "panic: tocommit(9) is out of range [lastIndex(0)]",
                  "the member is known to the cluster, but its volume is empty or was put back: its data is lost"},
        WordsCase{"OfAProgramThatWritesPlainText", "preparing\nno disk\n", "no disk", ""},
        WordsCase{"OfATraceAloneTellNothing", "goroutine 1 [running]:\n\t/go/src/main.go:5 +0x1\n", "", ""},
        WordsCase{"OfAnEtcdThatOnlyInforms", R"({"level":"info","msg":"starting"})", "", ""},
        WordsCase{"OfAnEmptyLogTellNothing", "\n\n", "", ""}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
