#include "github/pull_request.hpp"

#include <functional>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "support/scripted_http.hpp"

namespace {

using base::ErrorCode;
using github::Comment;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ScriptedHttp;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Json = nlohmann::json;

using Variables = std::map<std::string, std::string>;

github::Environment environment_of(Variables variables) {
    return [variables = std::move(variables)](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

Variables in_pull_request(const Variables& changes = {}) {
    Variables all{{"GITHUB_API_URL", "https://api.github.com"},
                  {"GITHUB_REPOSITORY", "any-trade/deploy.ments_2"},
                  {"GITHUB_EVENT_NAME", "pull_request"},
                  {"GITHUB_REF", "refs/pull/7/merge"}};
    for (const auto& [name, value] : changes) {
        all[name] = value;
    }
    return all;
}

TEST(PullRequestOf, ReadsWhatGitHubSays) {
    const auto found = github::pull_request_of(environment_of(in_pull_request()));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->api, "https://api.github.com");
    EXPECT_EQ(found->repository, "any-trade/deploy.ments_2");
    EXPECT_EQ(found->number, 7U);
}

TEST(PullRequestOf, KnowsEnterpriseServersAndThisMachine) {
    for (const std::string api : {"https://ghe.example.com/api/v3", "https://ghe.example.com:8443/api/v3",
                                  "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2/api/v3"}) {
        const auto found = github::pull_request_of(environment_of(in_pull_request({{"GITHUB_API_URL", api + "/"}})));
        ASSERT_TRUE(found) << api;
        EXPECT_EQ(found->api, api);
    }
}

TEST(PullRequestOf, TakesNothingElseForAPullRequest) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"GITHUB_EVENT_NAME", "pull_request_target"},
        {"GITHUB_EVENT_NAME", "push"},
        {"GITHUB_EVENT_NAME", ""},
        {"GITHUB_REF", "refs/heads/main"},
        {"GITHUB_REF", "refs/pull/7/head"},
        {"GITHUB_REF", "refs/pull//merge"},
        {"GITHUB_REF", "refs/pull/merge"},
        {"GITHUB_REF", "refs/pull/0/merge"},
        {"GITHUB_REF", "refs/pull/07/merge"},
        {"GITHUB_REF", "refs/pull/-7/merge"},
        {"GITHUB_REF", "refs/pull/7/../8/merge"},
        {"GITHUB_REF", "refs/pull/99999999999999999999999/merge"},
        {"GITHUB_REPOSITORY", "owner"},
        {"GITHUB_REPOSITORY", "owner/"},
        {"GITHUB_REPOSITORY", "owner/name/more"},
        {"GITHUB_REPOSITORY", "owner/.."},
        {"GITHUB_REPOSITORY", "owner/na me"},
        {"GITHUB_REPOSITORY", "owner/name?x=1"},
        {"GITHUB_REPOSITORY", "owner/name\r\nX: y"},
        {"GITHUB_API_URL", ""},
        {"GITHUB_API_URL", "https://"},
        {"GITHUB_API_URL", "http://api.github.com"},
        {"GITHUB_API_URL", "http://127.0.0.1.example.com"},
        {"GITHUB_API_URL", "ftp://api.github.com"},
        {"GITHUB_API_URL", "https://api.github.com@example.com"},
        {"GITHUB_API_URL", "https://example.com/?x="},
        {"GITHUB_API_URL", "https://example.com/#"},
        {"GITHUB_API_URL", "https://example.com/api/../x"},
        {"GITHUB_API_URL", "https://example.com\n"},
    };
    for (const auto& [name, value] : cases) {
        EXPECT_FALSE(github::pull_request_of(environment_of(in_pull_request({{name, value}})))) << name << "=" << value;
        auto without = in_pull_request();
        without.erase(name);
        EXPECT_FALSE(github::pull_request_of(environment_of(without))) << "without " << name;
    }
}

