// How a request reaches GitHub's REST API: headers, retries, rate limits, errors in words.
// Shared by the source files of this folder only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "github/pull_request.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace github {

// Whether to ask again when it is not known what became of a request. After a rate limit everything is
// asked again: it was not done.
enum class Repeat { safe, unsafe };

struct Question {
    std::string method = "GET";
    std::string url;
    std::string json;  // the body; may be empty
    std::string what;  // an error's context: "reading the comments of pull request 7"
    Repeat repeat = Repeat::safe;
};

class Api {
public:
    // All of them outlive this.
    Api(sys::Http& http, sys::Clock& clock, const std::string& token, const Scope& scope)
        : http_(http), clock_(clock), token_(token), scope_(scope) {}

    // A 2xx answer. Errors: unauthorized (401), forbidden (403), not_found (404: also what the token may not
    // see), refused (a rate limit), unreachable (5xx, too), protocol, and those of sys::Http.
    [[nodiscard]] base::Result<sys::HttpResponse> ask(const Question& question);

    // Nothing is known of whether it was done.
    [[nodiscard]] static bool is_passing(const base::Error& error);

    // The pauses between tries: doubling from a second to half a minute.
    class Pauses {
    public:
        [[nodiscard]] std::chrono::milliseconds next();

    private:
        std::chrono::milliseconds pause_{std::chrono::seconds(1)};
    };

    // Blocks for the pause; gives `why` back when the deadline comes first.
    [[nodiscard]] base::Result<void> wait(std::chrono::milliseconds pause, base::Error why);

private:
    [[nodiscard]] sys::HttpRequest request_of(const Question& question) const;
    [[nodiscard]] base::Error error_of(const sys::HttpResponse& response) const;

    sys::Http& http_;
    sys::Clock& clock_;
    const std::string& token_;
    const Scope& scope_;
};

// How long an answer asks to wait since a rate limit is reached; none: it is about something else.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
[[nodiscard]] std::optional<std::chrono::milliseconds> rate_limit_pause(const sys::HttpResponse& response,
                                                                        std::chrono::system_clock::time_point now);

// "https://host:port", in lower case, of an address.
[[nodiscard]] std::string origin_of(std::string_view url);
// The address that a header `Link` names as the next page, or "".
// https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
[[nodiscard]] std::string next_page_of(const sys::HttpResponse& response);

}  // namespace github
