#include "kube/kubeconfig.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/golden.hpp"
#include "sys/temporary_folder.hpp"

namespace kube {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* authority = "-----BEGIN CERTIFICATE-----\nthe authority\n-----END CERTIFICATE-----\n";
constexpr const char* certificate = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";
constexpr const char* key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----END PRIVATE KEY-----\n";

// A kubeconfig with these lines in its cluster and its user.
struct Parts {
    std::vector<std::string> cluster{"server: https://cluster:6443"};
    std::vector<std::string> user;
};
std::string config(const Parts& parts) {
    const auto body = [](const std::vector<std::string>& lines) {
        return lines.empty() ? std::string(" {}\n") : "\n    " + base::join(lines, "\n    ") + "\n";
    };
    return "apiVersion: v1\nkind: Config\ncurrent-context: main\n"
           "contexts:\n- name: main\n  context: {cluster: prod, user: deployer}\n"
           "clusters:\n- name: prod\n  cluster:" +
           body(parts.cluster) + "users:\n- name: deployer\n  user:" + body(parts.user);
}

class KubeconfigTest : public testing::Test {
protected:
    base::Result<Connection> connect_text(const std::string& text, const std::string& context = {}) {
        return connect({.kind = model::KubeconfigSource::Kind::text, .files = {}, .text = text}, context, redactor_);
    }
    base::Result<Connection> connect_files(const std::vector<std::string>& names, const std::string& context = {}) {
        model::KubeconfigSource source{.kind = model::KubeconfigSource::Kind::files, .files = {}, .text = {}};
        for (const auto& name : names) {
            source.files.push_back(path(name));
        }
        return connect(source, context, redactor_);
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }
    void write(const std::string& name, const std::string& text) const { support::write_text(path(name), text); }
    // Anything but the code of an error is in its text or hint.
    static std::string words(const base::Result<Connection>& result) {
        return result ? "no error" : result.error().text() + " | " + result.error().hint;
    }

    sys::TemporaryFolder folder_ = sys::TemporaryFolder::create("kubeconfig-test").value();
    base::Redactor redactor_;
};

TEST_F(KubeconfigTest, PassesOverAnEmptyFileAmongSeveral) {
    write("empty", "\n");
    write("full", config({}));
    EXPECT_TRUE(connect_files({"empty", "full"}).has_value());
    EXPECT_THAT(words(connect_files({"empty"})), HasSubstr("is no kubeconfig"));
}

TEST_F(KubeconfigTest, ReadsServerNamespaceAndToken) {
    const auto connection = connect_text(
        "current-context: main\n"
        "contexts: [{name: main, context: {cluster: prod, user: deployer, namespace: etcd-prod}}]\n"
        "clusters: [{name: prod, cluster: {server: 'https://cluster:6443//'}}]\n"
        "users: [{name: deployer, user: {token: token-of-deployer}}]\n");
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->server, "https://cluster:6443");
    EXPECT_EQ(connection->context, "main");
    EXPECT_EQ(connection->namespace_name, "etcd-prod");
    EXPECT_EQ(connection->token, "token-of-deployer");
    EXPECT_EQ(connection->token_file, "");
    ASSERT_NE(connection->tls, nullptr);
    EXPECT_TRUE(connection->tls->verify);
    EXPECT_EQ(connection->tls->ca, "");
    EXPECT_THAT(connection->warnings, IsEmpty());
    EXPECT_EQ(redactor_.redact("Bearer token-of-deployer"), "Bearer ***");
}

// As `kubectl config view --raw -o json` prints it.
TEST_F(KubeconfigTest, ReadsJson) {
    const auto connection = connect_text(
        R"({"kind":"Config","apiVersion":"v1","preferences":{},"current-context":"sandbox",)"
        R"("clusters":[{"name":"sandbox","cluster":{"server":"https://10.98.0.1:6443","certificate-authority-data":"Q0E="}}],)"
        R"("users":[{"name":"admin","user":{"token":"abcdef","exec":null}}],)"
        R"("contexts":[{"name":"sandbox","context":{"cluster":"sandbox","user":"admin"}}]})");
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->server, "https://10.98.0.1:6443");
    EXPECT_EQ(connection->namespace_name, "default");
    EXPECT_EQ(connection->tls->ca, "CA");
    EXPECT_EQ(connection->token, "abcdef");
}