// Sleeping takes no time; the calendar says 1,000,000 s after its beginning.
class InstantClock final : public sys::Clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return now_; }
    [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::time_point(seconds(1'000'000));
    }
    bool sleep_until(sys::Deadline when, const std::stop_token& stop) override {
        sleeps.push_back(std::chrono::duration_cast<milliseconds>(when - now_));
        now_ = when;
        if (on_sleep) {
            on_sleep();
        }
        return stop.stop_requested();
    }

    std::vector<milliseconds> sleeps;
    std::function<void()> on_sleep;

private:
    std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
};

constexpr auto token = "ghs_secretsecretsecret";
constexpr auto list = "GET /repos/o/r/issues/7/comments?per_page=100";
constexpr auto post = "POST /repos/o/r/issues/7/comments";
constexpr auto user = "GET /user";
constexpr auto not_accessible = R"({"message":"Resource not accessible by integration","status":"403"})";

const std::string marker = "<!-- etcd-deploy plan: release=etcd namespace=a -->";
const std::string body = marker + "\nnew plan";

std::string address_of(int id) {
    return "https://github.com/o/r/pull/7#issuecomment-" + std::to_string(id);
}

struct Author {
    std::string type = "Bot";
    int id = 41898282;
};

Json comment(int id, const std::string& text, const Author& author = {}) {
    return {{"id", id},
            {"body", text},
            {"html_url", address_of(id)},
            {"user", {{"login", "x"}, {"id", author.id}, {"type", author.type}}}};
}

std::string comments(const std::vector<Json>& all) {
    return Json(all).dump();
}

class PutComment : public testing::Test {
protected:
    base::Result<Comment> put(const std::string& text = body, const std::string& with = token) {
        auto result = github::put_comment(http_, clock_, with,
                                          {.api = "https://api.github.com", .repository = "o/r", .number = 7}, marker,
                                          text, {.stop = stop_.get_token(), .deadline = clock_.now() + time_});
        if (!result) {
            EXPECT_THAT(result.error().text() + result.error().hint, Not(HasSubstr("secretsecret")));
        }
        return result;
    }
    // Succeeds; "created 5".
    std::string told(const std::string& text = body) {
        const auto result = put(text);
        if (!result) {
            return result.error().text();
        }
        const auto state = result->state == Comment::State::created   ? "created"
                           : result->state == Comment::State::updated ? "updated"
                                                                      : "unchanged";
        return std::string(state) + " " + result->url.substr(result->url.find_last_of('-') + 1);
    }
    support::Scripted& on_app() { return http_.on(user).answer(403, not_accessible); }
    support::Scripted& on_post(int id) { return http_.on(post).answer(201, comment(id, body).dump()); }

    ScriptedHttp http_;
    InstantClock clock_;
    std::stop_source stop_;
    seconds time_{60};
};

TEST_F(PutComment, IsMadeWhereThereIsNone) {
    http_.on(list).answer(200, comments({comment(1, "hello"), comment(2, "text " + marker), comment(3, marker + "x")}));
    on_post(9);
    EXPECT_EQ(told(), "created 9");
    const auto request = http_.requests().at(1).http;
    EXPECT_EQ(Json::parse(request.body), Json({{"body", body}}));
    EXPECT_EQ(request.connections, sys::Connections::fresh);
    EXPECT_THAT(request.headers, ElementsAre(std::pair("Accept", "application/vnd.github+json, application/json"),
                                             std::pair("Authorization", "Bearer ghs_secretsecretsecret"),
                                             std::pair("User-Agent", "etcd-deploy/" ETCD_DEPLOY_VERSION),
                                             std::pair("X-GitHub-Api-Version", "2022-11-28"),
                                             std::pair("Content-Type", "application/json")));
}

TEST_F(PutComment, IsUpdatedInItsPlace) {
    http_.on(list).answer(200, comments({comment(1, "hello"), comment(2, marker + "\r\nold plan")}));
    on_app();
    http_.on("PATCH /repos/o/r/issues/comments/2").answer(200, comment(2, body).dump());
    EXPECT_EQ(told(), "updated 2");
    EXPECT_EQ(Json::parse(http_.requests().back().http.body), Json({{"body", body}}));
}

TEST_F(PutComment, IsNotWrittenWhenNothingChanged) {
    http_.on(list).answer(200, comments({comment(2, marker + "\r\nnew plan\r\n")}));
    on_app();
    EXPECT_EQ(told(), "unchanged 2");
}

