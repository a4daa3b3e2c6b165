#include "etcd/member.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scripted_http.hpp"

namespace {

using base::ErrorCode;
using testing::HasSubstr;

const std::string wants_login = R"({"code":3,"message":"etcdserver: user name is empty"})";
const std::string expired =
    R"({"error":"etcdserver: invalid auth token","message":"etcdserver: invalid auth token","code":16})";
const std::string status = "/v3/maintenance/status";

etcd::Scope soon() {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10)};
}

std::string token_of(const sys::HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
        if (name == "Authorization") {
            return value;
        }
    }
    return {};
}

struct Etcd : testing::Test {
    support::ScriptedHttp http;
    std::shared_ptr<etcd::Login> login = std::make_shared<etcd::Login>("root", "s3cret!");
    etcd::Endpoint endpoint{.url = "http://etcd-0:2379", .unix_socket = "/tunnel", .tls = nullptr, .trouble = {}};

    std::string ask(const etcd::Member& member) const {
        const auto answer = member.post(status, "{}", soon());
        return answer ? std::to_string(answer->status) + " " + answer->body : answer.error().text();
    }
};

TEST_F(Etcd, IsAskedThroughTheTunnelWithoutATokenFirst) {
    http.on("POST " + status).answer(200, "well");
    EXPECT_EQ(ask({http, endpoint, login}), "200 well");
    const auto requests = http.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].http.unix_socket, "/tunnel");
    EXPECT_EQ(requests[0].http.url, "http://etcd-0:2379/v3/maintenance/status");
    EXPECT_EQ(token_of(requests[0].http), "");
}

TEST_F(Etcd, GivesATokenWhenTheMemberWantsALogin) {
    http.on("POST " + status).answer(400, wants_login);
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"abc.1"})");
    http.on("POST " + status).answer(200, "well");
    http.on("POST " + status).answer(200, "still well");
    const etcd::Member member(http, endpoint, login);
    EXPECT_EQ(ask(member), "200 well");
    EXPECT_EQ(ask(etcd::Member(http, endpoint, login)), "200 still well") << "another member knows the token, too";
    const auto requests = http.requests();
    ASSERT_EQ(requests.size(), 4U);
    EXPECT_EQ(requests[1].http.body, R"({"name":"root","password":"s3cret!"})");
    EXPECT_EQ(token_of(requests[2].http), "abc.1") << "etcd wants no Bearer";
    EXPECT_EQ(token_of(requests[3].http), "abc.1");
}

TEST_F(Etcd, RenewsATokenThatExpired) {
    http.on("POST " + status).answer(401, expired);
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"new"})");
    http.on("POST " + status).answer(200, "well");
    EXPECT_EQ(ask({http, endpoint, login}), "200 well");
}

// Tokens travel between the members by raft: another's may not be known here yet.
TEST_F(Etcd, LogsInItselfWhenTheTokenOfAnotherMemberIsNotKnownHereYet) {
    http.on("POST " + status).answer(401, expired);
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"of another"})");
    http.on("POST " + status).answer(401, expired);
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"its own"})");
    http.on("POST " + status).answer(200, "well");
    EXPECT_EQ(ask({http, endpoint, login}), "200 well");
    EXPECT_EQ(token_of(http.requests().back().http), "its own");
}

TEST_F(Etcd, IsAskedTwiceMoreOnly) {
    http.on("POST " + status).answer(401, expired).always();
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"new"})");
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"newer"})");
    EXPECT_EQ(ask({http, endpoint, login}), "401 " + expired);
}

TEST_F(Etcd, SaysThatThePasswordIsWrong) {
    http.on("POST " + status).answer(400, wants_login);
    http.on("POST /v3/auth/authenticate")
        .answer(400, R"({"code":3,"message":"etcdserver: authentication failed, invalid user ID or password"})");
    const auto answer = etcd::Member(http, endpoint, login).post(status, "{}", soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unauthorized);
    EXPECT_THAT(answer.error().message, HasSubstr("etcd does not let user root in"));
    EXPECT_THAT(answer.error().message, testing::Not(HasSubstr("s3cret")));
}

// etcd lets nobody in without a quorum: that says nothing of the password.
TEST_F(Etcd, TakesALoginThatCannotBeAnsweredNowForNoWrongPassword) {
    http.on("POST " + status).answer(400, wants_login);
    http.on("POST /v3/auth/authenticate").answer(503, R"({"code":14,"message":"etcdserver: request timed out"})");
    const auto answer = etcd::Member(http, endpoint, login).post(status, "{}", soon());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::unreachable);
    EXPECT_THAT(answer.error().message, HasSubstr("etcd answers no login now: etcdserver: request timed out"));
}

// A JWT ends with any change of users and roles.
TEST_F(Etcd, RenewsATokenThatTheUsersAndRolesHaveOutrun) {
    http.on("POST " + status).answer(400, R"({"code":3,"message":"etcdserver: revision of auth store is old"})");
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"new"})");
    http.on("POST " + status).answer(200, "well");
    EXPECT_EQ(ask({http, endpoint, login}), "200 well");
}

TEST_F(Etcd, TellsATokenBeforeItIsUsedSoThatItCanBeHidden) {
    http.on("POST " + status).answer(400, wants_login);
    http.on("POST /v3/auth/authenticate").answer(200, R"({"token":"abc.1"})");
    http.on("POST " + status).answer(200, "well");
    std::size_t asked = 0;
    std::string told;
    const auto telling = std::make_shared<etcd::Login>("root", "s3cret!", [&](const std::string& token) {
        told = token;
        asked = http.requests().size();
    });
    EXPECT_EQ(ask({http, endpoint, telling}), "200 well");
    EXPECT_EQ(told, "abc.1");
    EXPECT_EQ(asked, 2U);
}