TEST_F(KubeconfigTest, ReadsAClientCertificateFromWithin) {
    const auto connection = connect_text(config(
        {.cluster = {"server: https://cluster:6443", "certificate-authority-data: " + base::base64_encode(authority)},
         .user = {"client-certificate-data: " + base::base64_encode(certificate),
                  "client-key-data: " + base::base64_encode(key)}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->tls->ca, authority);
    EXPECT_EQ(connection->tls->certificate, certificate);
    EXPECT_EQ(connection->tls->key, key);
    EXPECT_EQ(redactor_.redact("MIGHAgEAMBMGByqGSM49AgEG"), "***");
    EXPECT_EQ(redactor_.redact(base::base64_encode(key)), "***");
}

TEST_F(KubeconfigTest, ReadsFilesBesideTheKubeconfig) {
    write("pki/ca.crt", authority);
    write("pki/client.crt", certificate);
    write("secret/client.key", key);
    write("config", config({.cluster = {"server: https://cluster:6443", "certificate-authority: pki/ca.crt"},
                            .user = {"client-certificate: ./pki/client.crt",
                                     "client-key: " + path("secret/client.key")}}));  // absolute
    const auto connection = connect_files({"config"});
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->tls->ca, authority);
    EXPECT_EQ(connection->tls->certificate, certificate);
    EXPECT_EQ(connection->tls->key, key);
    EXPECT_EQ(redactor_.redact("MIGHAgEAMBMGByqGSM49AgEG"), "***");
}

TEST_F(KubeconfigTest, PrefersWhatIsWithinToAFile) {
    const auto connection =
        connect_text(config({.cluster = {"server: https://cluster:6443", "certificate-authority: /no/such/file",
                                         "certificate-authority-data: Q0E="},
                             .user = {}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->tls->ca, "CA");
}

TEST_F(KubeconfigTest, NamesTheFileThatIsMissing) {
    const auto connection = connect_text(
        config({.cluster = {"server: https://cluster:6443", "certificate-authority: /no/such/file"}, .user = {}}));
    EXPECT_THAT(words(connection), AllOf(HasSubstr("certificate-authority"), HasSubstr("/no/such/file")));
    ASSERT_FALSE(connection.has_value());
    EXPECT_EQ(connection.error().code, ErrorCode::not_found);
}

TEST_F(KubeconfigTest, RefusesHalfAClientCertificate) {
    for (const auto& [half, other] :
         {std::pair{"client-certificate-data", "client-key"}, std::pair{"client-key-data", "client-certificate"}}) {
        const auto connection =
            connect_text(config({.user = {half + (": " + base::base64_encode("half a certificate"))}}));
        ASSERT_FALSE(connection.has_value()) << half;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
        EXPECT_THAT(connection.error().message, HasSubstr(other));
    }
}

TEST_F(KubeconfigTest, SaysWhichDataIsNoBase64AndQuotesNoneOfIt) {
    for (const std::string field : {"client-certificate-data", "client-key-data"}) {
        const auto connection = connect_text(config({.user = {field + ": '~~PRIVATE~~'"}}));
        ASSERT_FALSE(connection.has_value());
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
        EXPECT_THAT(words(connection), AllOf(HasSubstr(field), Not(HasSubstr("PRIVATE"))));
    }
}

TEST_F(KubeconfigTest, TrimsAToken) {
    const auto connection = connect_text(config({.user = {"token: |", "  token-in-a-block", ""}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->token, "token-in-a-block");
}

TEST_F(KubeconfigTest, ReadsWhereTheTokenFileIs) {
    write("token", "first-token\n");
    write("config", config({.user = {"tokenFile: token"}}));
    const auto connection = connect_files({"config"});
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->token_file, path("token"));
    EXPECT_EQ(redactor_.redact("it is first-token."), "it is ***.");
}

// Without the token every call would be anonymous, and forbidden.
TEST_F(KubeconfigTest, SaysThatTheTokenFileIsMissing) {
    const auto connection = connect_text(config({.user = {"tokenFile: /no/such/file"}}));
    ASSERT_FALSE(connection.has_value());
    EXPECT_EQ(connection.error().code, ErrorCode::not_found);
    EXPECT_THAT(words(connection), AllOf(HasSubstr("tokenFile"), HasSubstr("/no/such/file")));
}

TEST_F(KubeconfigTest, ReadsUserNameAndPassword) {
    const auto connection = connect_text(config({.user = {"username: Aladdin", "password: open sesame"}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->username, "Aladdin");
    EXPECT_EQ(connection->password, "open sesame");
    EXPECT_EQ(redactor_.redact("say open sesame"), "say ***");
}

TEST_F(KubeconfigTest, ReadsHowToReachTheServer) {
    const auto connection =
        connect_text(config({.cluster = {"server: https://10.0.0.1:6443", "tls-server-name: kubernetes.default",
                                         "proxy-url: http://robot:p4ssw0rd@proxy:3128"},
                             .user = {}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->tls->server_name, "kubernetes.default");
    EXPECT_EQ(connection->proxy, "http://robot:p4ssw0rd@proxy:3128");
    EXPECT_EQ(redactor_.redact("p4ssw0rd"), "***");
    EXPECT_EQ(redactor_.redact("proxy:3128"), "proxy:3128");
}

TEST_F(KubeconfigTest, HidesAPasswordInTheServersAddress) {
    ASSERT_TRUE(connect_text(config({.cluster = {"server: https://me:p4ss:w0rd@cluster:6443"}, .user = {}})));
    EXPECT_EQ(redactor_.redact("p4ss:w0rd"), "***");
}

TEST_F(KubeconfigTest, WarnsWhenTheServerIsNotVerified) {
    for (const std::string yes : {"true", "True", "TRUE"}) {
        const auto connection =
            connect_text(config({.cluster = {"server: https://x", "insecure-skip-tls-verify: " + yes}, .user = {}}));
        ASSERT_TRUE(connection.has_value()) << words(connection);
        EXPECT_FALSE(connection->tls->verify) << yes;
        EXPECT_THAT(connection->warnings, ElementsAre(HasSubstr("insecure-skip-tls-verify")));
    }
    for (const std::string no : {"false", "False", "null", "''"}) {
        const auto connection =
            connect_text(config({.cluster = {"server: https://x", "insecure-skip-tls-verify: " + no}, .user = {}}));
        ASSERT_TRUE(connection.has_value()) << words(connection);
        EXPECT_TRUE(connection->tls->verify) << no;
        EXPECT_THAT(connection->warnings, IsEmpty());
    }
}

TEST_F(KubeconfigTest, TakesTheContextThatIsAskedFor) {
    const std::string text =
        "current-context: a\n"
        "contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b, namespace: in-b}}]\n"
        "clusters: [{name: a, cluster: {server: 'https://a'}}, {name: b, cluster: {server: 'http://b'}}]\n";
    EXPECT_EQ(connect_text(text)->server, "https://a");
    const auto other = connect_text(text, "b");
    ASSERT_TRUE(other.has_value()) << words(other);
    EXPECT_EQ(other->server, "http://b");
    EXPECT_EQ(other->namespace_name, "in-b");
    EXPECT_EQ(other->context, "b");
    EXPECT_EQ(other->token, "");
}

TEST_F(KubeconfigTest, NamesWhatThereIsWhenSomethingIsMissing) {
    const std::string clusters =
        "clusters: [{name: prod, cluster: {server: 'https://a'}}, {name: test, cluster: {}}]\n";
    const std::string contexts =
        "contexts: [{name: main, context: {cluster: prod, user: u}}, {name: other, context: {cluster: gone}}]\n";
    struct Case {
        std::string text;
        std::string context;
        std::vector<std::string> expected;
    };
    const std::vector<Case> cases{
        {contexts + clusters, "", {"no current context", "main, other"}},
        {"current-context: ''\n" + contexts + clusters, "", {"no current context", "main, other"}},
        {contexts + clusters, "mian", {"no context 'mian'", "main, other"}},
        {"current-context: nope\n" + contexts + clusters, "", {"no context 'nope'", "main, other"}},
        {contexts + clusters, "other", {"no cluster 'gone'", "prod, test"}},
        {contexts + clusters + "users: [{name: robot, user: {}}]\n", "main", {"no user 'u'", "robot"}},
        {contexts + clusters, "main", {"no user 'u'", "there are none"}},
        {"current-context: x\n", "", {"no context 'x'", "there are none"}},
        {"contexts: [{name: \"\\e[31mred\", context: {}}]\n", "x", {"no context 'x'", "there are: red"}},
    };
    for (const auto& [text, context, expected] : cases) {
        const auto connection = connect_text(text, context);
        ASSERT_FALSE(connection.has_value()) << text;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input) << text;
        for (const auto& part : expected) {
            EXPECT_THAT(words(connection), HasSubstr(part)) << text;
        }
    }
}

TEST_F(KubeconfigTest, RefusesAnAddressThatIsNone) {
    for (const std::string server : {"''", "cluster:6443", "ftp://cluster", "/var/run/x", "null"}) {
        const auto connection = connect_text(config({.cluster = {"server: " + server}, .user = {}}));
        ASSERT_FALSE(connection.has_value()) << server;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
        EXPECT_THAT(words(connection), HasSubstr("https://"));
    }
}

TEST_F(KubeconfigTest, RefusesWaysToLogInThatItDoesNotKnow) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
        {"auth-provider", {"auth-provider: {name: gcp}"}},
        // Ignored, it would mean to act with more rights than were meant.
        {"as", {"token: abcdef", "as: restricted-user"}},
        {"as-groups", {"token: abcdef", "as-groups: [readers]"}},
    };
    for (const auto& [name, lines] : cases) {
        const auto connection = connect_text(config({.user = lines}));
        ASSERT_FALSE(connection.has_value()) << name;
        EXPECT_EQ(connection.error().code, ErrorCode::refused);
        EXPECT_THAT(words(connection), AllOf(HasSubstr("'" + name + "'"), HasSubstr("kubectl create token")));
    }
}

TEST_F(KubeconfigTest, ReadsACredentialPlugin) {
    write("config",
          config({.user = {"exec:", "  apiVersion: client.authentication.k8s.io/v1", "  command: ./bin/log-in",
                           "  args: [get-token, --client-secret, word-of-args, --password=word-of-flag]",
                           "  env: [{name: REGION, value: north}, {name: API_TOKEN, value: word-of-env}]",
                           "  installHint: ask Bob", "  interactiveMode: IfAvailable", "  provideClusterInfo: true"}}));
    const auto connection = connect_files({"config"});
    ASSERT_TRUE(connection.has_value()) << words(connection);
    ASSERT_TRUE(connection->plugin.has_value());
    const auto& plugin = *connection->plugin;
    EXPECT_EQ(plugin.command, path("bin/log-in"));
    EXPECT_THAT(plugin.args, ElementsAre("get-token", "--client-secret", "word-of-args", "--password=word-of-flag"));
    EXPECT_THAT(plugin.variables,
                ElementsAre(testing::Pair("REGION", "north"), testing::Pair("API_TOKEN", "word-of-env")));
    EXPECT_EQ(plugin.install_hint, "ask Bob");
    EXPECT_TRUE(plugin.wants_cluster);
    EXPECT_EQ(redactor_.redact("word-of-args word-of-flag word-of-env north get-token"), "*** *** *** north get-token");
}

// A kubeconfig whose cluster holds this for a plugin.
std::string with_extension(const std::string& extension, const std::string& wants_cluster = "true") {
    return config(
        {.cluster = {"server: https://cluster:6443", "extensions:", "- {name: other, extension: {a: 1}}",
                     "- name: client.authentication.k8s.io/exec", "  extension: " + extension},
         .user = {"exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, provideClusterInfo: " +
                  wants_cluster + "}"}});
}

TEST_F(KubeconfigTest, ReadsWhatTheClusterHoldsForAPlugin) {
    const std::string extension = "{audience: north, port: 8080, quoted: '8080', deep: [true, null, 1.5]}";
    const auto connection = connect_text(with_extension(extension));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->plugin->cluster_config,
              R"({"audience":"north","deep":[true,null,1.5],"port":8080,"quoted":"8080"})");
    EXPECT_EQ(connect_text(with_extension(extension, "false"))->plugin->cluster_config, "") << "nobody wants it";
}

TEST_F(KubeconfigTest, RefusesAnExtensionThatGrowsByAliases) {
    std::string grown = "[&a0 [x, x]";
    for (int i = 1; i < 20; ++i) {
        grown += ", &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" + std::to_string(i - 1) + "]";
    }
    std::string repeated = "[&a " + std::string(10'000, 'x');
    for (int i = 0; i < 10; ++i) {
        repeated += ", *a";
    }
    for (const auto& extension : {grown, repeated}) {
        const auto connection = connect_text(with_extension(extension + "]"));
        ASSERT_FALSE(connection.has_value());
        EXPECT_THAT(words(connection), HasSubstr("too large"));
    }
}

TEST_F(KubeconfigTest, LooksForAPluginWithoutASlashInPath) {
    const auto connection = connect_text(
        config({.user = {"exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: null}"}}));
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->plugin->command, "aws");
    EXPECT_FALSE(connection->plugin->wants_cluster);
}

TEST_F(KubeconfigTest, RefusesAPluginThatItCannotRun) {
    struct Case {
        std::string exec;
        ErrorCode code;
        std::string words;
    };
    const std::string v1 = "apiVersion: client.authentication.k8s.io/v1";
    const std::string never = "interactiveMode: Never";
    const std::vector<Case> cases{
        {"{apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}", ErrorCode::bad_input, "apiVersion"},
        {"{command: aws}", ErrorCode::bad_input, "apiVersion"},
        {"{" + v1 + ", " + never + "}", ErrorCode::bad_input, "no command"},
        {"{" + v1 + ", command: aws}", ErrorCode::bad_input, "interactiveMode"},
        {"{" + v1 + ", command: aws, interactiveMode: Sometimes}", ErrorCode::bad_input, "interactiveMode"},
        {"{" + v1 + ", command: aws, interactiveMode: Always}", ErrorCode::refused, "kubectl create token"},
        {"{" + v1 + ", command: ./log-in, " + never + "}", ErrorCode::bad_input, "given as text"},
        {"{" + v1 + ", command: aws, " + never + ", args: x}", ErrorCode::bad_input, "args is no list"},
        {"{" + v1 + ", command: aws, " + never + ", args: [[x]]}", ErrorCode::bad_input, "argument"},
        {"{" + v1 + ", command: aws, " + never + ", env: [{name: 'a=b'}]}", ErrorCode::bad_input, "valid name"},
        {"[aws]", ErrorCode::bad_input, "exec is no mapping"},
    };
    for (const auto& [exec, code, expected] : cases) {
        const auto connection = connect_text(config({.user = {"exec: " + exec}}));
        ASSERT_FALSE(connection.has_value()) << exec;
        EXPECT_EQ(connection.error().code, code) << exec;
        EXPECT_THAT(words(connection), HasSubstr(expected)) << exec;
    }
}

// We would take it from one folder, and helm from another.
TEST_F(KubeconfigTest, RefusesARelativePathInAText) {
    for (const std::string field : {"client-certificate", "client-key", "tokenFile"}) {
        const auto connection = connect_text(config({.user = {field + ": pki/file"}}));
        ASSERT_FALSE(connection.has_value()) << field;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
        EXPECT_THAT(words(connection), AllOf(HasSubstr(field + " pki/file"), HasSubstr("--flatten")));
    }
}

TEST_F(KubeconfigTest, TakesTheProxiesThatHelmTakes) {
    const auto proxy_of = [&](const std::string& url) {
        return connect_text(config({.cluster = {"server: https://x", "proxy-url: " + url}, .user = {}}));
    };
    EXPECT_EQ(proxy_of("https://proxy:1")->proxy, "https://proxy:1");
    // Names are looked up by the proxy, as in Go.
    EXPECT_EQ(proxy_of("socks5://proxy:1080")->proxy, "socks5h://proxy:1080");
    for (const std::string other : {"socks4://proxy", "proxy:3128", "file:///etc/passwd"}) {
        const auto connection = proxy_of(other);
        ASSERT_FALSE(connection.has_value()) << other;
        EXPECT_THAT(words(connection), HasSubstr("proxy-url"));
    }
}

TEST_F(KubeconfigTest, MergesFilesTheFirstMentionWins) {
    write("one/config",
          "current-context: main\n"
          "contexts: [{name: main, context: {cluster: c, user: u}}]\n"
          "users: [{name: u, user: {tokenFile: token}}]\n");
    write("one/token", "token-of-one");
    write("two/config",
          "current-context: other\n"
          "contexts: [{name: main, context: {cluster: wrong}}, {name: other, context: {cluster: c}}]\n"
          "clusters: [{name: c, cluster: {server: 'https://two', certificate-authority: ca.crt}}]\n"
          "users: [{name: u, user: {token: wrong}}]\n");
    write("two/ca.crt", authority);
    const auto connection = connect_files({"one/config", "two/config"});
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->context, "main");
    EXPECT_EQ(connection->server, "https://two");
    EXPECT_EQ(connection->tls->ca, authority);  // beside the file that names it
    EXPECT_EQ(connection->token, "");
    EXPECT_EQ(connection->token_file, path("one/token"));
    EXPECT_EQ(connect_files({"one/config", "two/config"}, "other")->server, "https://two");
}

TEST_F(KubeconfigTest, NamesTheFileThatCannotBeRead) {
    const auto missing = connect_files({"nothing"});
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_THAT(words(missing), HasSubstr(path("nothing")));
    write("huge", std::string(std::size_t{5} << 20U, '#'));
    const auto huge = connect_files({"huge"});
    ASSERT_FALSE(huge.has_value());
    EXPECT_EQ(huge.error().code, ErrorCode::bad_input);
    EXPECT_THAT(words(huge), HasSubstr(path("huge")));
    fs::create_directory(path("folder"));
    EXPECT_THAT(words(connect_files({"folder"})), HasSubstr(path("folder")));
}

// After a colon yaml-cpp's words go on with the text that it stumbled over, however long.
TEST_F(KubeconfigTest, QuotesNoneOfATextThatIsNoYaml) {
    const auto version = connect_text("%YAML hunter2\n---\n" + config({}));
    EXPECT_THAT(words(version), AllOf(HasSubstr("bad YAML version"), Not(HasSubstr("hunter2"))));
    const auto anchor = connect_text(config({.user = {"username: me", "password: *hunter2"}}));
    EXPECT_THAT(words(anchor), AllOf(HasSubstr(":15:"), HasSubstr("anchor"), Not(HasSubstr("hunter2"))));
}

TEST_F(KubeconfigTest, SaysWhereTheYamlIsBroken) {
    write("config", "clusters:\n- name: [a\nusers: {\n");
    const auto connection = connect_files({"config"});
    ASSERT_FALSE(connection.has_value());
    EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
    EXPECT_THAT(connection.error().text(), testing::ContainsRegex("config:[0-9]+:[0-9]+: cannot parse"));
}

TEST_F(KubeconfigTest, RefusesWhatIsNoKubeconfig) {
    for (const std::string text : {"", "~", "hello", "[]", "- a\n- b\n", "7", "--- \n...\n"}) {
        const auto connection = connect_text(text, "main");
        ASSERT_FALSE(connection.has_value()) << text;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input) << text;
        EXPECT_THAT(words(connection), HasSubstr("is no kubeconfig")) << text;
    }
}

TEST_F(KubeconfigTest, SaysWhichFieldIsOfTheWrongKind) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"clusters: {prod: {}}\n", "clusters"},
        {"contexts: main\n", "contexts"},
        {"users: 7\n", "users"},
        {"current-context: [main]\n", "current-context"},
        {"clusters: [{name: [a], cluster: {}}]\n", "name"},
        {"clusters: [{name: a, cluster: 'https://x'}]\n", "cluster"},
        {"users: [{name: a, user: [token]}]\n", "user"},
        {config({.cluster = {"server: [https://x]"}, .user = {}}), "server"},
        {config({.cluster = {"server: https://x", "insecure-skip-tls-verify: 5"}, .user = {}}),
         "insecure-skip-tls-verify"},
        {config({.user = {"token: {a: b}"}}), "token"},
        {config({.user = {"client-key-data: []"}}), "client-key-data"},
    };
    for (const auto& [text, field] : cases) {
        const auto connection = connect_text(text, "main");
        ASSERT_FALSE(connection.has_value()) << text;
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input) << text;
        EXPECT_THAT(words(connection), HasSubstr(field + " is n")) << text;
    }
}

