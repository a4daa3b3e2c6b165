#include "github/api.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace github {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds call_limit{30};
constexpr seconds longest_pause{30};
// What GitHub wants of whoever hits a limit and is not told how long.
constexpr std::chrono::minutes pause_unless_told{1};
constexpr std::int64_t most_seconds = 86'400;  // a day
constexpr std::size_t longest_words = 400;

std::string header(const sys::HttpResponse& response, const char* name) {
    const auto found = response.headers.find(name);
    return found == response.headers.end() ? std::string() : found->second;
}

std::optional<std::int64_t> number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

milliseconds bounded(std::int64_t count) {
    return seconds(std::clamp<std::int64_t>(count, 0, most_seconds));
}

// {"message":"Resource not accessible by integration",…}
std::string words_of(const sys::HttpResponse& response) {
    const auto body = nlohmann::json::parse(response.body, nullptr, false);
    if (!body.is_object() || !body.contains("message") || !body["message"].is_string()) {
        return {};
    }
    return base::replace_all(base::printable(base::trim(body["message"].get<std::string>())), "\n", " ");
}

bool is_success(int status) {
    return status >= 200 && status < 300;
}

}  // namespace

std::optional<milliseconds> rate_limit_pause(const sys::HttpResponse& response,
                                             std::chrono::system_clock::time_point now) {
    if (response.status != 403 && response.status != 429) {
        return std::nullopt;
    }
    if (const auto asked = header(response, "retry-after"); !asked.empty()) {
        const auto count = number_in(asked);
        return count ? bounded(*count) : pause_unless_told;
    }
    if (header(response, "x-ratelimit-remaining") == "0") {
        const auto reset = number_in(header(response, "x-ratelimit-reset"));
        const auto today = std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
        // One more, since both are cut to whole seconds.
        return reset ? bounded(*reset - std::min(*reset, today) + 1) : pause_unless_told;
    }
    const bool says_so = response.status == 429 || base::lower(words_of(response)).contains("rate limit");
    return says_so ? std::optional<milliseconds>(pause_unless_told) : std::nullopt;
}

std::string origin_of(std::string_view url) {
    const auto host = url.find("://");
    return host == std::string_view::npos ? std::string()
                                          : base::lower(url.substr(0, url.find_first_of("/?#", host + 3)));
}

std::string next_page_of(const sys::HttpResponse& response) {
    // <https://…?page=2>; rel="next", <https://…?page=5>; rel="last"
    const std::string header_text = header(response, "link");
    std::string_view rest = header_text;
    while (!rest.empty()) {
        const auto begin = rest.find('<');
        const auto end = begin == std::string_view::npos ? begin : rest.find('>', begin);
        if (end == std::string_view::npos) {
            break;
        }
        const auto url = rest.substr(begin + 1, end - begin - 1);
        const auto parameters = rest.substr(end + 1, rest.find('<', end) - end - 1);
        if (parameters.contains("rel=\"next\"")) {
            return std::string(url);
        }
        rest.remove_prefix(end + 1);
    }
    return {};
}

milliseconds Api::Pauses::next() {
    const auto pause = pause_;
    pause_ = std::min<milliseconds>(pause_ * 2, longest_pause);
    return pause;
}

bool Api::is_passing(const base::Error& error) {
    return error.code == ErrorCode::unreachable || error.code == ErrorCode::timed_out;
}

base::Result<void> Api::wait(milliseconds pause, base::Error why) {
    const auto until = clock_.now() + pause;
    if (until >= scope_.deadline) {
        return std::unexpected(std::move(why));
    }
    if (clock_.sleep_until(until, scope_.stop)) {
        return base::fail(ErrorCode::cancelled, "cancelled");
    }
    return {};
}

sys::HttpRequest Api::request_of(const Question& question) const {
    sys::HttpRequest request;
    request.method = question.method;
    request.url = question.url;
    request.body = question.json;
    request.connections = question.repeat == Repeat::unsafe ? sys::Connections::fresh : sys::Connections::kept;
    // The second type is for who knows GitHub's API only by its description (mock servers).
    request.headers = {{"Accept", "application/vnd.github+json, application/json"},
                       {"Authorization", "Bearer " + token_},
                       {"User-Agent", "etcd-deploy/" ETCD_DEPLOY_VERSION},
                       {"X-GitHub-Api-Version", "2022-11-28"}};
    if (!question.json.empty()) {
        request.headers.emplace_back("Content-Type", "application/json");
    }
    return request;
}

base::Error Api::error_of(const sys::HttpResponse& response) const {
    const std::string status = "HTTP " + std::to_string(response.status);
    // A server that says our own header back must not bring the token into an error.
    const std::string words = base::shorten(base::replace_all(words_of(response), token_, "***"), longest_words);
    base::Error error{.code = ErrorCode::protocol,
                      .message = "GitHub answers " + status + (words.empty() ? "" : ": " + words),
                      .context = {},
                      .hint = {},
                      .command = {}};
    switch (response.status) {
        case 401:
            error.code = ErrorCode::unauthorized;
            error.hint = "give a github-token that is valid; ${{ github.token }} is, as long as its job runs";
            break;
        case 403:
        case 404:
            error.code = response.status == 403 ? ErrorCode::forbidden : ErrorCode::not_found;
            error.hint =
                "give the job `permissions: pull-requests: write`; for a pull request from a fork GitHub makes the "
                "token "
                "read-only whatever the job asks for";
            break;
        default:
            if (response.status >= 500) {
                error.code = ErrorCode::unreachable;
                error.hint = "GitHub is in trouble: run the job again when it is well";
            }
    }
    return error;
}

base::Result<sys::HttpResponse> Api::ask(const Question& question) {
    Pauses pauses;
    for (;;) {
        auto response =
            http_.send(request_of(question), scope_.stop, std::min(scope_.deadline, clock_.now() + call_limit));
        if (response && is_success(response->status)) {
            return response;
        }
        const auto limited = response ? rate_limit_pause(*response, clock_.wall()) : std::nullopt;
        auto error = base::in_context(response ? error_of(*response) : std::move(response).error(), question.what);
        if (limited) {
            error.code = ErrorCode::refused;
            error.hint =
                "run the job again in " + base::human_duration(*limited) + ", when GitHub's rate limit allows it";
        } else if (!is_passing(error) || question.repeat == Repeat::unsafe) {
            return std::unexpected(std::move(error));
        }
        TRY(wait(std::max(pauses.next(), limited.value_or(milliseconds(0))), std::move(error)));
    }
}

}  // namespace github
