#include "github/comment_body.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace {

using github::comment_body;
using github::comment_marker;
using github::longest_comment;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string marker = "<!-- m -->";
const std::string link = "https://github.com/o/r/actions/runs/1";
const std::string notice =
    "\n**Cut here**, since a comment holds no more: [the whole of it](" + link + ") is in the summary of the run.\n";

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

// Characters as Unicode counts them; no byte may be part of none.
std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
        const auto character = base::first_character(text);
        EXPECT_TRUE(character.valid);
        text.remove_prefix(character.length);
    }
    return count;
}

TEST(CommentMarker, NamesWhatIsPlannedAndCannotBeBrokenOutOf) {
    struct Case {
        github::CommentSubject subject;
        std::string marker;
    };
    const std::vector<Case> cases{
        {{"etcd", "anytrade", ""}, "<!-- etcd-deploy plan: release=etcd namespace=anytrade -->"},
        {{"etcd", "a", "prod"}, "<!-- etcd-deploy plan: release=etcd namespace=a cluster=prod -->"},
        {{"a--b---c", "n", ""}, "<!-- etcd-deploy plan: release=a-%2Db-%2D-c namespace=n -->"},
        {{"a-->b", "n\nm", "kind @x"},
         "<!-- etcd-deploy plan: release=a-%2D%3Eb namespace=n%0Am cluster=kind%20%40x -->"},
        {{"a%2Db", "", ""}, "<!-- etcd-deploy plan: release=a%252Db namespace= -->"},
    };
    for (const auto& [subject, expected] : cases) {
        const auto text = comment_marker(subject);
        EXPECT_EQ(text, expected);
        EXPECT_EQ(text.find("--", 4), text.size() - 3) << text;
    }
}

TEST(CommentBody, BeginsWithTheMarkerOnALineOfItsOwn) {
    EXPECT_EQ(comment_body(marker, "# Plan\n\ntext\n", link), "<!-- m -->\n# Plan\n\ntext\n");
    EXPECT_EQ(comment_body(marker, "", link), "<!-- m -->\n");
}

TEST(CommentBody, HoldsNoControlCharactersAndNoBrokenUtf8) {
    EXPECT_EQ(comment_body(marker, "a\x1b[31mb\xff", link), "<!-- m -->\nab\uFFFD");
}

TEST(CommentBody, IsWholeAsLongAsItFits) {
    const std::string text(longest_comment - marker.size() - 1, 'x');
    EXPECT_EQ(comment_body(marker, text, link), marker + "\n" + text);
    EXPECT_THAT(comment_body(marker, text + "x", link), EndsWith(notice));
}

TEST(CommentBody, IsCutAtTheEndOfALine) {
    const auto body = comment_body(marker, repeated("0123456789\n", 10'000), link);
    EXPECT_THAT(body, StartsWith(marker + "\n0123456789\n"));
    EXPECT_THAT(body, EndsWith("\n0123456789\n" + notice));
    EXPECT_LE(body.size(), longest_comment);
    EXPECT_GT(body.size(), longest_comment - 11);
}

TEST(CommentBody, IsCutWithinALineThatHasNoEndNear) {
    const auto body = comment_body(marker, "first\n" + std::string(100'000, 'x'), link);
    EXPECT_THAT(body, EndsWith("xxx\n" + notice));
    EXPECT_EQ(body.size(), longest_comment);
}

TEST(CommentBody, CountsCharactersAndCutsBetweenThem) {
    struct Case {
        std::string character;
        std::size_t most;  // that fit, whichever way they are counted
    };
    const std::vector<Case> cases{{"é", longest_comment}, {"→", longest_comment}, {"😀", longest_comment / 2}};
    for (const auto& [character, most] : cases) {
        const auto fits = most - marker.size() - 1;
        EXPECT_EQ(comment_body(marker, repeated(character, fits - 20), link),
                  marker + "\n" + repeated(character, fits - 20));
        const auto body = comment_body(marker, repeated(character, longest_comment), link);
        EXPECT_THAT(body, EndsWith(character + "\n" + notice));
        EXPECT_LE(characters(body), longest_comment);
        EXPECT_GE(characters(body), most - notice.size());
    }
}

TEST(CommentBody, ClosesWhatIsOpenWhereItIsCut) {
    const std::string filling = repeated("0123456789\n", 10'000);
    struct Case {
        std::string before;
        std::string closing;
    };
    const std::vector<Case> cases{
        {"text\n", ""},
        {"```diff\n", "```\n"},
        {"`````\n```\n", "`````\n"},
        {"~~~ a`b\n```\n", "~~~\n"},
        {"```\ncode\n```\n", ""},
        {"```\ncode\n`````  \n", ""},
        {"```\n``` not its end\n", "```\n"},
        {"``` `no fence`\n", ""},
        {"    ```\n", ""},
        {"``\n", ""},
        {"<details><summary>a</summary>\n\n", "\n</details>\n"},
        {"<details><summary>a</summary>\n\n<DETAILS open>\n\n", "\n</details>\n\n</details>\n"},
        {"<details><summary>a</summary>\n\nb\n</details>\n", ""},
        {"</details>\n<details>\n", "\n</details>\n"},
        {"<details><summary>a</summary>\n\n```yaml\n<details>\n", "```\n\n</details>\n"},
    };
    for (const auto& [before, closing] : cases) {
        const auto body = comment_body(marker, before + filling, link);
        EXPECT_THAT(body, StartsWith(marker + "\n" + before));
        EXPECT_THAT(body, EndsWith("\n0123456789\n" + closing + notice)) << before;
        EXPECT_LE(body.size(), longest_comment) << before;
    }
}

TEST(CommentBody, FitsEvenWhenWhatClosesIsLong) {
    const auto many = comment_body(marker, repeated("<details>\n", 20'000), link);
    EXPECT_LE(many.size(), longest_comment);
    EXPECT_THAT(many, EndsWith("\n</details>\n" + notice));
    const auto wide = comment_body(marker, std::string(40'000, '`') + "\n" + repeated("line\n", 20'000), link);
    EXPECT_LE(wide.size(), longest_comment);
}

TEST(CommentBody, LinksOnlyToPlainAddresses) {
    const std::string text(2 * longest_comment, 'x');
    for (const std::string odd :
         {"", "javascript:alert(1)", "https://a/ b", "https://a/)[x](https://b", "https://a/\n"}) {
        const auto body = comment_body(marker, text, odd);
        EXPECT_THAT(body, EndsWith("since a comment holds no more: the whole of it is in the summary of the run.\n"));
        EXPECT_THAT(body, Not(HasSubstr("](")));
    }
}

}  // namespace