TEST_F(PutComment, IsLookedForOnEveryPage) {
    http_.on(list)
        .answer(200, comments({comment(1, "a")}))
        .header("link",
                "<https://api.github.com/repositories/5/issues/7/comments?per_page=100&page=2>; rel=\"next\", "
                "<https://api.github.com/repositories/5/issues/7/comments?per_page=100&page=3>; rel=\"last\"");
    http_.on("GET /repositories/5/issues/7/comments?per_page=100&page=2")
        .answer(200, comments({comment(2, "b")}))
        .header("link",
                "<https://api.github.com/x?page=1>; rel=\"prev\", <https://API.github.com/y?page=3>; rel=\"next\"");
    http_.on("GET /y?page=3")
        .answer(200, comments({comment(3, marker)}))
        .header("link", "<https://api.github.com/x?page=2>; rel=\"prev\"");
    on_app();
    http_.on("PATCH /repos/o/r/issues/comments/3").answer(200, comment(3, body).dump());
    EXPECT_EQ(told(), "updated 3");
}

TEST_F(PutComment, DoesNotFollowToAnotherServer) {
    for (const std::string next : {"https://example.com/x?page=2", "http://api.github.com/x?page=2", "//example.com/x",
                                   "https://api.github.com@example.com/", "https://api.github.com:444/x", "/x"}) {
        http_.on(list).answer(200, "[]").header("link", "<" + next + ">; rel=\"next\"");
        const auto result = put();
        ASSERT_FALSE(result) << next;
        EXPECT_EQ(result.error().code, ErrorCode::protocol);
    }
    EXPECT_THAT(http_.lines(), testing::Each(list));
}

TEST_F(PutComment, EndsWhenThePagesDoNot) {
    http_.on("GET /repos/*")
        .answer(200, "[]")
        .header("link", "<https://api.github.com/repos/x>; rel=\"next\"")
        .always();
    const auto result = put();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::protocol);
    EXPECT_EQ(http_.requests().size(), 30U);
}

// Whoever may write may edit everybody's comments: what GitHub would allow decides nothing.
TEST_F(PutComment, OfSomebodyElseIsLeftAlone) {
    http_.on(list).answer(200, comments({comment(1, marker + "\nforged", {.type = "User", .id = 5}),
                                         {{"id", 2}, {"body", marker}, {"user", nullptr}},
                                         {{"id", 3}, {"body", marker}}}));
    on_app();
    on_post(9);
    EXPECT_EQ(told(), "created 9");
}

TEST_F(PutComment, OfAPersonIsUpdatedWithThatPersonsToken) {
    http_.on(list).answer(
        200, comments({comment(1, marker, {.type = "Bot", .id = 4}), comment(2, marker, {.type = "User", .id = 5}),
                       comment(3, marker, {.type = "User", .id = 6})}));
    http_.on(user).answer(200, R"({"login":"me","id":6,"type":"User"})");
    http_.on("PATCH /repos/o/r/issues/comments/3").answer(200, comment(3, body).dump());
    EXPECT_EQ(told(), "updated 3");
}

TEST_F(PutComment, ThatCannotBeUpdatedGivesWayToTheNextOfOurs) {
    http_.on(list).answer(200, comments({comment(1, marker), comment(2, marker), comment(3, marker)}));
    on_app();
    http_.on("PATCH /repos/o/r/issues/comments/1").answer(403, not_accessible);
    http_.on("PATCH /repos/o/r/issues/comments/2").answer(404, R"({"message":"Not Found"})");
    http_.on("PATCH /repos/o/r/issues/comments/3").answer(200, comment(3, body).dump());
    EXPECT_EQ(told(), "updated 3");
}

TEST_F(PutComment, ThatCannotBeUpdatedIsMadeAnew) {
    http_.on(list).answer(200, comments({comment(1, marker)}));
    on_app();
    http_.on("PATCH /repos/o/r/issues/comments/1").answer(404, R"({"message":"Not Found"})");
    on_post(9);
    EXPECT_EQ(told(), "created 9");
}

