#include <gtest/gtest.h>

#include "edit/env_entry.hpp"

namespace {

using base::ErrorCode;

base::Result<edit::Edit> set(std::string_view text, const std::string& path = "env") {
    return edit::set_env(text, {.name = "URL", .value = "new", .path = path, .file = "v.yaml"});
}

struct Case {
    std::string text;
    std::string message;  // its beginning
    std::string path = "env";
};

void expect_refused(const std::vector<Case>& tests) {
    for (const auto& test : tests) {
        SCOPED_TRACE(test.text.substr(0, 200));
        const auto result = set(test.text, test.path);
        if (result) {
            ADD_FAILURE() << "not refused: " << result->text;
            continue;
        }
        EXPECT_EQ(result.error().code, ErrorCode::bad_input);
        EXPECT_EQ(result.error().message.substr(0, test.message.size()), test.message);
        EXPECT_FALSE(result.error().hint.empty()) << result.error().message;
    }
}

TEST(EnvEntryRefusals, NameTheLineOfWhatIsNoList) {
    expect_refused({
        {"image: x\nenv: text\n", "v.yaml:2: \"env\" is neither a list nor a mapping"},
        {"env: ''\n", "v.yaml:1: \"env\" is neither"},
        {"- name: URL\n", "v.yaml:1: a values file is a mapping of keys, and this is none"},
        {"text\n", "v.yaml:1: a values file is a mapping"},
        {"env:\n- A=b\n", "v.yaml:2: this is not an entry with name and value"},
        {"env:\n- name: A\n-\n", "v.yaml:3: this is not an entry"},
        {"env:\n- value: b\n", "v.yaml:2: this entry has no name"},
        {"env:\n- name: [a]\n", "v.yaml:2: this name is not a text"},
        {"env: [name: URL]\n", "v.yaml:1: this mapping has no braces"},
        {"a: 1\n", "v.yaml:1: there is no \"b\" in this mapping", "b.env"},
        {"\n\nb: 1\n", "v.yaml:3: \"b\" is not a mapping of keys", "b.env"},
        {"b:\n", "v.yaml:1: \"b\" is not a mapping of keys", "b.c.env"},
        {"b:\n- env: []\n", "v.yaml:2: \"b\" is not a mapping of keys", "b.env"},
        {"", "v.yaml:1: there is no \"b\"", "b.env"},
    });
}

TEST(EnvEntryRefusals, NameTheLineOfAValueThatCannotBeWritten) {
    expect_refused({
        {"env:\n- name: URL\n  valueFrom:\n    fieldRef: {}\n",
         "v.yaml:4: URL takes its value from elsewhere (valueFrom)"},
        {"env:\n- name: URL\n  value: x\n  valueFrom: {}\n", "v.yaml:4: URL takes its value from elsewhere"},
        {"env:\n- name: URL\n  value: [a]\n", "v.yaml:3: the value of URL is not a text"},
        {"env:\n- name: URL\n  value: !!int 5\n", "v.yaml:3: the value of URL has the tag"},
        {"env:\n- name: URL\n  value: !secret x\n", "v.yaml:3: the value of URL has the tag !secret"},
        {"env: [{name: URL, value}]\n", "v.yaml:1: a value cannot be written here"},
        {"{a: 1,\n b}\n", "v.yaml:2: this key has no colon"},
        {"env:\n  URL:\n    value: x\n", "v.yaml:3: the value of URL is not a text"},
    });
}

TEST(EnvEntryRefusals, NameBothLinesOfWhatIsThereTwice) {
    expect_refused({
        {"env:\n- name: URL\n  value: a\n- name: URL\n  value: b\n",
         "v.yaml:4: URL is here a second time, first in line 2"},
        {"env: []\nx: 1\nenv: []\n", "v.yaml:3: the key \"env\" is here a second time, first in line 1"},
        {"env:\n- name: URL\n  value: a\n  value: b\n",
         "v.yaml:4: the key \"value\" is here a second time, first in line 3"},
        {"env:\n- name: URL\n  name: A\n", "v.yaml:3: the key \"name\""},
        {"env: {URL: a, URL: b}\n", "v.yaml:1: the key \"URL\""},
    });
}

TEST(EnvEntryRefusals, NameTheOtherLineOfAliasesAndAnchors) {
    expect_refused({
        {"a: &x old\nenv:\n- name: URL\n  value: *x\n",
         "v.yaml:4: this is an alias; what it stands for is in line 1 (&x)"},
        {"a: &x\n- name: A\nenv: *x\n", "v.yaml:3: this is an alias; what it stands for is in line 1 (&x)"},
        {"a: &x {name: URL, value: old}\nenv: [*x]\n", "v.yaml:2: this is an alias; what it stands for is in line 1"},
        {"a: &x {env: []}\nb: *x\n", "v.yaml:2: this is an alias", "b.env"},
        {"env:\n- name: URL\n  value: &x old\n\nb: *x\n",
         "v.yaml:3: what is here is used in line 5 too (*x), where it would change as well"},
        {"env: &x []\nb: *x\n", "v.yaml:1: what is here is used in line 2 too"},
        {"env:\n- &x\n  name: URL\n  value: old\n- *x\n", "v.yaml:5: URL is here a second time, first in line 2"},
        {"b: &x\n  a: 1\nc: *x\n", "v.yaml:1: what is here is used in line 3 too", "b.env"},
        {"a: &x {env: []}\n<<: *x\n", "v.yaml:2: \"env\" may come from the mapping that is merged here (<<)"},
        {"a: &x {value: v}\nenv:\n- name: URL\n  <<: *x\n", "v.yaml:4: the value of URL may come from"},
        {"a: &x {name: v}\nenv:\n- value: b\n  <<: *x\n", "v.yaml:4: the entry's name may come from"},
        {"env:\n- name: URL\n  value: *nothing\n", "v.yaml:3: the alias *nothing has no anchor before it"},
    });
}

TEST(EnvEntryRefusals, NameTheLineOfASecondDocument) {
    expect_refused({
        {"env: []\n---\na: 1\n", "v.yaml:2: a second YAML document begins here; helm would ignore it"},
        {"---\n---\n", "v.yaml:2: a second YAML document begins here, and none holds anything"},
    });
}

TEST(EnvEntryRefusals, NameTheLineOfWhatIsNoYamlInUtf8) {
    expect_refused({
        {"a: 1\r\nb: \xFF\n", "v.yaml:2: this is not valid UTF-8"},
        {std::string("\xFF\xFE"
                     "a\0:\0",
                     6),
         "v.yaml:1: this is not UTF-8; it looks like UTF-16"},
        {std::string("a\0:\0", 4), "v.yaml:1: this is not UTF-8"},
        {std::string("abcdef: 1\n\0", 11), "v.yaml:2: this is not valid YAML: control characters are not allowed"},
        {"a: 1\n\xEF\xBB\xBF"
         "b: 1\n",
         "v.yaml:2: there is a byte order mark within the text"},
        {"a: é\nb: \x01\n", "v.yaml:2: this is not valid YAML: control characters"},
        {"env:\n\t- name: URL\n", "v.yaml:2: this is not valid YAML"},
        {"a: é\nb: [\n", "v.yaml:3: this is not valid YAML"},
        {"a: \"x\n", "v.yaml:2: this is not valid YAML"},
        {"a: 1\n  b: 2\n", "v.yaml:2: this is not valid YAML"},
        {"%YAML 3.0\n---\n", "v.yaml:1: this is not valid YAML"},
        {"env:\n- name: A\n  value: |\n    b", "v.yaml:4: the file ends within a block text, without a line end"},
        {"env:\n- name: A\n  value: old\n\n   \t\nx: 1\n", "v.yaml:5: this blank line has a tab"},
        {"? a: b\n", "v.yaml:1: the first"},
        {"? a\n: b\n", "v.yaml:1: the first key here is written in a way that nothing can be added to"},
    });
}

TEST(EnvEntryRefusals, BoundSizeAndDepth) {
    const std::string large = "a: " + std::string(std::size_t{1} << 20U, 'x');
    expect_refused({
        {large, "v.yaml:1: larger than 1 MiB"},
        {large.substr(0, large.size() - 13) + "\n", "v.yaml:1: would become larger than 1 MiB"},
        {std::string(1'000'000, '['), "v.yaml:1: nested more than 100 levels deep"},
        {"a: 1\nb: " + std::string(1'000'000, '{'), "v.yaml:2: nested more than 100 levels deep"},
    });
    std::string deep;
    for (int i = 0; i < 500'000; ++i) {
        deep += "- ";
    }
    expect_refused({{deep, "v.yaml:1: nested more than 100 levels deep"}});
}

TEST(EnvEntryRefusals, CheckWhatIsAskedFor) {
    const auto refused = [](const edit::EnvEntry& entry) {
        const auto result = edit::set_env("env: []\n", entry);
        return !result && result.error().code == ErrorCode::bad_input;
    };
    for (const std::string& name : {std::string(), std::string("1A"), std::string("A B"), std::string("A=B"),
                                    std::string("Ä"), std::string("A\n"), std::string(201, 'A')}) {
        EXPECT_TRUE(refused({.name = name, .value = "v"})) << name;
    }
    for (const std::string& value : {std::string("\xFF"), std::string("a\0b", 3), std::string(200'000, 'x')}) {
        EXPECT_TRUE(refused({.name = "A", .value = value}));
    }
    for (const std::string& path : {std::string(), std::string("a..b"), std::string(".env"), std::string("a\nb"),
                                    std::string(50, '.'), std::string(201, 'a')}) {
        EXPECT_TRUE(refused({.name = "A", .value = "v", .path = path})) << path;
    }
    EXPECT_FALSE(refused({.name = "a_B-c.9", .value = "v"}));
}

}  // namespace
