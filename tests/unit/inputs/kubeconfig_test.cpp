#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "fake_world.hpp"

namespace inputs_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using From = model::KubeconfigSource::Kind;

const std::string kubeconfig = "apiVersion: v1\nclusters:\n- name: c\nusers:\n- user:\n    token: hunter2\n";

model::KubeconfigSource source_of(const FakeWorld& fake) {
    return request_of(fake, {"install"}).kubeconfig;
}

std::vector<std::string> faults_for(const std::string& value) {
    FakeWorld fake;
    fake.files["folder/x"] = "";
    fake.variables["INPUT_KUBECONFIG"] = value;
    return faults_of(fake, {"install"});
}

TEST(Kubeconfig, IsTakenAsPathOrPaths) {
    FakeWorld fake;
    fake.files["a.conf"] = fake.files["/home/me/b"] = "";
    fake.variables["INPUT_KUBECONFIG"] = "a.conf:~/b";
    EXPECT_EQ(source_of(fake).kind, From::files);
    EXPECT_THAT(source_of(fake).files, ElementsAre("a.conf", "/home/me/b"));
    fake.variables["INPUT_KUBECONFIG"] = "$HOME/b";
    EXPECT_THAT(source_of(fake).files, ElementsAre("/home/me/b"));
}

TEST(Kubeconfig, IsTakenAsText) {
    for (const auto& text : {kubeconfig, base::base64_encode(kubeconfig), base::base64_encode(kubeconfig) + "\n",
                             std::string(R"({"apiVersion": "v1", "clusters": []})")}) {
        FakeWorld fake;
        fake.variables["INPUT_KUBECONFIG"] = text;
        EXPECT_EQ(source_of(fake).kind, From::text);
        EXPECT_THAT(source_of(fake).text, HasSubstr("clusters"));
    }
}

TEST(Kubeconfig, IsTakenAsFoldedBase64) {
    std::string folded = base::base64_encode(kubeconfig);
    folded.insert(40, "\n");
    FakeWorld fake;
    fake.variables["INPUT_KUBECONFIG"] = folded;
    EXPECT_EQ(source_of(fake).text, kubeconfig);
}

TEST(Kubeconfig, ComesFromTheVariableThenTheHomeFolderThenThePod) {
    FakeWorld fake;
    fake.variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
    fake.variables["KUBECONFIG"] = "missing:a:";
    fake.files["a"] = "";
    EXPECT_THAT(source_of(fake).files, ElementsAre("a"));
    fake.variables["KUBECONFIG"] = "";
    EXPECT_THAT(source_of(fake).files, ElementsAre("/home/me/.kube/config"));
    fake.files.erase("/home/me/.kube/config");
    EXPECT_EQ(source_of(fake).kind, From::in_cluster);
    fake.variables.erase("KUBERNETES_SERVICE_HOST");
    EXPECT_THAT(faults_of(fake, {"install"}), ElementsAre(HasSubstr("kubeconfig: there is no kubeconfig")));
    fake.variables["KUBECONFIG"] = "missing";
    EXPECT_THAT(faults_of(fake, {"install"}), ElementsAre(HasSubstr("KUBECONFIG names no file")));
}

TEST(Kubeconfig, NamesAPathThatIsNotThere) {
    EXPECT_THAT(faults_for("/nowhere/config"),
                ElementsAre(HasSubstr("kubeconfig: /nowhere/config: there is no such file")));
    EXPECT_THAT(faults_for("./folder"), ElementsAre(HasSubstr("./folder: this is a folder")));
}

TEST(Kubeconfig, IsNeverShown) {
    const std::string broken = kubeconfig + "x: [hunter2\n";
    for (const auto& text :
         {std::string("hunter2"), std::string("sha256~hunter2"), std::string("token: hunter2"),
          std::string("a/hunter2:b"), broken, base::base64_encode("hunter2"), base::base64_encode(broken),
          std::string("\"hunter2"), std::string(5000, 'h') + "hunter2"}) {
        EXPECT_THAT(faults_for(text), ElementsAre(AllOf(HasSubstr("kubeconfig: "), Not(HasSubstr("hunter2")),
                                                        Not(HasSubstr(base::base64_encode("hunter2"))))));
    }
    EXPECT_THAT(faults_for(broken), ElementsAre(HasSubstr("not valid YAML at line 7")));
}

}  // namespace
}  // namespace inputs_test