TEST_F(KubeconfigTest, SurvivesHostileYaml) {
    std::string bomb = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 40; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
    }
    const std::vector<std::string> cases{
        bomb + "clusters: *a39\nusers: *a39\ncontexts: *a39\n",
        "contexts: &c [*c]\n",
        "contexts: &c [{name: main, context: {cluster: *c}}]\n",
        "contexts: *nowhere\n",
        "contexts: [[[[[[]]]]]]\n",
        "contexts: [~, 7, [], {}, {name: main}, {context: {}}, {name: ~, context: {}}]\n",
        "? [complex, key]\n: value\n? {a: b}\n: value\n",
        "contexts: " + std::string(100'000, '[') + "\n",
        std::string(100'000, '{') + "\n",
        "current-context: \"" + std::string(1'000'000, 'a') + "\"\n",
        std::string("clusters: \0\n", 12),
        "clusters: \xff\xfe\n",
        "clusters: !!binary deadbeef\n",
        "<<: {contexts: []}\n",
        "%YAML 9.9\n---\nclusters: []\n",
    };
    for (const auto& text : cases) {
        const auto connection = connect_text(text, "main");
        ASSERT_FALSE(connection.has_value()) << text.substr(0, 100);
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input) << text.substr(0, 100);
        EXPECT_LT(words(connection).size(), 1000U);
    }
}

TEST_F(KubeconfigTest, ReadsAliasesAsTheYamlThatTheyStandFor) {
    const auto connection = connect_text(
        "current-context: main\n"
        "contexts: [{name: main, context: {cluster: prod, user: prod}}]\n"
        "clusters: [{name: prod, cluster: {server: &address 'https://x', tls-server-name: *address}}]\n"
        "users: [{name: prod, user: {token: *address}}]\n");
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->tls->server_name, "https://x");
    EXPECT_EQ(connection->token, "https://x");
}

class InClusterTest : public KubeconfigTest {
protected:
    void mount_service_account() const {
        write("token", "token-of-the-pod\n");
        write("ca.crt", authority);
        write("namespace", "ci\n");
    }
    base::Result<Connection> connect_from(const std::string& host, const std::string& port) {
        return connect_in_cluster({.host = host, .port = port, .service_account = folder_.path()}, redactor_);
    }
};

TEST_F(InClusterTest, ReadsTheServiceAccount) {
    mount_service_account();
    const auto connection = connect_from("10.96.0.1", "443");
    ASSERT_TRUE(connection.has_value()) << words(connection);
    EXPECT_EQ(connection->server, "https://10.96.0.1:443");
    EXPECT_EQ(connection->namespace_name, "ci");
    EXPECT_EQ(connection->tls->ca, authority);
    EXPECT_TRUE(connection->tls->verify);
    EXPECT_EQ(connection->token_file, path("token"));
    EXPECT_EQ(redactor_.redact("token-of-the-pod"), "***");
}

TEST_F(InClusterTest, PutsAnIpv6AddressInBrackets) {
    mount_service_account();
    EXPECT_EQ(connect_from("fd00::1", "443")->server, "https://[fd00::1]:443");
}

TEST_F(InClusterTest, TakesTheDefaultNamespaceWhenNoneIsMounted) {
    mount_service_account();
    fs::remove(path("namespace"));
    EXPECT_EQ(connect_from("10.96.0.1", "443")->namespace_name, "default");
    write("namespace", "\n");
    EXPECT_EQ(connect_from("10.96.0.1", "443")->namespace_name, "default");
}

TEST_F(InClusterTest, SaysWhatThePodLacks) {
    for (const auto& [host, port] : {std::pair{"", ""}, std::pair{"10.96.0.1", ""}, std::pair{"", "443"}}) {
        mount_service_account();
        const auto connection = connect_from(host, port);
        ASSERT_FALSE(connection.has_value());
        EXPECT_EQ(connection.error().code, ErrorCode::bad_input);
        EXPECT_THAT(words(connection), HasSubstr("no pod of a cluster"));
    }
    for (const std::string file : {"token", "ca.crt"}) {
        mount_service_account();
        fs::remove(path(file));
        const auto connection = connect_from("10.96.0.1", "443");
        ASSERT_FALSE(connection.has_value()) << file;
        EXPECT_EQ(connection.error().code, ErrorCode::not_found);
        EXPECT_THAT(words(connection), AllOf(HasSubstr("service account"), HasSubstr(path(file))));
    }
}

}  // namespace
}  // namespace kube
