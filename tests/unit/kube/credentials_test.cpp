#include "kube/credentials.hpp"

#include <atomic>
#include <barrier>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "instant_clock.hpp"
#include "kube/client.hpp"
#include "kube/exec_plugin.hpp"
#include "support/golden.hpp"
#include "support/scripted_http.hpp"
#include "support/scripted_process.hpp"
#include "sys/temporary_folder.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* v1 = "client.authentication.k8s.io/v1";
constexpr const char* set_path = "GET /apis/apps/v1/namespaces/ns/statefulsets/etcd";
constexpr const char* set_json = R"({"metadata":{"name":"etcd","uid":"u","resourceVersion":"1"}})";

// What a plugin prints.
std::string printed(const std::string& status, const std::string& api_version = v1) {
    return R"({"kind":"ExecCredential","apiVersion":")" + api_version + R"(","status":{)" + status + "}}";
}
std::string token_status(const std::string& token) {
    return R"("token":")" + token + R"(")";
}

std::string authorization_of(const sys::HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
        if (name == "Authorization") {
            return value;
        }
    }
    return "none";
}

class CredentialsTest : public testing::Test {
protected:
    static Connection with_plugin() {
        auto tls = std::make_shared<sys::Tls>();
        tls->ca = "CA";
        return {.server = "https://cluster:6443",
                .tls = std::move(tls),
                .plugin = ExecPlugin{.command = "log-in",
                                     .args = {"now"},
                                     .variables = {{"REGION", "north"}},
                                     .api_version = v1,
                                     .install_hint = {}}};
    }
    [[nodiscard]] CredentialTools tools() {
        return {.processes = &processes_,
                .keep_secret = [this](std::string_view secret) { secrets_.emplace_back(secret); },
                .stop = {}};
    }
    [[nodiscard]] Client client(Connection connection) { return {http_, clock_, std::move(connection), tools()}; }
    void plugin_prints(const std::string& text) { processes_.answer(sys::ProcessResult{.out = text}); }
    [[nodiscard]] Scope scope() const { return {.stop = {}, .deadline = clock_.now() + std::chrono::minutes(5)}; }
    [[nodiscard]] std::vector<std::string> authorizations() const {
        std::vector<std::string> all;
        for (const auto& request : http_.requests()) {
            all.push_back(authorization_of(request.http));
        }
        return all;
    }

    support::ScriptedHttp http_;
    support::ScriptedProcess processes_;
    InstantClock clock_;
    std::vector<std::string> secrets_;
};

