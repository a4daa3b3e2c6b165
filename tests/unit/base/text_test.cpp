#include "base/text.hpp"

#include <gtest/gtest.h>

namespace {

using Strings = std::vector<std::string>;

TEST(Text, TrimsWhiteSpaceAtBothEnds) {
    EXPECT_EQ(base::trim("  a b\t\r\n"), "a b");
    EXPECT_EQ(base::trim(" \n "), "");
    EXPECT_EQ(base::trim(""), "");
}

TEST(Text, SplitsLinesAndDropsEmptyOnes) {
    EXPECT_EQ(base::nonempty_lines("a\r\n\n  b \n\t\nc"), (Strings{"a", "b", "c"}));
    EXPECT_EQ(base::nonempty_lines(" \n"), Strings{});
}

TEST(Text, SplitsAndKeepsEmptyParts) {
    EXPECT_EQ(base::split("a,,b,", ','), (Strings{"a", "", "b", ""}));
    EXPECT_EQ(base::split("", ','), Strings{""});
}

TEST(Text, JoinsWithTheSeparatorBetween) {
    EXPECT_EQ(base::join({"a", "a", ""}, ", "), "a, a, ");
    EXPECT_EQ(base::join({"a"}, ", "), "a");
    EXPECT_EQ(base::join({}, ", "), "");
}

TEST(Text, LowersAsciiOnly) {
    EXPECT_EQ(base::lower("AbZ-É"), "abz-É");
}

TEST(Text, ReplacesEveryOccurrenceOnce) {
    EXPECT_EQ(base::replace_all("aXbX", "X", "XX"), "aXXbXX");
    EXPECT_EQ(base::replace_all("aaa", "aa", "b"), "ba");
    EXPECT_EQ(base::replace_all("abc", "", "x"), "abc");
}

TEST(Text, ShortensAtACharacterBoundary) {
    EXPECT_EQ(base::shorten("abcdef", 6), "abcdef");
    EXPECT_EQ(base::shorten("abcdefg", 6), "abc…");
    EXPECT_EQ(base::shorten("ééééé", 8), "éé…");  // five bytes have room: two characters and a half
    EXPECT_EQ(base::shorten("abcdef", 2), "ab");
    EXPECT_EQ(base::shorten("", 0), "");
}

TEST(Text, FindsTheNearestCandidate) {
    const Strings actions{"install", "upgrade", "uninstall"};
    struct Row {
        const char* word;
        const char* expected;
    };
    for (const Row& row : {
             Row{"instal", "install"},
             Row{"Install", "install"},
             Row{"isntall", "install"},  // a swap is one step
             Row{"uninstal", "uninstall"},
             Row{"upgrdae", "upgrade"},
             Row{"delete", ""},
             Row{"", ""},
             Row{"up", ""},
         }) {
        EXPECT_EQ(base::nearest(row.word, actions), row.expected) << row.word;
    }
    EXPECT_EQ(base::nearest(std::string(100'000, 'a'), actions), "");
}

TEST(Text, TellsBytesInTheUnitThatFits) {
    struct Row {
        std::uint64_t bytes;
        const char* expected;
    };
    for (const Row& row : {
             Row{0, "0 B"},
             Row{1023, "1023 B"},
             Row{1024, "1 KiB"},
             Row{1536, "1.5 KiB"},
             Row{20480, "20 KiB"},
             Row{1048575, "1 MiB"},  // not "1024 KiB"
             Row{8ULL << 30U, "8 GiB"},
             Row{~0ULL, "16 EiB"},
         }) {
        EXPECT_EQ(base::human_bytes(row.bytes), row.expected);
    }
}

}  // namespace
