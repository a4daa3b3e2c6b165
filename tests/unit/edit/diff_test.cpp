#include "edit/diff.hpp"

#include <gtest/gtest.h>

namespace {

using edit::unified_diff;

TEST(Diff, IsNothingForTheSameText) {
    EXPECT_EQ(unified_diff("f", "a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(unified_diff("f", "", ""), "");
}

TEST(Diff, ShowsThreeLinesAroundTheChange) {
    EXPECT_EQ(unified_diff("x/values.yaml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
              "--- a/x/values.yaml\n+++ b/x/values.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(Diff, CountsAddedAndRemovedLines) {
    EXPECT_EQ(unified_diff("f", "a\n", "a\nb\nc\n"), "--- a/f\n+++ b/f\n@@ -1 +1,3 @@\n a\n+b\n+c\n");
    EXPECT_EQ(unified_diff("f", "a\nb\nc\n", "c\n"), "--- a/f\n+++ b/f\n@@ -1,3 +1 @@\n-a\n-b\n c\n");
    EXPECT_EQ(unified_diff("f", "", "a\n"), "--- a/f\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
    EXPECT_EQ(unified_diff("f", "a\n", ""), "--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-a\n");
}

TEST(Diff, SaysWhenTheLastLineHasNoEnd) {
    EXPECT_EQ(unified_diff("f", "a\nb", "a\nc"),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
              "\\ No newline at end of file\n");
    EXPECT_EQ(unified_diff("f", "a\nb", "z\nb"),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+z\n b\n\\ No newline at end of file\n");
    EXPECT_EQ(unified_diff("f", "a", "a\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(Diff, TakesNoLineTwiceWhenLinesRepeat) {
    EXPECT_EQ(unified_diff("f", "a\na\n", "a\na\na\n"), "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a\n a\n+a\n");
    EXPECT_EQ(unified_diff("f", "a\na\na\n", "a\n"), "--- a/f\n+++ b/f\n@@ -1,3 +1 @@\n a\n-a\n-a\n");
}

TEST(Diff, KeepsCarriageReturns) {
    EXPECT_EQ(unified_diff("f", "a\r\n", "b\r\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+b\r\n");
}

TEST(DiffForShow, HidesWhatStandsAroundTheChange) {
    EXPECT_EQ(edit::for_show(unified_diff("f",
                                          "env:\n  - name: DB_PASSWORD\n    value: hunter2\n  - name: E\n    value: a\n"
                                          "  # root: hunter3\n  hunter4\nhunter5: {}\n",
                                          "env:\n  - name: DB_PASSWORD\n    value: hunter2\n  - name: E\n    value: b\n"
                                          "  # root: hunter3\n  hunter4\nhunter5: {}\n")),
              "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n   - name: DB_PASSWORD\n     value: …\n   - name: E\n"
              "-    value: a\n+    value: b\n   …\n   …\n hunter5: …\n");
    EXPECT_EQ(
        edit::for_show(
            unified_diff("f", "env: [{PASSWORD: hunter2}, {E: a}]\n", "env: [{PASSWORD: hunter2}, {E: b}]\n")),
        "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-… (a line that holds a secret, too)\n+… (a line that holds a secret, too)\n");
    EXPECT_EQ(edit::for_show(unified_diff("f", "'hunter2: x': 1\r\nb: 1\r\n", "'hunter2: x': 1\r\nb: 2\r\n")),
              "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n …\r\n-b: 1\r\n+b: 2\r\n");
}

}  // namespace
