#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_world.hpp"

namespace inputs_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> faults_of_file(const std::string& content) {
    FakeWorld fake;
    fake.files["v.yaml"] = content;
    return faults_of(fake, {"install", "-f", "v.yaml"});
}

struct FileRow {
    std::string name;
    std::string content;
    std::string expected;  // empty: no fault
};

class ValuesFile : public testing::TestWithParam<FileRow> {};

TEST_P(ValuesFile, IsJudgedWithLineAndColumn) {
    const auto faults = faults_of_file(GetParam().content);
    if (GetParam().expected.empty()) {
        EXPECT_THAT(faults, IsEmpty());
    } else {
        EXPECT_THAT(faults, ElementsAre(HasSubstr(GetParam().expected)));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Values, ValuesFile,
    testing::ValuesIn(std::vector<FileRow>{
        {"Good", "replicaCount: 3\nresources:\n  limits: {cpu: 500m}\n", ""},
        {"Empty", "", ""},
        {"OnlyComments", "# nothing yet\n", ""},
        {"Null", "~\n", ""},
        {"Unclosed", "a: [1, 2\nb: 3\n", "v.yaml:2:"},
        {"LoneWord", "a: 1\nwrong\n", "v.yaml:2:1: this is not valid YAML: a colon is missing after this word"},
        {"LoneWordFirst", "wrong\na: 1\n", "v.yaml:2:2: this is not valid YAML"},
        {"LoneWordDeepDown", "a:\n  b: 1\n  wrong\n", "v.yaml:3:3: this is not valid YAML"},
        {"KeysWithoutValues", "a:\nb :\n\"c\":\nd: {x, y: }\n? e\n", ""},
        {"WideCharacters", "# \u00fc\u00e9\na: \u00fc\nb:\nwrong\n", "v.yaml:4:1: this is not valid YAML"},
        {"ByteOrderMark", "\ufeffa: 1\nb:\nc: 2\n", ""},
        {"WindowsLines", "a:\r\n  b:\r\n  c: 1\r\n", ""},
        {"Tab", "a:\n\tb: 1\n", "this line has a tab"},
        {"UnclosedQuote", "a: 1\nb: 'x\n", "v.yaml:2:4: this is not valid YAML"},
        {"Quotes", "a: 'it''s'\nb: \"x\\\"y\"\n", ""},
        {"Scalar", "just text\n", "v.yaml: this holds a single text"},
        {"List", "- a: 1\n", "v.yaml: this holds a list"},
        {"TwoDocuments", "a: 1\n---\nb: 2\n", "a second YAML document"},
        {"DuplicateAtTheRoot", "a: 1\nb: 2\na: 3\n", "v.yaml:3:1: the key \"a\" is there twice, first in line 1"},
        {"DuplicateDeepDown", "x:\n  - {p: 1, q: 2}\n  - y: 1\n    y: 2\n", "v.yaml:4:5: the key \"y\""},
        {"SameKeyInDifferentMappings", "a: {x: 1}\nb: {x: 1}\nc: [{x: 1}, {x: 2}]\n", ""},
        {"ValueThatEqualsAKey", "a: b\nb: a\n", ""},
        {"ComplexKeys", "? [1, 2]\n: x\n? {a: 1}\n: y\n", ""},
        {"Aliases", "base: &b {x: 1}\nother: *b\nmore: {<<: *b}\n", ""},
        {"UnknownAlias", "a: *nobody\n", "v.yaml:1:"},
    }),
    [](const auto& row) { return row.param.name; });

TEST(Values, NamesEveryFaultOfAFile) {
    EXPECT_EQ(faults_of_file("a: 1\na: 2\nb: 1\nb: 2\n---\nc: 1\n").size(), 3U);
}

TEST(Values, NeverShowsAValueOfAFile) {
    for (const std::string content :
         {"password: hunter2\npassword: hunter2\n", "x: [hunter2\n", "x: *hunter2\n", "hunter2: hunter2: x\n",
          "- hunter2\n", "b: \"hunter2\n", "a: !<hunter2 x\n", "a: \"\\q hunter2\"\n", "a: 'hunter2\n"}) {
        for (const auto& fault : faults_of_file(content)) {
            EXPECT_THAT(fault, Not(HasSubstr("hunter2"))) << content;
        }
        EXPECT_THAT(faults_of_file(content), Not(IsEmpty())) << content;
    }
}

TEST(Values, RefusesAliasesThatUnfoldWithoutEnd) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int j = 0; j < 9; ++j) {
            bomb += ", " + last;
        }
        bomb += "]\n";
    }
    EXPECT_THAT(faults_of_file(bomb), ElementsAre(HasSubstr("unfold to more than 100000 values")));
}