TEST_F(CredentialsTest, RunsAPluginOnceForManyRequests) {
    plugin_prints(printed(token_status("fresh-token")));
    http_.on(set_path).answer(200, set_json).always();
    const auto kube = client(with_plugin());
    EXPECT_TRUE(kube.stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_TRUE(kube.stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_THAT(authorizations(), ElementsAre("Bearer fresh-token", "Bearer fresh-token"));
    EXPECT_THAT(secrets_, ElementsAre("fresh-token"));
    const auto& command = processes_.commands().at(0);
    EXPECT_THAT(command.argv, ElementsAre("log-in", "now"));
    EXPECT_EQ(command.environment.at("REGION"), "north");
    EXPECT_EQ(
        command.environment.at("KUBERNETES_EXEC_INFO"),
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})");
}

TEST_F(CredentialsTest, TellsAPluginTheClusterWhenItWantsThat) {
    plugin_prints(printed(token_status("fresh-token")));
    auto connection = with_plugin();
    connection.plugin->wants_cluster = true;
    connection.plugin->cluster_config = R"({"audience":"north"})";
    Credentials credentials(connection, clock_, tools());
    ASSERT_TRUE(credentials.current(scope()).has_value());
    EXPECT_THAT(
        processes_.commands().at(0).environment.at("KUBERNETES_EXEC_INFO"),
        AllOf(HasSubstr(R"("server":"https://cluster:6443")"), HasSubstr(R"("certificate-authority-data":"Q0E=")"),
              HasSubstr(R"("config":{"audience":"north"})")));
}

TEST_F(CredentialsTest, TakesAClientCertificateFromAPlugin) {
    plugin_prints(printed(R"("clientCertificateData":"CERT","clientKeyData":"secret-key")"));
    Credentials credentials(with_plugin(), clock_, tools());
    const auto credential = credentials.current(scope());
    ASSERT_TRUE(credential.has_value());
    EXPECT_EQ(credential->tls->certificate, "CERT");
    EXPECT_EQ(credential->tls->key, "secret-key");
    EXPECT_EQ(credential->tls->ca, "CA");
    EXPECT_EQ(credential->authorization, "");
    EXPECT_THAT(secrets_, ElementsAre("secret-key"));
}

TEST_F(CredentialsTest, RunsAPluginAgainWhenItsCredentialHasExpired) {
    plugin_prints(printed(token_status("old-token") + R"(,"expirationTimestamp":"1960-01-01T00:00:00Z")"));
    plugin_prints(printed(token_status("new-token") + R"(,"expirationTimestamp":"2100-01-01T00:00:00+01:00")"));
    Credentials credentials(with_plugin(), clock_, tools());
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer old-token");
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer new-token");
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer new-token");
}

TEST_F(CredentialsTest, RenewsOnceAfterARefusalAndGoesOn) {
    plugin_prints(printed(token_status("first-token")));
    plugin_prints(printed(token_status("second-token")));
    http_.on(set_path).answer(401);
    http_.on(set_path).answer(200, set_json);
    EXPECT_TRUE(client(with_plugin()).stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_THAT(authorizations(), ElementsAre("Bearer first-token", "Bearer second-token"));
    EXPECT_THAT(secrets_, ElementsAre("first-token", "second-token"));
}

TEST_F(CredentialsTest, GivesUpAfterTheSecondRefusalInARow) {
    plugin_prints(printed(token_status("first-token")));
    plugin_prints(printed(token_status("second-token")));
    http_.on(set_path).answer(401).always();
    const auto set = client(with_plugin()).stateful_set("ns", "etcd", scope());
    ASSERT_FALSE(set.has_value());
    EXPECT_EQ(set.error().code, ErrorCode::unauthorized);
    EXPECT_THAT(set.error().hint, HasSubstr("log-in"));
    EXPECT_THAT(http_.requests(), testing::SizeIs(2));
}

// As an API server does that has only begun and has not read the roles yet.
TEST_F(CredentialsTest, ARefusalByAServerThatWasAwayAMomentAgoPasses) {
    http_.on(set_path).answer(200, set_json);
    http_.on(set_path).fails(ErrorCode::unreachable, "connection refused");
    http_.on(set_path).answer(403);
    http_.on(set_path).answer(401);
    http_.on(set_path).answer(200, set_json);
    const auto with_token = client({.server = "https://cluster:6443", .token = "token"});
    EXPECT_TRUE(with_token.stateful_set("ns", "etcd", scope()).has_value());
    EXPECT_TRUE(with_token.stateful_set("ns", "etcd", scope()).has_value());
}

TEST_F(CredentialsTest, ARefusalThatStaysIsToldAfterAWhile) {
    http_.on(set_path).answer(200, set_json);
    http_.on(set_path).fails(ErrorCode::unreachable, "connection refused");
    http_.on(set_path).answer(403).always();
    const auto with_token = client({.server = "https://cluster:6443", .token = "token"});
    EXPECT_TRUE(with_token.stateful_set("ns", "etcd", scope()).has_value());
    const auto began = clock_.now();
    EXPECT_EQ(with_token.stateful_set("ns", "etcd", scope()).error().code, ErrorCode::forbidden);
    EXPECT_LE(clock_.now() - began, std::chrono::seconds(16));
    const auto at_once = clock_.now();
    EXPECT_EQ(with_token.stateful_set("ns", "etcd", scope()).error().code, ErrorCode::forbidden);
    EXPECT_EQ(clock_.now(), at_once);
}

TEST_F(CredentialsTest, ARefusalIsToldAtOnceToWhomTheServerNeverLetIn) {
    http_.on(set_path).fails(ErrorCode::unreachable, "connection refused");
    http_.on(set_path).answer(403);
    const auto set = client({.server = "https://cluster:6443", .token = "token"}).stateful_set("ns", "etcd", scope());
    EXPECT_EQ(set.error().code, ErrorCode::forbidden);
    EXPECT_THAT(http_.requests(), testing::SizeIs(2));
}

TEST_F(CredentialsTest, AWatchGoesOnWithARenewedCredential) {
    plugin_prints(printed(token_status("first-token")));
    plugin_prints(printed(token_status("second-token")));
    http_.on("GET /api/v1/namespaces/ns/pods?limit=500")
        .answer(200, R"({"metadata":{"resourceVersion":"5"},"items":[]})");
    http_.on("GET /api/v1/namespaces/ns/pods?watch=true*").answer(401);
    std::stop_source stop;
    http_.on("GET /api/v1/namespaces/ns/pods?watch=true*").when_asked([&](const auto&) { stop.request_stop(); });
    std::vector<std::string> troubles;
    const auto watched = client(with_plugin())
                             .watch(
                                 Kind::pod, "ns", [](const Change&) {},
                                 [&](std::string trouble) { troubles.push_back(std::move(trouble)); },
                                 {.stop = stop.get_token(), .deadline = scope().deadline});
    EXPECT_TRUE(watched.has_value());
    EXPECT_THAT(troubles, IsEmpty());
    EXPECT_THAT(authorizations(), ElementsAre("Bearer first-token", "Bearer first-token", "Bearer second-token"));
}

// Counts, and takes its time, so that threads meet.
class CountingPlugin final : public sys::ProcessRunner {
public:
    base::Result<sys::ProcessResult> run(const sys::Command& /*command*/, std::stop_token /*stop*/,
                                         sys::Deadline /*deadline*/) override {
        return sys::ProcessResult{.out = printed(token_status("token-number-" + std::to_string(++runs)))};
    }
    std::atomic<int> runs = 0;
};

TEST_F(CredentialsTest, RenewsOnceForManyThreads) {
    constexpr int threads = 5;
    CountingPlugin plugin;
    Credentials credentials(with_plugin(), clock_, {.processes = &plugin, .keep_secret = {}, .stop = {}});
    std::barrier all_have_one(threads);
    {
        std::vector<std::jthread> watches;
        for (int number = 0; number < threads; ++number) {
            watches.emplace_back([&] {
                const auto first = credentials.current(scope());
                all_have_one.arrive_and_wait();
                EXPECT_EQ(credentials.renew(*first, scope()), true);
                EXPECT_EQ(credentials.current(scope())->authorization, "Bearer token-number-2");
            });
        }
    }
    EXPECT_EQ(plugin.runs, 2);
}

// Prints the next of its outputs, when it is told to.
class SlowPlugin final : public sys::ProcessRunner {
public:
    explicit SlowPlugin(std::vector<std::string> outputs) : outputs_(std::move(outputs)) {}
    base::Result<sys::ProcessResult> run(const sys::Command& /*command*/, std::stop_token stop,
                                         sys::Deadline /*deadline*/) override {
        std::unique_lock lock(mutex_);
        const auto number = begun_++;
        changed_.notify_all();
        if (!changed_.wait(lock, stop, [&] { return allowed_ > number; })) {
            return sys::ProcessResult{.exit_code = 143, .stopped = true};
        }
        return sys::ProcessResult{.out = outputs_.at(number)};
    }
    void let_go() {
        const std::scoped_lock lock(mutex_);
        ++allowed_;
        changed_.notify_all();
    }
    bool wait_until_begun(std::size_t times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return begun_ >= times; });
    }

private:
    const std::vector<std::string> outputs_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::size_t begun_ = 0;
    std::size_t allowed_ = 0;
};

TEST_F(CredentialsTest, APluginGoesOnWhenWhoWaitsForItHasNoMoreTime) {
    SlowPlugin plugin({printed(token_status("late-token"))});
    Credentials credentials(with_plugin(), clock_, {.processes = &plugin, .keep_secret = {}, .stop = {}});
    const Scope short_one{.stop = {}, .deadline = clock_.now() + std::chrono::milliseconds(20)};
    for (int time = 0; time < 2; ++time) {
        const auto none = credentials.current(short_one);
        ASSERT_FALSE(none.has_value());
        EXPECT_EQ(none.error().code, ErrorCode::timed_out);
    }
    plugin.let_go();
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer late-token");
}

TEST_F(CredentialsTest, WhoIsStoppedWaitsForNoPlugin) {
    SlowPlugin plugin({});
    Credentials credentials(with_plugin(), clock_, {.processes = &plugin, .keep_secret = {}, .stop = {}});
    std::stop_source stop;
    const std::jthread stopper([&] {
        EXPECT_TRUE(plugin.wait_until_begun(1));
        stop.request_stop();
    });
    const auto none = credentials.current({.stop = stop.get_token(), .deadline = scope().deadline});
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code, ErrorCode::cancelled);
}

