#include "app/comment.hpp"

#include <chrono>

#include "app/publish.hpp"
#include "github/comment_body.hpp"
#include "github/pull_request.hpp"
#include "report/report.hpp"
#include "sys/clock.hpp"
#include "sys/files.hpp"
#include "sys/http.hpp"

namespace app {
namespace {

constexpr std::chrono::seconds patience{30};

}  // namespace

void comment_on_pull_request(const model::RunRecord& record, const std::string& token, const base::Redactor& redactor,
                             Console& console, const std::stop_token& stop) {
    const auto pull_request = github::pull_request_of(sys::environment);
    if (!pull_request) {
        console.line("no comment is written: this run is not about a pull request");
        return;
    }
    if (token.empty()) {
        console.warning("no comment is written: the input github-token is missing (github-token: ${{ github.token }})");
        return;
    }
    const auto marker = github::comment_marker(
        {.release = record.release, .namespace_name = record.namespace_name, .cluster = record.named_context});
    const auto body =
        github::comment_body(marker, redactor.redact(report::comment_markdown(record)), workflow_run_url());
    sys::RealClock clock;
    const auto http = sys::make_http();
    const auto comment = github::put_comment(*http, clock, token, *pull_request, marker, body,
                                             {.stop = stop, .deadline = clock.now() + patience});
    if (!comment) {
        const auto& error = comment.error();
        console.warning("the plan could not be put into a comment: " + error.text() +
                        (error.hint.empty() ? "" : "; " + error.hint));
        return;
    }
    const char* const done = comment->state == github::Comment::State::created ? "a comment tells the plan"
                             : comment->state == github::Comment::State::updated
                                 ? "the comment tells the new plan"
                                 : "the comment tells this plan already";
    console.line(std::string(done) + (comment->url.empty() ? "" : ": " + comment->url));
}

}  // namespace app