TEST_F(PutComment, TellsWhatTheTokenMayNot) {
    struct Case {
        int status;
        std::string answer;
        std::string message;
        std::string hint;
    };
    const std::vector<Case> cases{
        {401, R"({"message":"Bad credentials"})", "HTTP 401: Bad credentials", "${{ github.token }}"},
        {403, not_accessible, "HTTP 403: Resource not accessible by integration", "pull-requests: write"},
        {404, R"({"message":"Not Found"})", "HTTP 404: Not Found", "pull-requests: write"},
        {403, "<html>", "HTTP 403", "pull-requests: write"},
        {403, R"({"message":"no \u001b[1m ghs_secretsecretsecret\nhere"})", "HTTP 403: no  *** here", "fork"},
        {403, R"({"message":["x"]})", "HTTP 403", "fork"},
    };
    for (const auto& [status, answer, message, hint] : cases) {
        for (const bool lists : {false, true}) {
            http_.on(list).answer(lists ? 200 : status, lists ? "[]" : answer);
            if (lists) {
                http_.on(post).answer(status, answer);
            }
            const auto result = put();
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ErrorCode::forbidden);
            EXPECT_EQ(result.error().message, "GitHub answers " + message);
            EXPECT_THAT(result.error().hint, HasSubstr(hint));
            EXPECT_THAT(result.error().context, ElementsAre(HasSubstr("pull request 7")));
        }
    }
    EXPECT_THAT(clock_.sleeps, IsEmpty());
}

TEST_F(PutComment, WaitsOutARateLimit) {
    struct Case {
        int status;
        Variables headers;
        std::string message;
        milliseconds pause;
    };
    const std::vector<Case> cases{
        {429, {{"retry-after", "7"}}, "", seconds(7)},
        {403, {{"retry-after", "7"}}, "", seconds(7)},
        {403, {{"retry-after", "0"}}, "", seconds(1)},
        {403, {{"retry-after", "-9"}}, "", seconds(1)},
        {403, {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}}, "", seconds(60)},
        {403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1000020"}}, "", seconds(21)},
        {429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "999000"}}, "", seconds(1)},
        {403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "soon"}}, "", seconds(60)},
        {429, {}, "", seconds(60)},
        {403, {}, "You have exceeded a secondary rate limit.", seconds(60)},
    };
    time_ = seconds(90);
    for (const auto& [status, headers, message, pause] : cases) {
        for (const std::string asked : {list, post}) {
            auto& limited = http_.on(asked).answer(status, Json{{"message", message}}.dump());
            for (const auto& [name, value] : headers) {
                limited.header(name, value);
            }
            http_.on(list).answer(200, "[]");
            on_post(9);
            clock_.sleeps.clear();
            EXPECT_EQ(told(), "created 9");
            EXPECT_THAT(clock_.sleeps, ElementsAre(pause));
        }
    }
}