// Of an hour's life, a minute before its end: nobody needs to wait for the next one.
TEST_F(CredentialsTest, IsRenewedAheadOfItsEndWhileTheOldOneIsStillGood) {
    class LateClock final : public sys::Clock {
    public:
        [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
            return std::chrono::steady_clock::now();
        }
        [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
            return std::chrono::system_clock::time_point(seconds.load());
        }
        bool sleep_until(sys::Deadline /*when*/, const std::stop_token& stop) override { return stop.stop_requested(); }
        std::atomic<std::chrono::seconds> seconds{};
    };
    LateClock clock;
    SlowPlugin plugin({printed(token_status("old-token") + R"(,"expirationTimestamp":"1970-01-01T01:00:00Z")"),
                       printed(token_status("new-token") + R"(,"expirationTimestamp":"2100-01-01T00:00:00Z")")});
    Credentials credentials(with_plugin(), clock, {.processes = &plugin, .keep_secret = {}, .stop = {}});
    const auto at_once = [&] {
        const auto credential = credentials.current({.stop = {}, .deadline = clock.now()});
        return credential ? credential->authorization : std::string("none in time");
    };
    plugin.let_go();
    EXPECT_EQ(credentials.current({.stop = {}, .deadline = sys::Deadline::max()})->authorization, "Bearer old-token");
    clock.seconds = std::chrono::minutes(59);
    EXPECT_EQ(at_once(), "Bearer old-token");
    EXPECT_TRUE(plugin.wait_until_begun(2));
    EXPECT_EQ(at_once(), "Bearer old-token") << "it is begun once";
    clock.seconds = std::chrono::minutes(61);
    EXPECT_EQ(at_once(), "none in time") << "the old one is over";
    plugin.let_go();
    EXPECT_EQ(credentials.current({.stop = {}, .deadline = sys::Deadline::max()})->authorization, "Bearer new-token");
}