// One that waits for its leader must not hold up who asks the others.
TEST_F(Etcd, LogsInElsewhereWhileOneMemberIsSlowToLetUsIn) {
    const auto shared = login;
    const auto slow = [&](const std::string& /*path*/, const std::string& /*json*/) {
        const auto meanwhile = shared->renew("", [](const std::string&, const std::string&) {
            return base::Result<sys::HttpResponse>(sys::HttpResponse{.status = 200, .body = R"({"token":"quick"})"});
        });
        EXPECT_TRUE(meanwhile.has_value());
        EXPECT_EQ(shared->token(), "quick");
        return base::Result<sys::HttpResponse>(base::fail(ErrorCode::timed_out, "no answer in time"));
    };
    EXPECT_FALSE(shared->renew("", slow).has_value());
    EXPECT_EQ(shared->token(), "quick");
}

TEST_F(Etcd, SaysThatAPasswordIsMissing) {
    http.on("POST " + status).answer(400, wants_login);
    const auto nobody = std::make_shared<etcd::Login>("root", "");
    EXPECT_THAT(ask({http, endpoint, nobody}), HasSubstr("etcd wants a login, and no password is known"));
}

TEST_F(Etcd, RefusesATokenThatIsNone) {
    for (const std::string body : {R"({"token":""})", R"({"token":7})", "{}", "[]", "", "\xff"}) {
        support::ScriptedHttp odd;
        odd.on("POST " + status).answer(400, wants_login);
        odd.on("POST /v3/auth/authenticate").answer(200, body);
        const auto fresh = std::make_shared<etcd::Login>("root", "s3cret!");
        EXPECT_THAT(ask({odd, endpoint, fresh}), HasSubstr("cannot make sense of etcd's login")) << body;
    }
}

TEST_F(Etcd, ExplainsALostConnectionByWhatTheTunnelKnows) {
    http.on("POST " + status).fails(ErrorCode::unreachable, "the connection was lost: empty reply");
    http.on("POST " + status).fails(ErrorCode::timed_out, "no answer in time");
    endpoint.trouble = [] { return base::fail(ErrorCode::forbidden, "the port-forward is forbidden").error(); };
    EXPECT_EQ(ask({http, endpoint, login}), "the port-forward is forbidden");
    EXPECT_EQ(ask({http, endpoint, login}), "no answer in time") << "a deadline is no lost connection";
}

// Whether etcd's alert or the end of the connection comes first is chance, through a port-forward.
TEST_F(Etcd, TakesAConnectionThatEndsOnOurCertificateForItsRefusal) {
    auto tls = std::make_shared<sys::Tls>();
    tls->certificate = "CERT";
    endpoint.tls = tls;
    endpoint.trouble = [] {
        return base::fail(ErrorCode::refused, "who listens on port 2379 closed the connection").error();
    };
    const std::string lost = "the connection to etcd-0:2379 was lost: ";
    const etcd::Member member(http, endpoint, login);
    const auto why = [&](const std::string& error) {
        http.on("POST " + status).fails(ErrorCode::unreachable, error);
        return etcd::ask("etcd-0", "node1", member.transport(soon()));
    };
    EXPECT_EQ(why(lost + "reset").trouble, model::Trouble::certificate_refused);
    EXPECT_THAT(why(lost + "reset").failures.front(), HasSubstr("when it saw our certificate: who listens on port"));
    EXPECT_EQ(why(lost + "tlsv1 alert unknown ca").trouble, model::Trouble::certificate_refused);
    EXPECT_THAT(why(lost + "tlsv1 alert unknown ca").failures.front(), HasSubstr("alert unknown ca"));

    auto without = endpoint;
    without.tls = std::make_shared<sys::Tls>();
    http.on("POST " + status).fails(ErrorCode::unreachable, lost + "reset");
    const auto answer = etcd::Member(http, without, login).post(status, "{}", soon());
    EXPECT_THAT(answer.error().hint, HasSubstr("etcd may want a client certificate"));
}

TEST_F(Etcd, ExplainsADeadlineByATunnelThatHasNotOpened) {
    http.on("POST " + status).fails(ErrorCode::timed_out, "no answer in time");
    endpoint.trouble = [] { return base::fail(ErrorCode::timed_out, "the port-forward was not opened").error(); };
    EXPECT_EQ(ask({http, endpoint, login}), "the port-forward was not opened");
}

TEST_F(Etcd, PermissionDeniedIsAnAnswer) {
    const std::string denied = R"({"code":7,"message":"etcdserver: permission denied"})";
    http.on("POST " + status).answer(403, denied);
    EXPECT_EQ(ask({http, endpoint, login}), "403 " + denied);
}

TEST_F(Etcd, GivesItsMetrics) {
    http.on("GET /metrics").answer(200, "etcd_server_has_leader 1\n");
    http.on("GET /metrics").answer(404, "no");
    const etcd::Member member(http, endpoint, login);
    EXPECT_EQ(member.metrics(soon()).value_or("?"), "etcd_server_has_leader 1\n");
    EXPECT_FALSE(member.metrics(soon()));
}

}  // namespace
