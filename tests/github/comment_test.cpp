// A comment that is updated in its place, over the real HTTP client, with a GitHub that remembers.
#include <gmock/gmock.h>

#include "github/servers.hpp"

namespace github_contract {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

const std::string marker = github::comment_marker({.release = "etcd", .namespace_name = "anytrade", .cluster = ""});

class PlanComment : public testing::Test {
protected:
    base::Result<github::Comment> put(const std::string& plan, const std::string& token = "ghs_app",
                                      const std::string& with_marker = marker) {
        return github::put_comment(*http_, clock_, token, pull_request_at(fake_), with_marker,
                                   github::comment_body(with_marker, plan, "https://github.example/run"),
                                   within(std::chrono::seconds(20)));
    }
    void set_scene(const Json& scene) { exchange("POST", scene.dump()); }
    std::vector<std::string> bodies() {
        std::vector<std::string> all;
        const auto scene = exchange("GET", "");
        for (const auto& comment : scene["comments"]) {
            all.push_back(comment["body"]);
        }
        return all;
    }
    std::vector<std::string> requests() { return exchange("GET", "")["requests"]; }

private:
    Json exchange(const std::string& method, std::string json) {
        const auto response =
            http_->send({.method = method, .url = fake_ + "/_scene", .headers = {}, .body = std::move(json)}, {},
                        within(std::chrono::seconds(10)).deadline);
        EXPECT_TRUE(response.has_value()) << response.error().text();
        return Json::parse(response->body);
    }

    std::string fake_ = server_of("GITHUB_FAKE");
    std::unique_ptr<sys::Http> http_ = sys::make_http();
    sys::RealClock clock_;
};

Json comment_of(const std::string& user, const std::string& type, const std::string& body) {
    return {{"user", user}, {"type", type}, {"body", body}};
}

TEST_F(PlanComment, StaysOneHoweverOftenItIsWritten) {
    set_scene({{"comments", {comment_of("somebody", "User", "please review")}}});
    EXPECT_THAT(told(put("first plan")), EndsWith("issuecomment-2"));
    EXPECT_THAT(told(put("second plan")), HasSubstr("updated"));
    EXPECT_THAT(told(put("second plan")), HasSubstr("unchanged"));
    EXPECT_THAT(told(put("third plan")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), ElementsAre("please review", marker + "\nthird plan"));
}

TEST_F(PlanComment, IsOnePerRelease) {
    set_scene(Json::object());
    const auto other = github::comment_marker({.release = "etcd", .namespace_name = "staging", .cluster = ""});
    EXPECT_THAT(told(put("plan")), HasSubstr("created"));
    EXPECT_THAT(told(put("other plan", "ghs_app", other)), HasSubstr("created"));
    EXPECT_THAT(told(put("new plan")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), ElementsAre(marker + "\nnew plan", other + "\nother plan"));
}

TEST_F(PlanComment, IsFoundBehindManyOthers) {
    Json comments = Json::array();
    for (int i = 0; i < 250; ++i) {
        comments.push_back(comment_of("somebody", "User", "comment"));
    }
    comments.push_back(comment_of("github-actions[bot]", "Bot", marker + "\nold plan"));
    set_scene({{"comments", comments}});
    EXPECT_THAT(told(put("plan")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), SizeIs(251));
    EXPECT_EQ(bodies().back(), marker + "\nplan");
}

TEST_F(PlanComment, OfSomebodyElseIsNotTouched) {
    set_scene({{"comments", {comment_of("mallory", "User", marker + "\nNo changes. Merge it!")}}});
    EXPECT_THAT(told(put("plan")), HasSubstr("created"));
    EXPECT_THAT(told(put("new plan")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), ElementsAre(marker + "\nNo changes. Merge it!", marker + "\nnew plan"));
}

TEST_F(PlanComment, OfAPersonsTokenIsThatPersons) {
    set_scene(
        {{"comments", {comment_of("github-actions[bot]", "Bot", marker), comment_of("mallory", "User", marker)}}});
    EXPECT_THAT(told(put("plan", "ghp_person")), HasSubstr("created"));
    EXPECT_THAT(told(put("new plan", "ghp_person")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), ElementsAre(marker, marker, marker + "\nnew plan"));
}

TEST_F(PlanComment, WaitsOutARateLimit) {
    for (const std::string method : {"GET", "POST"}) {
        set_scene({{"limit_once", method}});
        EXPECT_THAT(told(put("plan")), HasSubstr("created")) << method;
        EXPECT_THAT(bodies(), ElementsAre(marker + "\nplan"));
        EXPECT_THAT(requests(), SizeIs(3));
    }
}

TEST_F(PlanComment, IsNotMadeTwiceWhenTheAnswerIsLost) {
    set_scene({{"lose_once", "POST"}});
    EXPECT_THAT(told(put("plan")), HasSubstr("created"));
    EXPECT_THAT(bodies(), ElementsAre(marker + "\nplan"));
}

TEST_F(PlanComment, IsUpdatedEvenWhenAnAnswerIsLost) {
    set_scene({{"comments", {comment_of("github-actions[bot]", "Bot", marker)}}, {"lose_once", "PATCH"}});
    EXPECT_THAT(told(put("plan")), HasSubstr("updated"));
    EXPECT_THAT(bodies(), ElementsAre(marker + "\nplan"));
}

TEST_F(PlanComment, FitsWhereALongPlanIsCut) {
    set_scene(Json::object());
    std::string plan = "<details><summary>all</summary>\n\n```diff\n";
    for (int i = 0; i < 10'000; ++i) {
        plan += "+ zeile: „größer“ 😀\n";
    }
    EXPECT_THAT(told(put(plan)), HasSubstr("created"));
    EXPECT_THAT(bodies(),
                ElementsAre(EndsWith("```\n\n</details>\n\n**Cut here**, since a comment holds no more: [the whole of "
                                     "it](https://github.example/run) is in the summary of the run.\n")));
    EXPECT_THAT(told(put(plan)), HasSubstr("unchanged"));
}

TEST_F(PlanComment, NeedsATokenThatMayWrite) {
    for (const bool exists : {false, true}) {
        Json comments = Json::array();
        if (exists) {
            comments.push_back(comment_of("github-actions[bot]", "Bot", marker + "\nold plan"));
        }
        set_scene({{"read_only", true}, {"comments", comments}});
        const auto result = put("plan");
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::forbidden);
        EXPECT_THAT(result.error().message, HasSubstr("Resource not accessible by integration"));
        EXPECT_THAT(result.error().hint, HasSubstr("permissions: pull-requests: write"));
        EXPECT_THAT(bodies(), SizeIs(comments.size()));
    }
}

TEST_F(PlanComment, NeedsATokenThatIsValid) {
    set_scene(Json::object());
    const auto result = put("plan", "ghs_expired");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::forbidden);
    EXPECT_THAT(result.error().message, HasSubstr("Bad credentials"));
}

}  // namespace
}  // namespace github_contract
