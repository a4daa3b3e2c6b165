// What is edited, and how. What is refused: env_entry_refusals_test.cpp.
#include "edit/env_entry.hpp"

#include <gtest/gtest.h>

namespace {

using edit::Change;

struct Case {
    const char* about;
    std::string before;
    std::string after;
    Change change = Change::updated;
    std::string path = "env";
    std::string value = "new:2379";
    std::size_t line = 0;  // 0: does not matter
};

// Beyond the text asked for: nothing outside the region told has changed, and a second time
// changes nothing.
void expect_edited(const Case& test) {
    SCOPED_TRACE(test.about);
    const edit::EnvEntry entry{.name = "URL", .value = test.value, .path = test.path, .file = "v.yaml"};
    const auto result = edit::set_env(test.before, entry);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->text, test.after);
    EXPECT_EQ(result->change, test.change);
    if (test.line != 0) {
        EXPECT_EQ(result->line, test.line);
    }
    const std::string_view before = test.before;
    const std::string_view after = result->text;
    EXPECT_EQ(before.substr(0, result->begin), after.substr(0, result->begin));
    EXPECT_EQ(before.substr(result->begin + result->removed), after.substr(result->begin + result->inserted));
    const auto again = edit::set_env(result->text, entry);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->change, Change::none);
    EXPECT_EQ(again->text, result->text);
}

void expect_all(const std::vector<Case>& tests) {
    for (const auto& test : tests) {
        expect_edited(test);
    }
}

TEST(EnvEntry, ReplacesTheValueAndNothingElse) {
    expect_all({
        {.about = "double quotes, comments and odd blanks around",
         .before =
             "# top\n\nimage:   x   # i\nenv:\n  # first\n  - name: A  # a\n    value: 'b'\n\n  -   name:  URL   # u\n"
             "      value:   \"old\"   # v\n  # last\n\nresources: {}\n\n",
         .after =
             "# top\n\nimage:   x   # i\nenv:\n  # first\n  - name: A  # a\n    value: 'b'\n\n  -   name:  URL   # u\n"
             "      value:   \"new:2379\"   # v\n  # last\n\nresources: {}\n\n",
         .line = 10},
        {.about = "value before name",
         .before = "env:\n- value: old\n  name: URL\n",
         .after = "env:\n- value: new:2379\n  name: URL\n",
         .line = 2},
        {.about = "quoted keys and name",
         .before = "\"env\":\n- 'name': \"URL\"\n  \"value\": 'old'\n",
         .after = "\"env\":\n- 'name': \"URL\"\n  \"value\": 'new:2379'\n"},
        {.about = "value in the line below its key",
         .before = "env:\n- name: URL\n  value:\n    old\n",
         .after = "env:\n- name: URL\n  value:\n    new:2379\n"},
        {.about = "explicit keys",
         .before = "? env\n: - ? name\n    : URL\n    ? value\n    : old\n",
         .after = "? env\n: - ? name\n    : URL\n    ? value\n    : new:2379\n"},
        {.about = "other entries may be anything with a name",
         .before = "env:\n- name: S\n  valueFrom: {secretKeyRef: {name: s, key: k}}\n- name: URL\n  value: old\n",
         .after = "env:\n- name: S\n  valueFrom: {secretKeyRef: {name: s, key: k}}\n- name: URL\n  value: new:2379\n"},
        {.about = "characters of several bytes before it",
         .before = "# schöne Grüße 😀\nenv: # ü\n- name: URL\n  value: \"öld\" # é\n",
         .after = "# schöne Grüße 😀\nenv: # ü\n- name: URL\n  value: \"new:2379\" # é\n"},
        {.about = "a name behind an anchor or an alias",
         .before = "a: &n URL\nenv:\n- name: *n\n  value: old\n",
         .after = "a: &n URL\nenv:\n- name: *n\n  value: new:2379\n"},
        {.about = "an anchor that nobody uses stays",
         .before = "env: &e\n- &i\n  name: URL\n  value: &v \"old\"\n",
         .after = "env: &e\n- &i\n  name: URL\n  value: &v \"new:2379\"\n"},
        {.about = "tags of texts stay",
         .before = "env: !!seq\n- !!map\n  name: URL\n  value: !!str old\n",
         .after = "env: !!seq\n- !!map\n  name: URL\n  value: !!str new:2379\n"},
        {.about = "aliases and merge keys elsewhere do not matter",
         .before = "x: &x {a: b}\ny: {<<: *x}\nenv:\n- name: A\n  value: &v z\n- name: B\n  value: *v\n- name: URL\n  "
                   "<<: *x\n  value: old\n",
         .after = "x: &x {a: b}\ny: {<<: *x}\nenv:\n- name: A\n  value: &v z\n- name: B\n  value: *v\n- name: URL\n  "
                  "<<: *x\n  value: new:2379\n"},
    });
}