TEST(Values, RefusesHugeAndDeepFilesQuickly) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(faults_of_file(std::string(std::size_t{2} << 20U, 'a')), ElementsAre(HasSubstr("larger than")));
    for (const std::string unit : {"[", "{", "- ", "? ", "a: [", "&a ", "'", "!", "x: {a: ", "\n"}) {
        std::string text;
        while (text.size() < 900'000) {
            text += unit;
        }
        (void)faults_of_file(text);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(Values, TellsWhyAFileCannotBeUsed) {
    FakeWorld fake;
    fake.files["folder/x.yaml"] = "";
    fake.unreadable.insert("secret.yaml");
    const auto faults =
        faults_of(fake, {"install", "-f", "missing.yaml", "-f", "folder", "-f", "secret.yaml", "-f", "a,b.yaml"});
    EXPECT_THAT(faults,
                ElementsAre(HasSubstr("missing.yaml: there is no such file"), HasSubstr("folder: this is a folder"),
                            HasSubstr("secret.yaml: this file may not be read"), HasSubstr("holds a comma")));
}

TEST(Values, KeepsTheOrderOfFilesAndKnowsTheHomeFolder) {
    FakeWorld fake;
    fake.files["b.yaml"] = fake.files["/home/me/a.yaml"] = "x: 1";
    fake.variables["INPUT_VALUES"] = "b.yaml\r\n\n  ~/a.yaml \n";
    EXPECT_THAT(request_of(fake, {"install"}).values_files, ElementsAre("b.yaml", "/home/me/a.yaml"));
}

TEST(Values, RecognisesContentWhereAPathBelongs) {
    FakeWorld fake;
    fake.variables["INPUT_VALUES"] = "apiVersion: v1\nusers:\n- user:\n    token: hunter2\nMIIEpAIBAAKCAQEA\n";
    EXPECT_THAT(faults_of(fake, {"install"}), ElementsAre(AllOf(HasSubstr("looks like the content of a file"),
                                                                Not(HasSubstr("hunter2")), Not(HasSubstr("MIIE")))));
}

struct SetRow {
    std::string name;
    std::string item;
    std::string expected;  // empty: no fault
};

class SetItem : public testing::TestWithParam<SetRow> {};

TEST_P(SetItem, IsTakenOrRefused) {
    for (const std::string flag : {"--set", "--set-string"}) {
        const auto faults = faults_of({}, {"install", flag, GetParam().item});
        if (GetParam().expected.empty()) {
            EXPECT_THAT(faults, IsEmpty());
        } else {
            EXPECT_THAT(faults, ElementsAre(AllOf(HasSubstr(GetParam().expected), Not(HasSubstr("hunter2")))));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Values, SetItem,
                         testing::ValuesIn(std::vector<SetRow>{
                             {"Plain", "replicaCount=3", ""},
                             {"Several", "a=1,b=2", ""},
                             {"List", "a={x,y},b=1", ""},
                             {"EscapedComma", "a=x\\,y", ""},
                             {"EqualsInTheValue", "a=b=c", ""},
                             {"NoEquals", "hunter2", "item 1 is not of the form key=value"},
                             {"NoKey", "=hunter2", "item 1 is not of the form key=value"},
                             {"CommaInTheValue", "a=1,hunter2", "item 1 is not of the form key=value"},
                             {"Secret", "auth.rbac.rootPassword=hunter2", "the secret \"auth.rbac.rootPassword\""},
                             {"SecretInTheSecondPlace", "a=1,auth.token=hunter2", "the secret \"auth.token\""},
                             {"SecretSwitchedOff", "auth.token=false", ""},
                             {"NameOfASecret", "auth.rbac.existingSecret=mine", ""},
                         }),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace inputs_test
