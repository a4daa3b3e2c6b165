// The comment of a pull request that tells its plan: one, which each run writes anew in its place.
// https://docs.github.com/en/rest/issues/comments (to GitHub a pull request is an issue, too)
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "github/comment_body.hpp"
#include "sys/clock.hpp"
#include "sys/http.hpp"

namespace github {

// A call ends when it is stopped, and by its deadline.
struct Scope {
    std::stop_token stop;
    sys::Deadline deadline;
};

struct PullRequest {
    std::string api;         // "https://api.github.com", or an Enterprise server's; no slash at the end
    std::string repository;  // "owner/name"
    std::uint64_t number = 0;
};

// A variable's value, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The pull request that this workflow run is about, from GITHUB_EVENT_NAME, GITHUB_REF
// ("refs/pull/7/merge"), GITHUB_REPOSITORY and GITHUB_API_URL; none when it is about something else, or
// when one of them is not what GitHub would say (the token is sent there). Never for pull_request_target: there
// a job holds the base's secrets and a token that writes, and a plan reads files of whoever asks.
[[nodiscard]] std::optional<PullRequest> pull_request_of(const Environment& environment);

struct Comment {
    enum class State { created, updated, unchanged };
    std::string url;  // to be shown; empty when GitHub's answer held none that can be
    State state = State::created;
};

// Puts `body`, which begins with `marker` (comment_body), into the comment that was written with this marker
// by the token's own user, or by an app when the token is an app's, as a workflow's is. Else it makes a new
// one: a comment of somebody else that begins with the marker is left alone. Blocks: tries again after
// passing trouble, and waits out rate limits, but never past the deadline. A comment whose creation got no answer is
// looked for before it is made again. Two runs at once can make two: let a workflow run one at a time.
// Errors: forbidden (the token may not; the hint says what it needs), refused (a rate limit that lasts
// longer than the deadline), unreachable, timed_out, cancelled, bad_input (the token), protocol. None names the token.
[[nodiscard]] base::Result<Comment> put_comment(sys::Http& http, sys::Clock& clock, const std::string& token,
                                                const PullRequest& pull_request, const std::string& marker,
                                                const std::string& body, const Scope& scope);

}  // namespace github