TEST_F(PutComment, DoesNotWaitForARateLimitBeyondTheDeadline) {
    struct Case {
        Variables headers;
        std::string hint;
    };
    const std::vector<Case> cases{
        {{{"retry-after", "61"}}, "in 1m1s"},
        {{{"retry-after", "9223372036854775807"}}, "in 24h"},
        {{{"retry-after", "99999999999999999999"}}, "in 1m"},
        {{{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1003000"}}, "in 50m1s"},
        {{{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "9223372036854775807"}}, "in 24h"},
    };
    for (const auto& [headers, hint] : cases) {
        auto& limited = http_.on(list).answer(403, R"({"message":"API rate limit exceeded"})");
        for (const auto& [name, value] : headers) {
            limited.header(name, value);
        }
        const auto result = put();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::refused);
        EXPECT_THAT(result.error().message, HasSubstr("API rate limit exceeded"));
        EXPECT_THAT(result.error().hint, HasSubstr(hint));
    }
    EXPECT_THAT(clock_.sleeps, IsEmpty());
}

TEST_F(PutComment, IsReadAndUpdatedAgainAfterPassingTrouble) {
    http_.on(list).answer(502, "<html>");
    http_.on(list).fails(ErrorCode::unreachable, "connection reset");
    http_.on(list).answer(200, comments({comment(2, marker)}));
    on_app();
    http_.on("PATCH /repos/o/r/issues/comments/2").fails(ErrorCode::timed_out, "no answer");
    http_.on("PATCH /repos/o/r/issues/comments/2").answer(200, comment(2, body).dump());
    EXPECT_EQ(told(), "updated 2");
    EXPECT_THAT(clock_.sleeps, ElementsAre(seconds(1), seconds(2), seconds(1)));
}

TEST_F(PutComment, WhoseCreationGotNoAnswerIsLookedForBeforeItIsMadeAgain) {
    http_.on(list).answer(200, "[]");
    http_.on(post).fails(ErrorCode::unreachable, "connection reset");
    http_.on(list).answer(200, comments({comment(8, body)}));
    on_app();
    EXPECT_EQ(told(), "created 8");
    EXPECT_THAT(http_.lines(), ElementsAre(list, post, list, user));
}

TEST_F(PutComment, WhoseCreationFailedIsMadeAgainWhenItIsNotThere) {
    http_.on(list).answer(200, "[]");
    http_.on(post).answer(500, "{}");
    http_.on(list).answer(200, "[]");
    on_post(9);
    EXPECT_EQ(told(), "created 9");
    EXPECT_THAT(http_.lines(), ElementsAre(list, post, list, post));
}

TEST_F(PutComment, IsGivenUpAtTheDeadline) {
    http_.on(list).answer(503, R"({"message":"Service unavailable"})").always();
    const auto result = put();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unreachable);
    EXPECT_THAT(result.error().text(),
                AllOf(HasSubstr("reading the comments of pull request 7"), HasSubstr("HTTP 503: Service unavailable")));
    EXPECT_THAT(clock_.sleeps, ElementsAre(seconds(1), seconds(2), seconds(4), seconds(8), seconds(16)));
}

TEST_F(PutComment, EndsWhenItIsStopped) {
    http_.on(list).answer(503);
    clock_.on_sleep = [this] { stop_.request_stop(); };
    const auto result = put();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::cancelled);
}

TEST_F(PutComment, DoesNotTryAgainWhatIsRefused) {
    http_.on(list).answer(200, "[]");
    http_.on(post).answer(422, R"({"message":"Validation Failed"})");
    const auto result = put();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::protocol);
    EXPECT_EQ(result.error().message, "GitHub answers HTTP 422: Validation Failed");
}

TEST_F(PutComment, SurvivesAnswersThatMakeNoSense) {
    const std::string deep(100'000, '[');
    for (const std::string& answer : {std::string("<html>"), std::string("{}"), std::string("null"), std::string(),
                                      deep, deep + std::string(deep.size(), ']')}) {
        http_.on(list).answer(200, answer);
        const auto listed = put();
        ASSERT_FALSE(listed);
        EXPECT_EQ(listed.error().code, ErrorCode::protocol);
    }
    // What is no comment is passed over.
    http_.on(list).answer(200, R"([1, null, {}, {"id":-1,"body":")" + marker +
                                   R"(","user":{"type":"Bot"}}, {"id":"1/../../x","body":")" + marker +
                                   R"(","user":{"type":"Bot"}}, {"id":1,"body":{"a":1},"user":[]}])");
    http_.on(post).answer(201, "[]");
    const auto created = put();
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::protocol);
}

TEST_F(PutComment, ShowsNoAddressThatIsNone) {
    for (const std::string odd : {"javascript:alert(1)", "https://a/)\n::error::x", "https://a/<b>", ""}) {
        http_.on(list).answer(200, "[]");
        http_.on(post).answer(201, Json{{"html_url", odd}}.dump());
        const auto result = put();
        ASSERT_TRUE(result);
        EXPECT_EQ(result->url, "");
    }
}

TEST_F(PutComment, NeedsATokenThatCanBeOne) {
    for (const std::string bad : {"", "a\nb", "a b", "a\r\nX-Evil: secretsecret", "t\xc3\xa9"}) {
        const auto result = put(body, bad);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::bad_input);
    }
}

TEST_F(PutComment, MustBeginWithItsMarker) {
    const auto result = put("new plan");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::bug);
}

}  // namespace