TEST(EnvEntry, KeepsTheWayOfQuotingWhereThatHoldsTheValue) {
    const auto one = [](const char* about, const std::string& old, const std::string& now, const std::string& value) {
        expect_edited({.about = about,
                       .before = "env:\n- name: URL\n  value: " + old + " # c\n",
                       .after = "env:\n- name: URL\n  value: " + now + " # c\n",
                       .value = value});
    };
    one("plain", "old", "http://a-0.b:2379,http://a-1.b:2379", "http://a-0.b:2379,http://a-1.b:2379");
    one("single", "'it''s'", "'a''b'", "a'b");
    one("double", "\"x\"", R"("a\"b\\c'd")", "a\"b\\c'd");
    one("control characters need double quotes", "'x'", R"("a\nb\tc\x01\x7F\x85")", "a\nb\tc\x01\x7F\xC2\x85");
    one("separators that are line breaks for YAML 1.1", "'x'", R"("\u2028\uFEFF\U0001FFFF")",
        "\xE2\x80\xA8\xEF\xBB\xBF\xF0\x9F\xBF\xBF");
    one("more than ASCII", "'x'", "'é😀'", "é😀");
    one("nothing", "old", "\"\"", "");
    one("blanks at the ends", "'old'", "' a '", " a ");
    for (const std::string value :
         {"true", "No", "y",   "null", "~",    "12", "1.5", "0x1F", "1e3", "2024-01-01", "12:30:45", ".inf",
          "<<",   "=",  "- a", "a: b", "a #b", "#a", "*a",  "&a",   "!a",  "%a",         "@a",       "`a",
          "[a",   "{a", "a:",  "-",    "?",    "|",  ">",   "'a",   "\"a", " a",         "a "}) {
        const auto escaped = value == "\"a" ? std::string("\\\"a") : value;
        one("what may not be plain", "old", "\"" + escaped + "\"", value);
    }
    one("words that only begin like others", "old", "nobody", "nobody");
}

TEST(EnvEntry, KnowsWhatPlainTextMeans) {
    const auto one = [](const char* old, const char* now, const char* value, Change change) {
        expect_edited({.about = old,
                       .before = std::string("env:\n- name: URL\n  value:") + old + "\n",
                       .after = std::string("env:\n- name: URL\n  value:") + now + "\n",
                       .change = change,
                       .value = value});
    };
    one(" 2379", " \"2379\"", "2379", Change::updated);  // a number is no text
    one(" yes", " \"yes\"", "yes", Change::updated);
    one(" null", " \"null\"", "null", Change::updated);
    one("", " \"\"", "", Change::updated);
    one(" ~", " \"\"", "", Change::updated);
    one(" ''", " ''", "", Change::none);
    one(" '2379'", " '2379'", "2379", Change::none);
    one(" !!str 2379", " !!str 2379", "2379", Change::none);
    one(" 10.0.0.1:2379", " 10.0.0.1:2379", "10.0.0.1:2379", Change::none);
    one(" \"\\x61\\\n    b\"", " \"\\x61\\\n    b\"", "ab", Change::none);
    one(" >-\n    a\n    b", " >-\n    a\n    b", "a b", Change::none);
}

