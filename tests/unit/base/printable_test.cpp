#include <gtest/gtest.h>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace {

using std::string_view_literals::operator""sv;

TEST(Printable, KeepsWhatPeopleRead) {
    EXPECT_EQ(base::printable("tab\tline\nñ € 漢 😀"), "tab\tline\nñ € 漢 😀");
    EXPECT_EQ(base::printable(""), "");
}

TEST(Printable, RemovesControlsAndWholeTerminalSequences) {
    struct Row {
        const char* what;
        std::string_view text;
        const char* expected;
    };
    for (const Row& row : {
             Row{"carriage return", "a\r\nb", "a\nb"},
             Row{"NUL, BEL, DEL",
                 "a\0b\x07"
                 "c\x7f"
                 "d"sv,
                 "abcd"},
             Row{"colour", "\x1b[1;31mred\x1b[0m", "red"},
             Row{"cursor with intermediate", "\x1b[2 qx", "x"},
             Row{"window title, ended by BEL", "\x1b]0;evil\x07ok", "ok"},
             Row{"hyperlink, ended by ST", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"},
             Row{"open command string ends with its line", "\x1b]0;evil\nnext", "\nnext"},
             Row{"device control", "\x1bPq#1\x1b\\z", "z"},
             Row{"character set", "\x1b(Bx", "x"},
             Row{"two-byte escape",
                 "\x1b"
                 "cx",
                 "x"},
             Row{"escape at the end", "x\x1b", "x"},
             Row{"cut sequence", "x\x1b[12", "x"},
             Row{"C1 introducer",
                 "\xC2\x9B"
                 "31mred",
                 "red"},
             Row{"C1 command string",
                 "\xC2\x9D"
                 "0;t\xC2\x9Cok",
                 "ok"},
             Row{"other C1",
                 "a\xC2\x85"
                 "b",
                 "ab"},
             Row{"bidirectional override", "a\u202Eb\u202Cc", "abc"},
             Row{"bidirectional isolate", "a\u2066b\u2069c", "abc"},
             Row{"line separator", "a\u2028b\u2029c", "a b c"},
         }) {
        EXPECT_EQ(base::printable(row.text), row.expected) << row.what;
    }
}

TEST(Printable, ReplacesBytesThatAreNoUtf8) {
    struct Row {
        const char* what;
        std::string_view text;
        const char* expected;
    };
    for (const Row& row : {
             Row{"lone continuation", "a\x80z", "a\uFFFDz"},
             Row{"overlong slash", "\xC0\xAF", "\uFFFD\uFFFD"},
             Row{"overlong in three bytes", "\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD"},
             Row{"surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
             Row{"above U+10FFFF", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
             Row{"cut character", "x\xE2\x82", "x\uFFFD"},
             Row{"cut character, then text", "\xF0\x9F\x98z", "\uFFFDz"},
             Row{"latin-1", "caf\xE9!", "caf\uFFFD!"},
         }) {
        EXPECT_EQ(base::printable(row.text), row.expected) << row.what;
    }
}

TEST(Utf8, ReadsOneCharacter) {
    const base::Character euro = base::first_character("€uro");
    EXPECT_TRUE(euro.valid);
    EXPECT_EQ(euro.value, U'€');
    EXPECT_EQ(euro.length, 3U);
    EXPECT_EQ(base::first_character("😀").value, U'😀');
    EXPECT_EQ(base::first_character("\xF4\x8F\xBF\xBF").value, U'\U0010FFFF');
}

}  // namespace