TEST_F(CredentialsTest, NamesAMissingPluginAndWhatProvidesIt) {
    struct Case {
        std::string command;
        std::string hint;
    };
    for (const auto& [command, hint] :
         {Case{"aws", "AWS CLI"}, Case{"/opt/bin/gke-gcloud-auth-plugin", "Google Cloud CLI"},
          Case{"kubelogin", "Azure"}, Case{"doctl", "DigitalOcean"}, Case{"my-own", "install it"}}) {
        processes_.answer(base::fail(ErrorCode::not_found, "there is no program"));
        auto connection = with_plugin();
        connection.plugin->command = command;
        connection.plugin->install_hint = "ask\x1b[2J Bob";
        const auto version = client(connection).server_version(scope());
        ASSERT_FALSE(version.has_value());
        EXPECT_EQ(version.error().code, ErrorCode::unauthorized);
        EXPECT_THAT(version.error().message, HasSubstr(command));
        EXPECT_THAT(version.error().hint,
                    AllOf(HasSubstr(hint), HasSubstr("container image"), HasSubstr("kubectl create token"),
                          HasSubstr("Bob"), Not(HasSubstr("\x1b"))));
    }
    EXPECT_THAT(http_.requests(), IsEmpty());
}

TEST_F(CredentialsTest, TellsWhyAPluginFailed) {
    struct Case {
        sys::ProcessResult result;
        ErrorCode code;
        std::string words;
    };
    const std::vector<Case> cases{
        {{.exit_code = 2, .out = "secret", .err = "no\x1b[1m such\nprofile"},
         ErrorCode::unauthorized,
         "failed with exit code 2: no such profile"},
        {{.exit_code = 143, .timed_out = true}, ErrorCode::unauthorized, "does not end"},
        {{.exit_code = 143, .stopped = true}, ErrorCode::cancelled, "cancelled"},
        {{.out = std::string(std::size_t{1} << 20U, 's')}, ErrorCode::unauthorized, "more than 1 MiB"},
        {{.out = "secret"}, ErrorCode::unauthorized, "no JSON"},
    };
    for (const auto& [result, code, words] : cases) {
        processes_.answer(result);
        Credentials credentials(with_plugin(), clock_, tools());
        const auto credential = credentials.current(scope());
        ASSERT_FALSE(credential.has_value()) << words;
        EXPECT_EQ(credential.error().code, code) << words;
        EXPECT_THAT(credential.error().text(),
                    AllOf(HasSubstr(words), Not(HasSubstr("secret")), Not(HasSubstr("\x1b"))));
    }
}