TEST(EnvEntry, ReplacesTextsOfSeveralLinesAsAWhole) {
    expect_all({
        {.about = "plain",
         .before = "env:\n- name: URL\n  value: a\n    b\n\n    c # d\nx: 1\n",
         .after = "env:\n- name: URL\n  value: new:2379 # d\nx: 1\n"},
        {.about = "quoted",
         .before = "env:\n- name: URL\n  value: \"a\n    b\\\n    c\" # d\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\" # d\n"},
        {.about = "literal, and its comment",
         .before = "env:\n- name: URL\n  value: |  # c\n    a\n     b\n\n# d\nx: 1\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"  # c\n\n# d\nx: 1\n"},
        {.about = "folded, kept, at the end",
         .before = "env:\n- name: URL\n  value: >+\n    a\n\n\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"\n\n\n"},
        {.about = "with an indentation indicator, in the middle",
         .before = "env:\n- value: |2-\n      a\n  name: URL\n",
         .after = "env:\n- value: \"new:2379\"\n  name: URL\n"},
        {.about = "without a line end",
         .before = "env:\n- name: URL\n  value: |\n    a",
         .after = "env:\n- name: URL\n  value: \"new:2379\""},
        {
            .about = "in its key's column",
            .before = "env:\n- name: URL\n  value:\n  |\n   a\n",
            .after = "env:\n- name: URL\n  value:\n   \"new:2379\"\n",
        },
        {.about = "without anything",
         .before = "env:\n- name: URL\n  value: |\nx: 1\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"\nx: 1\n"},
        {.about = "with a tab in the last line",
         .before = "env:\n- name: URL\n  value: |\n    a\n    \t\nx: 1\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"\nx: 1\n"},
    });
}

TEST(EnvEntry, WritesTheValueThatIsMissing) {
    expect_all({
        {.about = "empty",
         .before = "env:\n- name: URL\n  value:\nx: 1\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"\nx: 1\n"},
        {.about = "empty, with a comment",
         .before = "env:\n- name: URL\n  value:   # c\n- name: B\n",
         .after = "env:\n- name: URL\n  value: \"new:2379\"   # c\n- name: B\n"},
        {.about = "empty, at the end without a line end",
         .before = "env:\n- name: URL\n  value:",
         .after = "env:\n- name: URL\n  value: \"new:2379\""},
        {.about = "empty, with a tag",
         .before = "env:\n- name: URL\n  value: !!str # c\n",
         .after = "env:\n- name: URL\n  value: !!str \"new:2379\" # c\n"},
        {.about = "empty in braces",
         .before = "env: [{value: , name: URL}]\n",
         .after = "env: [{value: \"new:2379\" , name: URL}]\n"},
        {.about = "empty in braces, as in JSON",
         .before = "env: [{\"name\": \"URL\", \"value\":}]\n",
         .after = "env: [{\"name\": \"URL\", \"value\": \"new:2379\"}]\n"},
        {.about = "not there",
         .before = "env:\n  - name: URL # u\n  # b\n  - name: B\n",
         .after = "env:\n  - name: URL # u\n    value: \"new:2379\"\n  # b\n  - name: B\n",
         .change = Change::added,
         .line = 3},
        {.about = "not there, at the end",
         .before = "env:\n-  name: URL",
         .after = "env:\n-  name: URL\n   value: \"new:2379\"",
         .change = Change::added},
        {.about = "not there in braces",
         .before = "env: [{name: URL}, {name: B}]\n",
         .after = "env: [{name: URL, value: \"new:2379\"}, {name: B}]\n",
         .change = Change::added},
    });
}

TEST(EnvEntry, AddsAnEntryBehindTheOthers) {
    expect_all({
        {.about = "list left of its key's column",
         .before = "env:\n- name: A\n  value: b\nx: 1\n",
         .after = "env:\n- name: A\n  value: b\n- name: URL\n  value: \"new:2379\"\nx: 1\n",
         .change = Change::added,
         .line = 5},
        {.about = "list to the right, single quotes",
         .before = "env:\n    - name: A\n      value: 'b' # c\n    # d\n\n# e\nx: 1\n",
         .after = "env:\n    - name: A\n      value: 'b' # c\n    - name: URL\n      value: 'new:2379'\n    # d\n\n# "
                  "e\nx: 1\n",
         .change = Change::added},
        {.about = "blanks behind the dash",
         .before = "env:\n-   value: b\n    name: A\n",
         .after = "env:\n-   value: b\n    name: A\n-   name: URL\n    value: \"new:2379\"\n",
         .change = Change::added},
        {.about = "a dash alone in its line",
         .before = "env:\n-\n  name: A\n",
         .after = "env:\n-\n  name: A\n- name: URL\n  value: \"new:2379\"\n",
         .change = Change::added},
        {.about = "no line end at the end",
         .before = "env:\n- name: A\n  value: b",
         .after = "env:\n- name: A\n  value: b\n- name: URL\n  value: \"new:2379\"",
         .change = Change::added},
        {.about = "CRLF",
         .before = "env:\r\n- name: A\r\n  value: b\r\n# c\r\n",
         .after = "env:\r\n- name: A\r\n  value: b\r\n- name: URL\r\n  value: \"new:2379\"\r\n# c\r\n",
         .change = Change::added},
        {.about = "CRLF, but not at the end",
         .before = "env:\r\n- name: A\r\n  value: b",
         .after = "env:\r\n- name: A\r\n  value: b\r\n- name: URL\r\n  value: \"new:2379\"",
         .change = Change::added},
        {.about = "mixed line ends: that of the line above",
         .before = "x: 1\r\nenv:\n- name: A\n",
         .after = "x: 1\r\nenv:\n- name: A\n- name: URL\n  value: \"new:2379\"\n",
         .change = Change::added},
        {.about = "behind a block text",
         .before = "env:\n- name: A\n  value: |\n    b\n\n# c\nx: 1\n",
         .after = "env:\n- name: A\n  value: |\n    b\n\n- name: URL\n  value: \"new:2379\"\n# c\nx: 1\n",
         .change = Change::added},
        {.about = "behind a block text with CRLF",
         .before = "env:\r\n- name: A\r\n  value: |\r\n    b\r\n",
         .after = "env:\r\n- name: A\r\n  value: |\r\n    b\r\n- name: URL\r\n  value: \"new:2379\"\r\n",
         .change = Change::added},
        {.about = "behind a value of several lines",
         .before = "env:\n- name: A\n  valueFrom:\n    a:\n      b: [c,\n d] # e\nx: 1\n",
         .after =
             "env:\n- name: A\n  valueFrom:\n    a:\n      b: [c,\n d] # e\n- name: URL\n  value: \"new:2379\"\nx: 1\n",
         .change = Change::added},
        {.about = "braces in a list",
         .before = "env:\n  - {name: A, value: 'b'} # c\n",
         .after = "env:\n  - {name: A, value: 'b'} # c\n  - {name: URL, value: 'new:2379'}\n",
         .change = Change::added},
        {.about = "before the document's end",
         .before = "---\nenv:\n- name: A\n...\n",
         .after = "---\nenv:\n- name: A\n- name: URL\n  value: \"new:2379\"\n...\n",
         .change = Change::added},
        {.about = "tabs before a comment",
         .before = "env:\n- name: A\t# c\n  \nx: 1\n",
         .after = "env:\n- name: A\t# c\n- name: URL\n  value: \"new:2379\"\n  \nx: 1\n",
         .change = Change::added},
    });
}

TEST(EnvEntry, EditsFlowStyle) {
    expect_all({
        {.about = "the value",
         .before = "env: [{name: A, value: b}, {value: old, name: URL}] # c\n",
         .after = "env: [{name: A, value: b}, {value: new:2379, name: URL}] # c\n"},
        {.about = "a comma must not be plain here",
         .before = "env: [{name: URL, value: old}]\n",
         .after = "env: [{name: URL, value: \"a,b\"}]\n",
         .value = "a,b"},
        {.about = "nor a blank",
         .before = "env: [{name: URL, value: old}]\n",
         .after = "env: [{name: URL, value: \"a b\"}]\n",
         .value = "a b"},
        {.about = "braces in a block list",
         .before = "env:\n- {name: URL, value: 'old'}\n",
         .after = "env:\n- {name: URL, value: 'new:2379'}\n"},
        {.about = "JSON",
         .before = "{\"env\": [{\"name\": \"URL\", \"value\": \"old\"}]}",
         .after = "{\"env\": [{\"name\": \"URL\", \"value\": \"new:2379\"}]}"},
        {.about = "a new entry",
         .before = "env: [ {name: A, value: b} ]\n",
         .after = "env: [ {name: A, value: b}, {name: URL, value: \"new:2379\"} ]\n",
         .change = Change::added},
        {.about = "a new entry before the last comma",
         .before = "env: [{name: A}, ]\n",
         .after = "env: [{name: A}, {name: URL, value: \"new:2379\"}, ]\n",
         .change = Change::added},
        {.about = "a new entry in a line of its own",
         .before = "env: [\n  {name: A}, # a\n  {name: B} # b\n] # c\n",
         .after = "env: [\n  {name: A}, # a\n  {name: B}, # b\n  {name: URL, value: \"new:2379\"}\n] # c\n",
         .change = Change::added},
        {.about = "a new entry in a line of its own, with a comma",
         .before = "env: [\r\n\t{name: B}, # b\r\n]\r\n",
         .after = "env: [\r\n\t{name: B}, # b\r\n\t{name: URL, value: \"new:2379\"},\r\n]\r\n",
         .change = Change::added},
        {.about = "a new list",
         .before = "{image: x}\n",
         .after = "{image: x, env: [{name: URL, value: \"new:2379\"}]}\n",
         .change = Change::added},
        {.about = "a new list behind an empty value",
         .before = "{image: }",
         .after = "{image: , env: [{name: URL, value: \"new:2379\"}] }",
         .change = Change::added},
        {.about = "a new list in lines",
         .before = "{\n  \"image\": \"x\"\n}\n",
         .after = "{\n  \"image\": \"x\",\n  \"env\": [{\"name\": \"URL\", \"value\": \"new:2379\"}]\n}\n",
         .change = Change::added},
        {.about = "a list in an empty mapping",
         .before = "{} # c\n",
         .after = "{env: [{name: URL, value: \"new:2379\"}]} # c\n",
         .change = Change::added},
        {.about = "a list instead of null",
         .before = "{env: null, x: 1}",
         .after = "{env: [{name: URL, value: \"new:2379\"}], x: 1}",
         .change = Change::added},
        {.about = "a list instead of nothing",
         .before = "{\"env\":, x: 1}",
         .after = "{\"env\": [{name: URL, value: \"new:2379\"}], x: 1}",
         .change = Change::added},
        {.about = "an entry in an empty list",
         .before = "{env: [ ]}",
         .after = "{env: [{name: URL, value: \"new:2379\"} ]}",
         .change = Change::added},
    });
}

TEST(EnvEntry, MakesTheListThatIsNotThere) {
    const std::string list = "env:\n  - name: URL\n    value: \"new:2379\"\n";
    expect_all({
        {.about = "at the end",
         .before = "image: x # i\n\n# the end\n",
         .after = "image: x # i\n" + list + "\n# the end\n",
         .change = Change::added,
         .line = 4},
        {.about = "indented as other lists are",
         .before = "hosts:\n- a\n",
         .after = "hosts:\n- a\nenv:\n- name: URL\n  value: \"new:2379\"\n",
         .change = Change::added},
        {.about = "behind an explicit key without a value",
         .before = "a: 1\n? b\n# c\n",
         .after = "a: 1\n? b\n" + list + "# c\n",
         .change = Change::added},
        {.about = "before the next document's mark",
         .before = "a: 1\n---\n",
         .after = "a: 1\n" + list + "---\n",
         .change = Change::added},
        {.about = "in an empty file", .before = "", .after = list, .change = Change::added},
        {.about = "in a file of comments", .before = "# a\n\n", .after = "# a\n\n" + list, .change = Change::added},
        {.about = "in a file of one comment without a line end",
         .before = "# a",
         .after = "# a\n" + list.substr(0, list.size() - 1),
         .change = Change::added},
        {.about = "in an empty document",
         .before = "%YAML 1.1\n--- # a\n# b\n",
         .after = "%YAML 1.1\n--- # a\n# b\n" + list,
         .change = Change::added},
        {.about = "in an empty document that is ended",
         .before = "---\r\n...\r\n",
         .after = "---\r\nenv:\r\n  - name: URL\r\n    value: \"new:2379\"\r\n...\r\n",
         .change = Change::added},
        {.about = "empty",
         .before = "env:  # none\n  # - name: X\nx: 1\n",
         .after = "env:  # none\n  - name: URL\n    value: \"new:2379\"\n  # - name: X\nx: 1\n",
         .change = Change::added},
        {.about = "empty at the end",
         .before = "x: 1\nenv:",
         .after = "x: 1\nenv:\n  - name: URL\n    value: \"new:2379\"",
         .change = Change::added},
        {.about = "null",
         .before = "env: null  # none\nx: 1\n",
         .after = "env:  # none\n  - name: URL\n    value: \"new:2379\"\nx: 1\n",
         .change = Change::added},
        {.about = "[]",
         .before = "env: []\r\nx:\r\n- 1\r\n",
         .after = "env:\r\n- name: URL\r\n  value: \"new:2379\"\r\nx:\r\n- 1\r\n",
         .change = Change::added},
        {.about = "[] in lines",
         .before = "env: [ # none\n]\n",
         .after = "env: [{name: URL, value: \"new:2379\"} # none\n]\n",
         .change = Change::added},
        {.about = "[] with an anchor",
         .before = "env: &e []\n",
         .after = "env: &e [{name: URL, value: \"new:2379\"}]\n",
         .change = Change::added},
    });
}

TEST(EnvEntry, EditsAMappingOfNamesToValues) {
    expect_all({
        {.about = "a value",
         .before = "env:\n  A: b\n  URL: 'old' # c\n",
         .after = "env:\n  A: b\n  URL: 'new:2379' # c\n"},
        {.about = "a value in braces", .before = "env: {URL: old, A: b}\n", .after = "env: {URL: new:2379, A: b}\n"},
        {.about = "a new name",
         .before = "env:\n    A: 'b'\n# c\n",
         .after = "env:\n    A: 'b'\n    URL: 'new:2379'\n# c\n",
         .change = Change::added},
        {.about = "a new name in braces",
         .before = "env: {A: b}\n",
         .after = "env: {A: b, URL: \"new:2379\"}\n",
         .change = Change::added},
        {.about = "the first name",
         .before = "env: {} # c\n",
         .after = "env: # c\n  URL: \"new:2379\"\n",
         .change = Change::added},
    });
}

TEST(EnvEntry, FollowsAPathOfKeys) {
    expect_all({
        {.about = "an entry",
         .before = "env: []\nbackend:\n  extraEnv:\n    - name: URL\n      value: old\n",
         .after = "env: []\nbackend:\n  extraEnv:\n    - name: URL\n      value: new:2379\n",
         .path = "backend.extraEnv"},
        {.about = "a list that is not there",
         .before = "backend:\n    image: x\n# c\nother: 1\n",
         .after = "backend:\n    image: x\n    env:\n      - name: URL\n        value: \"new:2379\"\n# c\nother: 1\n",
         .change = Change::added,
         .path = "backend.env"},
        {.about = "a list in an empty mapping",
         .before = "a:\n  b: {}\n",
         .after = "a:\n  b:\n    env:\n      - name: URL\n        value: \"new:2379\"\n",
         .change = Change::added,
         .path = "a.b.env"},
    });
}

TEST(EnvEntry, KeepsAByteOrderMark) {
    expect_all({
        {.about = "an update",
         .before = "\xEF\xBB\xBF"
                   "env:\n- name: URL\n  value: old\n",
         .after = "\xEF\xBB\xBF"
                  "env:\n- name: URL\n  value: new:2379\n",
         .line = 3},
        {.about = "an addition",
         .before = "\xEF\xBB\xBF"
                   "a: 1\n",
         .after = "\xEF\xBB\xBF"
                  "a: 1\nenv:\n  - name: URL\n    value: \"new:2379\"\n",
         .change = Change::added},
    });
}

TEST(EnvEntry, TakesTheOneDocumentThatHoldsSomething) {
    expect_edited({.about = "",
                   .before = "---\n# nothing\n---\nenv:\n- name: URL\n  value: old\n---\n",
                   .after = "---\n# nothing\n---\nenv:\n- name: URL\n  value: new:2379\n---\n"});
}

TEST(EnvEntry, ChangesNothingWhenTheValueIsThereEvenThroughAnAlias) {
    const std::string list = "- name: URL\n  value: new:2379\n";
    for (const auto& text : {"env:\n" + list, "a: &a\n" + list + "env: *a\n",
                             std::string("a: &a new:2379\nenv:\n- name: URL\n  value: *a\n"),
                             std::string("a:\n- &i {name: URL, value: 'new:2379'}\nenv: [*i]\n")}) {
        expect_edited({.about = text.c_str(), .before = text, .after = text, .change = Change::none});
    }
}

// Each was found by tests/fuzz/values_editor_fuzzer.cpp.
TEST(EnvEntry, WritesWhereBlanksAreFewOrTabs) {
    expect_all({
        {.about = "a comment right behind []",
         .before = "env: []#c",
         .after = "env: #c\n  - name: URL\n    value: \"new:2379\"",
         .change = Change::added},
        {.about = "a comment right behind |",
         .before = "env:\n URL: |#c\n  a\n",
         .after = "env:\n URL: \"new:2379\" #c\n"},
        {.about = "a value right behind its anchor",
         .before = "env:\n URL: &a:b\n",
         .after = "env:\n URL: &a new:2379\n"},
        {.about = "null in a line of its own, and a tab",
         .before = "env:\n ~\t# c\n",
         .after = "env:\n # c\n  - name: URL\n    value: \"new:2379\"\n",
         .change = Change::added},
        {.about = "line ends that are none for others",
         .before = "env:\n URL: |\xC2\x85# c\n",
         .after = "env:\n URL: \"new:2379\"\xC2\x85# c\n"},
    });
}

TEST(EnvEntry, MakesAMappingOfWhatIsNothing) {
    expect_all({
        {.about = "null",
         .before = "backend: ~  # b\nc: 1\n",
         .after = "backend:  # b\n  env:\n    - name: URL\n      value: \"new:2379\"\nc: 1\n",
         .change = Change::added,
         .path = "backend.env"},
        {.about = "nothing",
         .before = "backend:\n",
         .after = "backend:\n  env:\n    - name: URL\n      value: \"new:2379\"\n",
         .change = Change::added,
         .path = "backend.env"},
    });
}

TEST(EnvEntry, LeavesJsonJson) {
    expect_all({
        {.about = "one more entry",
         .before = "{\n  \"env\": [\n    {\"name\": \"A\", \"value\": \"b\"}\n  ]\n}\n",
         .after = "{\n  \"env\": [\n    {\"name\": \"A\", \"value\": \"b\"},\n"
                  "    {\"name\": \"URL\", \"value\": \"new:2379\"}\n  ]\n}\n",
         .change = Change::added},
        {.about = "the list, too",
         .before = "{\"a\": 1}\n",
         .after = "{\"a\": 1, \"env\": [{\"name\": \"URL\", \"value\": \"new:2379\"}]}\n",
         .change = Change::added},
    });
}

// Before the value is known: an alias may stand for the right one.
TEST(EnvEntry, WithoutAValueOnlyLooksForThePlace) {
    const edit::EnvEntry entry{.name = "URL", .value = std::nullopt, .path = "env", .file = "v.yaml"};
    for (const std::string text :
         {"env: []\n", "x: &v a\nenv:\n- name: URL\n  value: *v\n", "env: &e []\nother: *e\n"}) {
        const auto result = edit::set_env(text, entry);
        ASSERT_TRUE(result) << result.error().text();
        EXPECT_EQ(result->change, Change::none);
        EXPECT_EQ(result->text, text);
    }
    EXPECT_FALSE(edit::set_env("env: text\n", entry));
}

TEST(EnvEntry, TellsWhatTheValueWas) {
    const edit::EnvEntry entry{.name = "URL", .value = "new", .path = "env", .file = "v.yaml"};
    EXPECT_EQ(edit::set_env("env:\n- name: URL\n  value: 'o''ld'\n", entry)->before, "o'ld");
    EXPECT_EQ(edit::set_env("env:\n- name: A\n", entry)->before, std::nullopt);
}

}  // namespace
