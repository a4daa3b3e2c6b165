// Every request of ours against GitHub's own description of its API, which Prism serves: it refuses what
// the description does not allow, and answers with the description's examples.
#include <gmock/gmock.h>

#include "github/servers.hpp"

namespace github_contract {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view api = "https://api.github.com";

// Prism in GitHub's place, so that addresses are as in the description.
class DescribedGitHub final : public sys::Http {
public:
    base::Result<sys::HttpResponse> send(const sys::HttpRequest& request, std::stop_token stop,
                                         sys::Deadline deadline) override {
        auto redirected = request;
        EXPECT_THAT(request.url, StartsWith(std::string(api) + "/"));
        const auto path = request.url.substr(api.size());
        redirected.url = server_of("GITHUB_DESCRIPTION") + path;
        if (request.method == wanted_.first) {
            redirected.headers.emplace_back("Prefer", "code=" + std::to_string(wanted_.second));
        }
        auto response = http_->send(redirected, stop, deadline);
        if (response) {
            asked.push_back(request.method + " " + path + " " + std::to_string(response->status));
            if (const auto found = response->headers.find("sl-violations"); found != response->headers.end()) {
                violations.push_back(found->second);
            } else if (response->body.contains("stoplight.io/prism/errors")) {
                violations.push_back(response->body);
            }
            // The example's next page is nowhere.
            EXPECT_EQ(response->headers.contains("link"), path.contains("?per_page=100") && response->status == 200);
            response->headers.erase("link");
        }
        return response;
    }
    base::Result<sys::HttpResponse> stream(const sys::HttpRequest& /*request*/,
                                           std::function<bool(std::string_view)> /*on_data*/, std::stop_token /*stop*/,
                                           sys::Deadline /*deadline*/) override {
        return base::fail(ErrorCode::bug, "nobody streams");
    }

    // Requests with this method are answered with this status.
    void answer(std::string method, int status) { wanted_ = {std::move(method), status}; }

    std::vector<std::string> asked;       // "GET /user 200"
    std::vector<std::string> violations;  // of the description

private:
    std::unique_ptr<sys::Http> http_ = sys::make_http();
    std::pair<std::string, int> wanted_;
};

class Description : public testing::Test {
protected:
    base::Result<github::Comment> put(const std::string& marker, const std::string& body) {
        sys::RealClock clock;
        return github::put_comment(github_, clock, "ghs_app", pull_request_at(std::string(api)), marker, body,
                                   within(std::chrono::seconds(20)));
    }
    // A request of ours, made wrong.
    void ask(const std::string& method, const std::string& path, const std::string& json) {
        sys::HttpRequest request{.method = method, .url = std::string(api) + path};
        request.headers = {{"Accept", "application/vnd.github+json, application/json"}};
        if (!json.empty()) {
            request.headers.emplace_back("Content-Type", "application/json");
            request.body = json;
        }
        std::ignore = github_.send(request, {}, within(std::chrono::seconds(20)).deadline);
    }

    DescribedGitHub github_;
};

TEST_F(Description, AllowsHowACommentIsMade) {
    EXPECT_THAT(told(put("<!-- m -->", "<!-- m -->\nplan")), StartsWith("created https://github.com/"));
    EXPECT_THAT(github_.asked, ElementsAre("GET /repos/any-trade/deployments/issues/7/comments?per_page=100 200",
                                           "POST /repos/any-trade/deployments/issues/7/comments 201"));
    EXPECT_THAT(github_.violations, IsEmpty());
}

// The example's only comment, "Me too", by the example's user.
TEST_F(Description, AllowsHowACommentIsUpdated) {
    EXPECT_THAT(told(put("Me too", "Me too\nplan")), StartsWith("updated https://github.com/"));
    EXPECT_THAT(github_.asked,
                ElementsAre("GET /repos/any-trade/deployments/issues/7/comments?per_page=100 200", "GET /user 200",
                            "PATCH /repos/any-trade/deployments/issues/comments/1 200"));
    EXPECT_THAT(github_.violations, IsEmpty());
}

TEST_F(Description, TellsACommentThatHoldsThePlanAlready) {
    EXPECT_THAT(told(put("Me too", "Me too\n")), StartsWith("unchanged https://github.com/"));
    EXPECT_THAT(github_.violations, IsEmpty());
}

TEST_F(Description, RefusesAsWeUnderstandIt) {
    const std::vector<std::pair<std::string, int>> cases{{"GET", 404}, {"POST", 403}, {"POST", 404}};
    for (const auto& [method, status] : cases) {
        github_.answer(method, status);
        const auto result = put("<!-- m -->", "<!-- m -->\nplan");
        ASSERT_FALSE(result) << method << " " << status;
        EXPECT_EQ(result.error().code, ErrorCode::forbidden);
        EXPECT_THAT(result.error().message, HasSubstr("HTTP " + std::to_string(status)));
    }
    EXPECT_THAT(github_.violations, IsEmpty());
}

// Else the tests above could not fail.
TEST_F(Description, RefusesWrongRequests) {
    const std::string comments = "/repos/any-trade/deployments/issues/7/comments";
    ask("POST", comments, R"({"text":"plan"})");
    ask("POST", comments, R"({"body":1})");
    ask("POST", comments, "");
    ask("PATCH", "/repos/any-trade/deployments/issues/comments/1", R"({"body":["plan"]})");
    ask("PATCH", "/repos/any-trade/deployments/issues/comments/first", R"({"body":"plan"})");
    ask("PUT", comments, R"({"body":"plan"})");
    ask("GET", comments + "?per_page=all", "");
    ask("GET", "/repos/any-trade/deployments/comments/7", "");
    EXPECT_EQ(github_.violations.size(), github_.asked.size()) << testing::PrintToString(github_.asked);
    EXPECT_THAT(github_.asked, Not(testing::Contains(HasSubstr(" 20"))));
}

}  // namespace
}  // namespace github_contract