TEST(ExecCredential, IsReadOrRefusedWithoutQuotingIt) {
    const std::string secret = token_status("hush");
    for (const std::string& text : std::vector<std::string>{
             "",
             "hush",
             "[]",
             "null",
             "{}",
             R"({"token":"hush"})",
             printed(secret, "client.authentication.k8s.io/v1beta1"),
             R"({"kind":"Status","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"hush"}})",
             printed(""),
             printed(R"("token":7)"),
             printed(R"("token":["hush"])"),
             printed(R"("clientKeyData":"hush")"),
             printed(secret + R"(,"clientCertificateData":"hush")"),
             printed(secret + R"(,"expirationTimestamp":"tomorrow")"),
             printed(secret + R"(,"expirationTimestamp":"2026-11-25T10:00:00+-1:00")"),
             printed(secret + R"(,"expirationTimestamp":"2026-11-25T10:00:00+24:00")"),
             printed(secret + R"(,"expirationTimestamp":"2026-11-25T10:00:00+01:60")"),
             printed(secret).substr(0, 90),
             printed(R"("token":"hush\r\nX-Header: of somebody else")"),
             printed(R"("token":"hush\u007f")"),
             printed(R"("x":)" + std::string(100'000, '['))}) {
        const auto credential = decode_exec_credential(text, v1);
        ASSERT_FALSE(credential.has_value()) << text.substr(0, 200);
        EXPECT_THAT(credential.error().text(), Not(HasSubstr("hush")));
    }
    const auto both = decode_exec_credential(
        printed(secret + R"(,"clientCertificateData":"C","clientKeyData":"K","expirationTimestamp":null)"), v1);
    ASSERT_TRUE(both.has_value()) << both.error().text();
    EXPECT_EQ(both->token, "hush");
    EXPECT_EQ(both->key, "K");
    EXPECT_FALSE(both->expires.has_value());
}

TEST_F(CredentialsTest, ReadsATokenFileAgainAndKeepsTheLastOneWhenItIsGone) {
    const auto folder = sys::TemporaryFolder::create("credentials-test").value();
    const std::string file = folder.path() + "/token";
    Credentials credentials({.server = "https://x", .token = "token-within", .token_file = file}, clock_, tools());
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer token-within");
    support::write_text(file, "first-token\n");
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer first-token");
    support::write_text(file, "second-token\n");
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer second-token");
    std::filesystem::remove(file);
    EXPECT_EQ(credentials.current(scope())->authorization, "Bearer second-token");
    EXPECT_THAT(secrets_, ElementsAre("token-within", "first-token", "second-token"));
}

TEST_F(CredentialsTest, SaysWhichKindOfCredentialIsRefused) {
    auto certificate = std::make_shared<sys::Tls>();
    certificate->certificate = "CERT";
    struct Case {
        Connection connection;
        std::string hint;
        std::string authorization;
    };
    const std::vector<Case> cases{
        {{.server = "https://x", .token = "a-token"}, "kubectl create token", "Bearer a-token"},
        {{.server = "https://x", .token_file = "/no/such/file"}, "/no/such/file", "none"},
        {{.server = "https://x", .username = "Aladdin", .password = "open sesame"},
         "user name",
         "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {{.server = "https://x", .tls = certificate}, "client certificate", "none"},
        {{.server = "https://x"}, "has no credentials", "none"},
    };
    for (const auto& [connection, hint, authorization] : cases) {
        http_.on(set_path).answer(401);
        const auto set = client(connection).stateful_set("ns", "etcd", scope());
        ASSERT_FALSE(set.has_value());
        EXPECT_EQ(set.error().code, ErrorCode::unauthorized);
        EXPECT_THAT(set.error().hint, HasSubstr(hint));
        EXPECT_EQ(authorizations().back(), authorization);
    }
    EXPECT_THAT(http_.requests(), testing::SizeIs(cases.size())) << "there is nothing to renew";
}

}  // namespace
}  // namespace kube
