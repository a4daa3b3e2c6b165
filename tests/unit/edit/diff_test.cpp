#include "edit/diff.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

// [begin, begin + removed) of the old text became `inserted`.
std::string shown(const std::string& before, std::size_t begin, std::size_t removed, const std::string& inserted) {
    edit::Edit edit{.text = before, .begin = begin, .removed = removed, .inserted = inserted.size()};
    edit.text.replace(begin, removed, inserted);
    return edit::shown_diff("f", before, edit);
}
// The one place of `old` becomes `now`.
std::string shown(const std::string& before, const std::string& old, const std::string& now) {
    const auto begin = before.find(old);
    EXPECT_EQ(before.find(old, begin + 1), std::string::npos);
    return shown(before, begin, old.size(), now);
}

TEST(Diff, IsNothingForTheSameText) {
    EXPECT_EQ(shown("a:\nb:\n", 0, 0, ""), "");
    EXPECT_EQ(shown("", 0, 0, ""), "");
}

TEST(Diff, ShowsThreeLinesAroundTheChange) {
    EXPECT_EQ(shown("a:\nb:\nc:\nd:\ne:\nf:\ng:\nh:\ni:\n", "e:", "five:"),
              "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n b:\n c:\n d:\n-e:\n+five:\n f:\n g:\n h:\n");
}

TEST(Diff, CountsAddedAndRemovedLines) {
    EXPECT_EQ(shown("a:\n", 3, 0, "b\nc\n"), "--- a/f\n+++ b/f\n@@ -1 +1,3 @@\n a:\n+b\n+c\n");
    EXPECT_EQ(shown("a\nb\nc:\n", 0, 4, ""), "--- a/f\n+++ b/f\n@@ -1,3 +1 @@\n-a\n-b\n c:\n");
    EXPECT_EQ(shown("", 0, 0, "a\n"), "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
    EXPECT_EQ(shown("a\n", 0, 2, ""), "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n");
}

TEST(Diff, SaysWhenTheLastLineHasNoEnd) {
    EXPECT_EQ(shown("a:\nb", "b", "c"),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a:\n-b\n\\ No newline at end of file\n+c\n"
              "\\ No newline at end of file\n");
    EXPECT_EQ(shown("a\nb:", "a", "z"),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+z\n b:\n\\ No newline at end of file\n");
    EXPECT_EQ(shown("a:", 2, 0, "\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a:\n\\ No newline at end of file\n+a:\n");
}

TEST(Diff, TakesNoLineTwiceWhenLinesRepeat) {
    EXPECT_EQ(shown("a:\na:\n", 6, 0, "a:\n"), "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a:\n a:\n+a:\n");
    EXPECT_EQ(shown("a:\na:\na:\n", 3, 6, ""), "--- a/f\n+++ b/f\n@@ -1,3 +1 @@\n a:\n-a:\n-a:\n");
}

TEST(Diff, KeepsCarriageReturns) {
    EXPECT_EQ(shown("a: 1\r\n", "1", "2"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a: 1\r\n+a: 2\r\n");
}

TEST(Diff, HidesWhatStandsAroundTheChange) {
    EXPECT_EQ(shown("env:\n  - name: DB_PASSWORD\n    value: hunter2\n  - name: E\n    value: a\n"
                    "  # root: hunter3\n  hunter4\nhunter5: {}\n",
                    "value: a\n", "value: b\n"),
              "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n   - name: DB_PASSWORD\n     value: …\n   - name: E\n"
              "-    value: a\n+    value: b\n   …\n   …\n hunter5: …\n");
    EXPECT_EQ(shown("'hunter2: x': 1\r\nb: 1\r\n", "1\r\nb: 1", "1\r\nb: 2"),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n …\r\n-b: 1\r\n+b: 2\r\n");
}

struct Hidden {
    const char* description;
    const char* before;
    const char* old;
    const char* now;
};

// Whatever is called hunter2 is somebody's secret.
TEST(Diff, ShowsNoValueOfAnother) {
    const std::vector<Hidden> cases{
        {"the last line gets an end", "env:\n- name: DB_DSN\n  value: hunter2", "hunter2", "hunter2\n- name: E"},
        {"a comma comes behind it", "env: [\n  {name: DB_DSN,\n    value: hunter2 }\n]\n", " }\n]",
         " },\n {name: E}\n]"},
        {"a comment that ends like a key", "a: hunter2 # see:\nb: 1\n", "b: 1", "b: 2"},
        {"a name with more behind it", "- {\n  name: X, value: hunter2 }\n- b: 1\n", "b: 1", "b: 2"},
        {"before it in its line", "env: [{name: DSN, value: hunter2}, {name: E, value: old}]\n", "old", "new"},
        {"behind it in its line", "env: [{name: E, value: old}, {name: DSN, value: hunter2}]\n", "old", "new"},
        {"a comment behind it", "E: old  # was hunter2\n", "old", "new"},
        {"a file of one line", "a: hunter2\rb: old\rc: hunter2\r", "old", "new"},
    };
    for (const auto& [description, before, old, now] : cases) {
        SCOPED_TRACE(description);
        const std::string text = before;
        const auto begin = text.find(old);
        // Only what really differs is the edit's own.
        std::size_t same = 0;
        while (old[same] != '\0' && old[same] == now[same]) {
            ++same;
        }
        const auto diff = shown(text, begin + same, std::string(old).size() - same, std::string(now).substr(same));
        EXPECT_EQ(diff.find("hunter2"), std::string::npos) << diff;
        EXPECT_NE(diff.find('+'), std::string::npos) << diff;
    }
}

}  // namespace
